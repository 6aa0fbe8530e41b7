// The catalogue of replies: TLS and the protection of the connections.

extension Catalogue {
  static let security: [CatalogueEntry] = [
    .init(
      "AUTH supports only TLS: send AUTH TLS.",
      de: "AUTH gibt es nur für TLS: bitte AUTH TLS senden.", fr: "AUTH n'existe que pour TLS : envoyez AUTH TLS.",
      es: "AUTH solo existe para TLS: envíe AUTH TLS.", ja: "AUTH は TLS だけに対応しています。AUTH TLS を送ってください。"),
    .init(
      "The control connection is already, or was before, under TLS.",
      de: "Die Steuerverbindung ist oder war schon unter TLS.",
      fr: "La connexion de contrôle est, ou a été, déjà sous TLS.",
      es: "La conexión de control ya está, o estuvo, bajo TLS.", ja: "制御接続はすでに TLS で保護されたことがあります。"),
    .init(
      "TLS is switched off here.",
      de: "TLS ist hier abgeschaltet.", fr: "TLS est désactivé ici.", es: "TLS está desactivado aquí.",
      ja: "TLS は無効です。"),
    .init(
      "Begin the TLS handshake.",
      de: "Bitte mit dem TLS-Handshake beginnen.", fr: "Commencez la négociation TLS.",
      es: "Inicie la negociación TLS.", ja: "TLS ハンドシェイクを始めてください。"),
    .init(
      "Nothing may follow AUTH before the TLS handshake. Goodbye.",
      de: "Vor dem TLS-Handshake darf nichts auf AUTH folgen. Auf Wiedersehen.",
      fr: "Rien ne doit suivre AUTH avant la négociation TLS. Au revoir.",
      es: "Nada puede seguir a AUTH antes de la negociación TLS. Adiós.", ja: "AUTH の後、TLS ハンドシェイクの前には何も送れません。さようなら。"),
    .init(
      "PBSZ=0 (TLS needs no other)",
      de: "PBSZ=0 (TLS braucht nichts anderes)", fr: "PBSZ=0 (TLS n'a besoin de rien d'autre)",
      es: "PBSZ=0 (TLS no necesita otro)", ja: "PBSZ=0 (TLS ではこれだけです)"),
    .init(
      "Send PBSZ 0 first.",
      de: "Bitte zuerst PBSZ 0 senden.", fr: "Envoyez d'abord PBSZ 0.", es: "Envíe antes PBSZ 0.",
      ja: "先に PBSZ 0 を送ってください。"),
    .init(
      "Data connections must be protected here: PROT P.",
      de: "Datenverbindungen müssen hier geschützt sein: PROT P.",
      fr: "Les connexions de données doivent être protégées ici : PROT P.",
      es: "Aquí las conexiones de datos deben estar protegidas: PROT P.", ja: "データ接続の保護が必要です: PROT P"),
    .init(
      "Data connections are under TLS.",
      de: "Datenverbindungen laufen unter TLS.", fr: "Les connexions de données sont sous TLS.",
      es: "Las conexiones de datos van bajo TLS.", ja: "データ接続を TLS で保護します。"),
    .init(
      "Data connections are in clear.",
      de: "Datenverbindungen laufen im Klartext.", fr: "Les connexions de données sont en clair.",
      es: "Las conexiones de datos van en claro.", ja: "データ接続は保護されません。"),
    .init(
      "{1} is not possible after CCC.",
      de: "{1} ist nach CCC nicht möglich.", fr: "{1} n'est pas possible après CCC.",
      es: "{1} no es posible después de CCC.", ja: "CCC の後に {1} は使えません。"),
    .init(
      "Send AUTH TLS before {1}.",
      de: "{1} kommt nach AUTH TLS: bitte das zuerst senden.", fr: "{1} vient après AUTH TLS : envoyez-le d'abord.",
      es: "{1} va después de AUTH TLS: envíelo antes.", ja: "{1} の前に AUTH TLS を送ってください。"),
    .init(
      "The control connection is in clear already.",
      de: "Die Steuerverbindung läuft schon im Klartext.", fr: "La connexion de contrôle est déjà en clair.",
      es: "La conexión de control ya va en claro.", ja: "制御接続はすでに保護されていません。"),
    .init(
      "The control connection must stay protected here.",
      de: "Die Steuerverbindung muss hier geschützt bleiben.",
      fr: "La connexion de contrôle doit rester protégée ici.",
      es: "Aquí la conexión de control debe seguir protegida.", ja: "制御接続の保護は解除できません。"),
    .init(
      "Log in first: the password must not be sent in clear.",
      de: "Bitte zuerst anmelden: Das Passwort darf nicht im Klartext übertragen werden.",
      fr: "Identifiez-vous d'abord : le mot de passe ne doit pas passer en clair.",
      es: "Inicie sesión antes: la contraseña no debe pasar en claro.", ja: "先にログインしてください。パスワードは平文で送れません。"),
    .init(
      "The control connection is in clear from now on.",
      de: "Die Steuerverbindung läuft im Klartext weiter.", fr: "La connexion de contrôle continue en clair.",
      es: "La conexión de control sigue en claro.", ja: "制御接続は以後保護されません。"),
    .init(
      "TLS is required here: send AUTH TLS first.",
      de: "TLS ist hier Pflicht: bitte zuerst AUTH TLS senden.", fr: "TLS est exigé ici : envoyez d'abord AUTH TLS.",
      es: "Aquí se exige TLS: envíe antes AUTH TLS.", ja: "TLS が必須です。先に AUTH TLS を送ってください。"),
    .init(
      "This port speaks TLS from the first byte on (implicit FTPS). Goodbye.",
      de: "Dieser Port spricht vom ersten Byte an TLS (implizites FTPS). Auf Wiedersehen.",
      fr: "Ce port parle TLS dès le premier octet (FTPS implicite). Au revoir.",
      es: "Este puerto habla TLS desde el primer byte (FTPS implícito). Adiós.",
      ja: "このポートは最初から TLS を使います (暗黙の FTPS)。さようなら。"),
    .init(
      "PROT P needs AUTH TLS.",
      de: "PROT P braucht AUTH TLS.", fr: "PROT P demande AUTH TLS.", es: "PROT P necesita AUTH TLS.",
      ja: "PROT P には AUTH TLS が必要です。"),
    .init(
      "The TLS handshake on the data connection timed out.",
      de: "Der TLS-Handshake der Datenverbindung dauerte zu lange.",
      fr: "La négociation TLS de la connexion de données a expiré.",
      es: "La negociación TLS de la conexión de datos agotó el tiempo.", ja: "データ接続の TLS ハンドシェイクが時間切れになりました。"),
    .init(
      "The TLS handshake on the data connection failed: {1}.",
      de: "Der TLS-Handshake der Datenverbindung scheiterte: {1}.",
      fr: "La négociation TLS de la connexion de données a échoué : {1}.",
      es: "Falló la negociación TLS de la conexión de datos: {1}.", ja: "データ接続の TLS ハンドシェイクに失敗しました: {1}"),
    .init(
      "The upload ended without TLS close_notify and may be cut short ({1}): send it again.",
      de: "Der Upload endete ohne TLS close_notify und ist vielleicht unvollständig ({1}): bitte erneut senden.",
      fr: "L'envoi s'est terminé sans close_notify TLS et peut être tronqué ({1}) : recommencez.",
      es: "La subida terminó sin close_notify de TLS y puede estar incompleta ({1}): envíela de nuevo.",
      ja: "アップロードが TLS の close_notify なしに終わり、途中で切れた可能性があります ({1})。送り直してください。"),
    .init(
      "A login must not be sent in clear: reconnect.",
      de: "Eine Anmeldung darf nicht im Klartext übertragen werden: bitte neu verbinden.",
      fr: "Une identification ne doit pas passer en clair : ouvrez une nouvelle connexion.",
      es: "Un inicio de sesión no debe pasar en claro: conéctese de nuevo.", ja: "ログインを平文で行うことはできません。接続し直してください。"),
    .init(
      "There is no certificate: tell the operator.",
      de: "Es gibt kein Zertifikat: bitte dem Betreiber melden.",
      fr: "Il n'y a pas de certificat : prévenez l'administrateur.", es: "No hay certificado: avise al administrador.",
      ja: "証明書がありません。管理者に連絡してください。"),
    .init(
      "TLS has no such level: use PROT P.",
      de: "Diese Stufe gibt es bei TLS nicht: bitte PROT P verwenden.", fr: "TLS n'a pas ce niveau : utilisez PROT P.",
      es: "TLS no tiene ese nivel: use PROT P.", ja: "TLS にその保護レベルはありません。PROT P を使ってください。"),
    .init(
      "There is no protection to clear: AUTH TLS was not sent.",
      de: "Es gibt keinen Schutz aufzuheben: AUTH TLS wurde nicht gesendet.",
      fr: "Il n'y a pas de protection à lever : AUTH TLS n'a pas été envoyé.",
      es: "No hay protección que quitar: no se envió AUTH TLS.", ja: "AUTH TLS を使っていないため、解除する保護はありません。"),
    .init(
      "Data connections must be protected here: send PBSZ 0 and PROT P first.",
      de: "Datenverbindungen müssen hier geschützt sein: bitte zuerst PBSZ 0 und PROT P senden.",
      fr: "Les connexions de données doivent être protégées ici : envoyez d'abord PBSZ 0 et PROT P.",
      es: "Aquí las conexiones de datos deben estar protegidas: envíe antes PBSZ 0 y PROT P.",
      ja: "データ接続の保護が必要です。先に PBSZ 0 と PROT P を送ってください。"),
    .init(
      "Data connections must resume the TLS session of the control connection ({1}): turn session resumption on in your client.",
      de:
        "Datenverbindungen müssen die TLS-Sitzung der Steuerverbindung wiederaufnehmen ({1}): bitte das im Client einschalten.",
      fr:
        "Les connexions de données doivent reprendre la session TLS de la connexion de contrôle ({1}) : activez cette reprise dans votre client.",
      es:
        "Las conexiones de datos deben reanudar la sesión TLS de la conexión de control ({1}): active la reanudación en su cliente.",
      ja: "データ接続は制御接続の TLS セッションを再開する必要があります ({1})。クライアントで再開を有効にしてください。"),
    .init(
      "TLS is not available now: {1}",
      de: "TLS ist gerade nicht möglich: {1}", fr: "TLS n'est pas possible pour l'instant : {1}",
      es: "Ahora no es posible usar TLS: {1}", ja: "現在 TLS を使えません: {1}"),
  ]
}
