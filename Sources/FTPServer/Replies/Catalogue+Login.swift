// The catalogue of replies: the login, hosts, mounts and the transfer parameters.

extension Catalogue {
  static let login: [CatalogueEntry] = [
    .init(
      "Please log in with USER and PASS.",
      de: "Bitte mit USER und PASS anmelden.", fr: "Identifiez-vous avec USER et PASS.",
      es: "Inicie sesión con USER y PASS.", ja: "USER と PASS でログインしてください。"),
    .init(
      "Login incorrect.",
      de: "Anmeldung abgelehnt.", fr: "Identification refusée.", es: "Inicio de sesión incorrecto.", ja: "ログインできません。"),
    .init(
      "Login incorrect too many times. Goodbye.",
      de: "Anmeldung zu oft abgelehnt. Auf Wiedersehen.", fr: "Identification refusée trop souvent. Au revoir.",
      es: "Demasiados inicios de sesión incorrectos. Adiós.", ja: "ログインの失敗が多すぎます。さようなら。"),
    .init(
      "Too many failed logins. Try again later.",
      de: "Zu viele fehlgeschlagene Anmeldungen. Bitte später erneut versuchen.",
      fr: "Trop d'identifications refusées. Réessayez plus tard.",
      es: "Demasiados inicios de sesión fallidos. Inténtelo más tarde.",
      ja: "ログインの失敗が多すぎます。後でやり直してください。"),
    .init(
      "Your account has changed. Log in again.",
      de: "Ihr Konto hat sich geändert. Bitte erneut anmelden.",
      fr: "Votre compte a changé. Identifiez-vous de nouveau.",
      es: "Su cuenta ha cambiado. Inicie sesión de nuevo.", ja: "アカウントが変更されました。もう一度ログインしてください。"),
    .init(
      "Too many sessions of this user. Close one, or try again later.",
      de: "Zu viele Sitzungen dieses Benutzers. Bitte eine schließen oder es später erneut versuchen.",
      fr: "Trop de sessions de cet utilisateur. Fermez-en une ou réessayez plus tard.",
      es: "Demasiadas sesiones de este usuario. Cierre una o inténtelo más tarde.",
      ja: "このユーザーのセッションが多すぎます。一つ閉じるか、後でやり直してください。"),
    .init(
      "Too many sessions of this user from your address. Close one, or try again later.",
      de: "Zu viele Sitzungen dieses Benutzers von Ihrer Adresse. Bitte eine schließen oder später wiederkommen.",
      fr: "Trop de sessions de cet utilisateur depuis votre adresse. Fermez-en une ou réessayez plus tard.",
      es: "Demasiadas sesiones de este usuario desde su dirección. Cierre una o inténtelo más tarde.",
      ja: "このユーザーのこのアドレスからのセッションが多すぎます。一つ閉じるか、後でやり直してください。"),
    .init(
      "Too many sessions of your group. Try again later.",
      de: "Zu viele Sitzungen Ihrer Gruppe. Bitte später erneut versuchen.",
      fr: "Trop de sessions de votre groupe. Réessayez plus tard.",
      es: "Demasiadas sesiones de su grupo. Inténtelo más tarde.",
      ja: "グループのセッションが多すぎます。後でやり直してください。"),
    .init(
      "Too many transfers of this user at once. Try again later.",
      de: "Zu viele Übertragungen dieses Benutzers gleichzeitig. Bitte später erneut versuchen.",
      fr: "Trop de transferts simultanés de cet utilisateur. Réessayez plus tard.",
      es: "Demasiadas transferencias simultáneas de este usuario. Inténtelo más tarde.",
      ja: "このユーザーの同時転送が多すぎます。後でやり直してください。"),
    .init(
      "Password required.",
      de: "Passwort erforderlich.", fr: "Mot de passe requis.", es: "Se requiere contraseña.", ja: "パスワードを入力してください。"),
    .init(
      "Anonymous login: send your e-mail address as password.",
      de: "Anonyme Anmeldung: Bitte die E-Mail-Adresse als Passwort senden.",
      fr: "Accès anonyme : envoyez votre adresse électronique comme mot de passe.",
      es: "Acceso anónimo: envíe su dirección de correo como contraseña.", ja: "匿名ログインです。電子メールアドレスをパスワードとして送ってください。"),
    .init("Welcome", de: "Willkommen", fr: "Bienvenue", es: "Bienvenido", ja: "ようこそ"),
    .init(
      "This account is switched off. Ask the operator.",
      de: "Dieses Konto ist abgeschaltet. Fragen Sie den Betreiber.",
      fr: "Ce compte est désactivé. Adressez-vous à l'exploitant.",
      es: "Esta cuenta está desactivada. Consulte al operador.",
      ja: "このアカウントは停止されています。管理者に問い合わせてください。"),
    .init(
      "This account has expired. Ask the operator.",
      de: "Dieses Konto ist abgelaufen. Fragen Sie den Betreiber.",
      fr: "Ce compte a expiré. Adressez-vous à l'exploitant.",
      es: "Esta cuenta ha caducado. Consulte al operador.",
      ja: "このアカウントは期限切れです。管理者に問い合わせてください。"),
    .init(
      "This account may not be used from your address.",
      de: "Dieses Konto darf von Ihrer Adresse aus nicht benutzt werden.",
      fr: "Ce compte ne peut pas être utilisé depuis votre adresse.",
      es: "Esta cuenta no se puede usar desde su dirección.",
      ja: "このアカウントはそのアドレスからは使えません。"),
    .init(
      "This account may not be used at this hour.",
      de: "Dieses Konto darf um diese Zeit nicht benutzt werden.",
      fr: "Ce compte ne peut pas être utilisé à cette heure.",
      es: "Esta cuenta no se puede usar a esta hora.",
      ja: "このアカウントはこの時間には使えません。"),
    .init("Logged in.", de: "Angemeldet.", fr: "Connecté.", es: "Sesión iniciada.", ja: "ログインしました。"),
    .init(
      "Logged in, read-only.",
      de: "Angemeldet, nur mit Lesezugriff.", fr: "Connecté, en lecture seule.", es: "Sesión iniciada, solo lectura.",
      ja: "読み取り専用でログインしました。"),
    .init(
      "You are logged in already.",
      de: "Sie sind schon angemeldet.", fr: "Vous êtes déjà connecté.", es: "Ya ha iniciado sesión.",
      ja: "すでにログインしています。"),
    .init(
      "Send USER first.",
      de: "Bitte zuerst USER senden.", fr: "Envoyez d'abord USER.", es: "Envíe antes USER.", ja: "先に USER を送ってください。"),
    .init(
      "Send USER and PASS first.",
      de: "Bitte zuerst USER und PASS senden.", fr: "Envoyez d'abord USER et PASS.", es: "Envíe antes USER y PASS.",
      ja: "先に USER と PASS を送ってください。"),
    .init(
      "The password was accepted: send ACCT.",
      de: "Das Passwort war richtig: Bitte ACCT senden.", fr: "Le mot de passe était bon : envoyez ACCT.",
      es: "La contraseña era correcta: envíe ACCT.", ja: "パスワードは正しいです。ACCT を送ってください。"),
    .init(
      "Password accepted. Send ACCT with your account.",
      de: "Passwort richtig. Bitte ACCT mit der Kontonummer senden.",
      fr: "Mot de passe correct. Envoyez ACCT avec votre compte.",
      es: "Contraseña correcta. Envíe ACCT con su cuenta.", ja: "パスワードは正しいです。ACCT で課金先を送ってください。"),
    .init(
      "No account is needed here.",
      de: "Ein Konto wird hier nicht gebraucht.", fr: "Aucun compte n'est nécessaire ici.",
      es: "Aquí no se necesita ninguna cuenta.", ja: "ACCT は不要です。"),
    .init(
      "Too many logins at once. Try again later.",
      de: "Zu viele Anmeldungen zugleich. Bitte später erneut versuchen.",
      fr: "Trop d'identifications à la fois. Réessayez plus tard.",
      es: "Demasiados inicios de sesión a la vez. Inténtelo más tarde.", ja: "同時ログインが多すぎます。後でやり直してください。"),
    .init(
      "Your home directory cannot be opened. Tell the operator, and try again later.",
      de: "Ihr Verzeichnis lässt sich nicht öffnen. Bitte dem Betreiber melden und später erneut versuchen.",
      fr: "Votre répertoire ne peut pas être ouvert. Prévenez l'administrateur et réessayez plus tard.",
      es: "No se puede abrir su directorio. Avise al administrador e inténtelo más tarde.",
      ja: "ホームディレクトリを開けません。管理者に連絡し、後でやり直してください。"),
    .init(
      "Send HOST before logging in.",
      de: "HOST muss vor der Anmeldung kommen.", fr: "HOST doit précéder la connexion de l'utilisateur.",
      es: "HOST debe preceder al inicio de sesión.", ja: "HOST はログインより先に送ってください。"),
    .init(
      "The TLS handshake named another host.",
      de: "Der TLS-Handshake hat einen anderen Host genannt.", fr: "La négociation TLS a nommé un autre hôte.",
      es: "La negociación TLS nombró otro host.", ja: "TLS ハンドシェイクで示されたホスト名と異なります。"),
    .init(
      "HOST and the TLS handshake named different hosts. Goodbye.",
      de: "HOST und der TLS-Handshake haben verschiedene Hosts genannt. Auf Wiedersehen.",
      fr: "HOST et la négociation TLS ont nommé des hôtes différents. Au revoir.",
      es: "HOST y la negociación TLS nombraron hosts distintos. Adiós.",
      ja: "HOST と TLS ハンドシェイクのホスト名が一致しません。さようなら。"),
    .init(
      "There is no host of this name here.",
      de: "Einen Host dieses Namens gibt es hier nicht.", fr: "Il n'y a pas d'hôte de ce nom ici.",
      es: "Aquí no hay ningún servidor con ese nombre.", ja: "その名前のホストはありません。"),
    .init(
      "There is nothing to mount: you have no other directory tree.",
      de: "Es gibt nichts einzuhängen: Ihr Verzeichnisbaum ist alles.",
      fr: "Il n'y a rien à monter : votre arborescence est tout ce qu'il y a.",
      es: "No hay nada que montar: su árbol es todo lo que hay.", ja: "マウントできるものはありません。"),
    .init(
      "You have no mount point of this name.",
      de: "Einen Einhängepunkt dieses Namens gibt es für Sie nicht.",
      fr: "Vous n'avez pas de point de montage de ce nom.", es: "No tiene ningún punto de montaje con ese nombre.",
      ja: "その名前のマウントポイントはありません。"),
    .init(
      "Mounted; the current directory is its root.",
      de: "Eingehängt; das Verzeichnis ist dessen Wurzel.", fr: "Monté ; le répertoire est sa racine.",
      es: "Montado; el directorio es su raíz.", ja: "マウントしました。現在のディレクトリはその最上位です。"),
    .init(
      "Names are UTF-8.",
      de: "Namen sind UTF-8.", fr: "Les noms sont en UTF-8.", es: "Los nombres son UTF-8.", ja: "ファイル名は UTF-8 です。"),
    .init(
      "Names are in {1} again.",
      de: "Namen sind wieder in {1}.", fr: "Les noms sont de nouveau en {1}.",
      es: "Los nombres vuelven a estar en {1}.", ja: "ファイル名を {1} に戻しました。"),
    .init(
      "{1} {2} is not supported: use {3}.",
      de: "{1} {2} wird nicht unterstützt: bitte {3} verwenden.", fr: "{1} {2} n'est pas géré : utilisez {3}.",
      es: "{1} {2} no se admite: use {3}.", ja: "{1} {2} には対応していません。{3} を使ってください。"),
    .init(
      "This TYPE is not supported: use A, A N, I or L 8.",
      de: "Dieser TYPE wird nicht unterstützt: bitte A, A N, I oder L 8 verwenden.",
      fr: "Ce TYPE n'est pas géré : utilisez A, A N, I ou L 8.", es: "Este TYPE no se admite: use A, A N, I o L 8.",
      ja: "この TYPE には対応していません。A、A N、I、L 8 を使ってください。"),
    .init(
      "Password required, and the code of your authenticator application. {1}",
      de: "Passwort und Code der Authenticator-Anwendung erforderlich. {1}",
      fr: "Mot de passe et code de votre application d'authentification requis. {1}",
      es: "Se requiere la contraseña y el código de su aplicación de autenticación. {1}",
      ja: "パスワードと認証アプリのコードを入力してください。{1}"),
    .init(
      "Type set to {1}.",
      de: "Typ {1} gewählt.", fr: "Type {1} choisi.", es: "Tipo {1} elegido.", ja: "タイプを {1} にしました。"),
    .init(
      "Mode set to {1}.",
      de: "Modus {1} gewählt.", fr: "Mode {1} choisi.", es: "Modo {1} elegido.", ja: "モードを {1} にしました。"),
    .init(
      "Structure set to {1}.",
      de: "Struktur {1} gewählt.", fr: "Structure {1} choisie.", es: "Estructura {1} elegida.", ja: "構造を {1} にしました。"),
    .init(
      "OPTS is supported for {1}.",
      de: "OPTS gibt es für {1}.", fr: "OPTS existe pour {1}.", es: "OPTS existe para {1}.", ja: "OPTS を使えるもの: {1}"),
    .init(
      "Bytes of {1} bits are not supported: use L 8, which is the same as I.",
      de: "Bytes von {1} Bits lassen sich hier nicht speichern: L 8, dasselbe wie I, schon.",
      fr: "Les octets de {1} bits ne peuvent pas être conservés ici : L 8, identique à I, le peut.",
      es: "Aquí no se pueden guardar bytes de {1} bits: L 8, igual que I, sí.",
      ja: "{1} ビットのバイトは扱えません。L 8 (I と同じ) を使ってください。"),
    .init(
      "Records can be stored only as LINES or PREFIXED (or VB).",
      de: "Sätze werden nur als LINES oder PREFIXED (auch VB) gespeichert.",
      fr: "Les enregistrements ne sont conservés qu'en LINES ou PREFIXED (ou VB).",
      es: "Los registros solo se guardan como LINES o PREFIXED (también VB).",
      ja: "レコードの保存形式は LINES か PREFIXED (VB) だけです。"),
    .init(
      "Records are stored as {1}.",
      de: "Sätze werden als {1} gespeichert.", fr: "Les enregistrements sont conservés en {1}.",
      es: "Los registros se guardan como {1}.", ja: "レコードを {1} 形式で保存します。"),
    .init(
      "MODE Z has only the engine ZLIB.",
      de: "MODE Z hat nur die ENGINE ZLIB.", fr: "MODE Z n'a que le moteur ZLIB.",
      es: "MODE Z solo tiene el motor ZLIB.", ja: "MODE Z のエンジンは ZLIB だけです。"),
    .init(
      "MODE Z has only the method 8 (deflate).",
      de: "MODE Z hat nur die Methode 8 (deflate).", fr: "MODE Z n'a que la méthode 8 (deflate).",
      es: "MODE Z solo tiene el método 8 (deflate).", ja: "MODE Z の方式は 8 (deflate) だけです。"),
    .init(
      "MODE Z: level {1}.",
      de: "MODE Z: Stufe {1}.", fr: "MODE Z : niveau {1}.", es: "MODE Z: nivel {1}.", ja: "MODE Z: レベル {1}"),
    .init(
      "Passwords cannot be checked now. Try again later.",
      de: "Passwörter lassen sich gerade nicht prüfen. Bitte später erneut versuchen.",
      fr: "Les mots de passe ne peuvent pas être vérifiés pour l'instant. Réessayez plus tard.",
      es: "Ahora no se pueden comprobar contraseñas. Inténtelo más tarde.", ja: "現在パスワードを確認できません。後でやり直してください。"),
  ]
}
