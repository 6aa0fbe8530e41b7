// The catalogue of replies: what concerns the session as a whole: greetings, limits, unknown commands.

extension Catalogue {
  static let session: [CatalogueEntry] = [
    .init("OK.", de: "In Ordnung.", fr: "OK.", es: "De acuerdo.", ja: "了解しました。"),
    .init("Goodbye.", de: "Auf Wiedersehen.", fr: "Au revoir.", es: "Adiós.", ja: "さようなら。"),
    .init(
      "Connections from your address are not accepted.",
      de: "Verbindungen von Ihrer Adresse werden nicht angenommen.",
      fr: "Les connexions depuis votre adresse ne sont pas acceptées.",
      es: "No se aceptan conexiones desde su dirección.", ja: "お使いのアドレスからの接続は受け付けていません。"),
    .init(
      "Too many connections from your addresses. Try again later.",
      de: "Zu viele Verbindungen von Ihren Adressen. Bitte später erneut versuchen.",
      fr: "Trop de connexions depuis vos adresses. Réessayez plus tard.",
      es: "Demasiadas conexiones desde sus direcciones. Inténtelo más tarde.",
      ja: "お使いのアドレスからの接続が多すぎます。後でやり直してください。"),
    .init(
      "Too many connections wait for a login. Try again later.",
      de: "Zu viele Verbindungen warten auf eine Anmeldung. Bitte später erneut versuchen.",
      fr: "Trop de connexions attendent une identification. Réessayez plus tard.",
      es: "Demasiadas conexiones esperan un inicio de sesión. Inténtelo más tarde.",
      ja: "ログイン待ちの接続が多すぎます。後でやり直してください。"),
    .init(
      "Too many connections from your address wait for a login. Try again later.",
      de: "Zu viele Verbindungen von Ihrer Adresse warten auf eine Anmeldung. Bitte später erneut versuchen.",
      fr: "Trop de connexions depuis votre adresse attendent une identification. Réessayez plus tard.",
      es: "Demasiadas conexiones desde su dirección esperan un inicio de sesión. Inténtelo más tarde.",
      ja: "お使いのアドレスからのログイン待ちの接続が多すぎます。後でやり直してください。"),
    .init("Noted.", de: "Zur Kenntnis genommen.", fr: "C'est noté.", es: "Anotado.", ja: "記録しました。"),
    .init("End", de: "Ende", fr: "Fin", es: "Fin", ja: "以上"),
    .init("Features:", de: "Features:", fr: "Features:", es: "Features:", ja: "Features:"),
    .init("Usage: {1}", de: "Aufruf: {1}", fr: "Syntaxe : {1}", es: "Uso: {1}", ja: "書式: {1}"),
    .init(
      "{1} takes no argument.",
      de: "{1} nimmt keinen Parameter.", fr: "{1} ne prend pas de paramètre.", es: "{1} no admite parámetros.",
      ja: "{1} に引数は指定できません。"),
    .init(
      "{1}: command not understood.",
      de: "{1}: unbekannter Befehl.", fr: "{1} : commande inconnue.", es: "{1}: orden desconocida.",
      ja: "{1}: 不明なコマンドです。"),
    .init(
      "{1}: command not implemented.",
      de: "{1}: Befehl nicht vorhanden.", fr: "{1} : commande non implémentée.", es: "{1}: orden no implementada.",
      ja: "{1}: 実装されていないコマンドです。"),
    .init(
      "Command not understood.",
      de: "Unbekannter Befehl.", fr: "Commande inconnue.", es: "Orden desconocida.", ja: "不明なコマンドです。"),
    .init(
      "Empty line: send a command.",
      de: "Leere Zeile: Bitte einen Befehl senden.", fr: "Ligne vide : envoyez une commande.",
      es: "Línea vacía: envíe una orden.", ja: "空行です。コマンドを送ってください。"),
    .init(
      "A command line cannot contain a NUL.",
      de: "Eine Befehlszeile darf kein NUL enthalten.", fr: "Une ligne de commande ne peut pas contenir de NUL.",
      es: "Una línea de orden no puede contener un NUL.", ja: "コマンド行に NUL は使えません。"),
    .init(
      "Line too long: the limit is {1} bytes.",
      de: "Zeile zu lang: Höchstens {1} bytes sind erlaubt.", fr: "Ligne trop longue : {1} bytes au plus.",
      es: "Línea demasiado larga: el límite es {1} bytes.", ja: "行が長すぎます。上限は {1} bytes です。"),
    .init(
      "This is an FTP server; it does not speak {1}. Goodbye.",
      de: "Dies ist ein FTP-Server; er spricht kein {1}. Auf Wiedersehen.",
      fr: "Ceci est un serveur FTP ; il ne parle pas {1}. Au revoir.",
      es: "Este es un servidor FTP; no habla {1}. Adiós.", ja: "これは FTP サーバーです。{1} には対応していません。さようなら。"),
    .init(
      "Too many lines that are not FTP commands. Goodbye.",
      de: "Zu viele Zeilen, die keine FTP-Befehle sind. Auf Wiedersehen.",
      fr: "Trop de lignes qui ne sont pas des commandes FTP. Au revoir.",
      es: "Demasiadas líneas que no son órdenes FTP. Adiós.", ja: "FTP コマンドでない行が多すぎます。さようなら。"),
    .init(
      "Control connection lost.",
      de: "Steuerverbindung verloren.", fr: "Connexion de contrôle perdue.", es: "Se perdió la conexión de control.",
      ja: "制御接続が失われました。"),
    .init(
      "The operator has ended this session.",
      de: "Der Betreiber hat diese Sitzung beendet.", fr: "L'opérateur a mis fin à cette session.",
      es: "El operador ha terminado esta sesión.", ja: "管理者がこのセッションを終了しました。"),
    .init(
      "The server is shutting down. Try again later.",
      de: "Der Server wird beendet. Bitte später erneut versuchen.", fr: "Le serveur s'arrête. Réessayez plus tard.",
      es: "El servidor se está cerrando. Inténtelo más tarde.", ja: "サーバーは停止します。後でやり直してください。"),
    .init(
      "The server ends this session.",
      de: "Der Server beendet diese Sitzung.", fr: "Le serveur met fin à cette session.",
      es: "El servidor termina esta sesión.", ja: "サーバーはこのセッションを終了します。"),
    .init(
      "The server is short of resources. Try again later.",
      de: "Dem Server fehlen Ressourcen. Bitte später erneut versuchen.",
      fr: "Le serveur manque de ressources. Réessayez plus tard.",
      es: "El servidor no tiene recursos suficientes. Inténtelo más tarde.", ja: "サーバーの資源が不足しています。後でやり直してください。"),
    .init(
      "Local error: {1}.",
      de: "Lokaler Fehler: {1}.", fr: "Erreur locale : {1}.", es: "Error local: {1}.", ja: "サーバー内部のエラー: {1}"),
    .init(
      "No login within {1} seconds: closing.",
      de: "Keine Anmeldung innerhalb von {1} Sekunden: Verbindung wird geschlossen.",
      fr: "Pas de connexion d'utilisateur en {1} secondes : fermeture.",
      es: "Sin inicio de sesión en {1} segundos: se cierra.", ja: "{1} 秒以内にログインがなかったため切断します。"),
    .init(
      "Idle for {1} seconds: closing.",
      de: "{1} Sekunden ohne Befehl: Verbindung wird geschlossen.", fr: "Inactif depuis {1} secondes : fermeture.",
      es: "Inactivo durante {1} segundos: se cierra.", ja: "{1} 秒間操作がなかったため切断します。"),
    .init("Language set to {1}.", de: "Sprache: {1}.", fr: "Langue : {1}.", es: "Idioma: {1}.", ja: "言語を {1} にしました。"),
    .init(
      "This language is not available: use {1}.",
      de: "Diese Sprache gibt es hier nicht: {1} stehen zur Wahl.",
      fr: "Cette langue n'est pas disponible : choisissez parmi {1}.", es: "Este idioma no está disponible: use {1}.",
      ja: "この言語は使えません。{1} から選んでください。"),
    .init(
      "Commands (HELP <command> shows the syntax):",
      de: "Befehle (HELP <Befehl> sagt mehr):", fr: "Commandes (HELP <commande> pour en savoir plus) :",
      es: "Órdenes (HELP <orden> dice más):", ja: "コマンド一覧 (詳しくは HELP <コマンド>):"),
    .init(
      "No such command; HELP lists them.",
      de: "Diesen Befehl gibt es nicht; HELP nennt alle.", fr: "Cette commande n'existe pas ; HELP les énumère.",
      es: "No existe esa orden; HELP las enumera.", ja: "そのコマンドはありません。HELP で一覧を表示します。"),
    .init(
      "Syntax: {1} ({2})",
      de: "Syntax: {1} ({2})", fr: "Syntaxe : {1} ({2})", es: "Sintaxis: {1} ({2})", ja: "書式: {1} ({2})"),
    .init(
      "{1} is not implemented.",
      de: "{1} ist nicht vorhanden.", fr: "{1} n'est pas implémentée.", es: "{1} no está implementada.",
      ja: "{1} は実装されていません。"),
    .init("SITE commands:", de: "SITE-Befehle:", fr: "Commandes SITE :", es: "Órdenes SITE:", ja: "SITE コマンド:"),
    .init(
      "Unknown command SITE {1}; SITE HELP lists the commands.",
      de: "SITE {1} ist unbekannt; SITE HELP nennt alle.",
      fr: "SITE {1} est inconnue ; SITE HELP énumère les commandes.",
      es: "SITE {1} no existe; SITE HELP enumera las órdenes.", ja: "SITE {1} は不明です。SITE HELP で一覧を表示します。"),
    .init(
      "Usage: SITE <command>; SITE HELP lists them.",
      de: "Aufruf: SITE <Befehl>; SITE HELP nennt alle.", fr: "Syntaxe : SITE <commande> ; SITE HELP les énumère.",
      es: "Uso: SITE <orden>; SITE HELP las enumera.", ja: "書式: SITE <コマンド>。SITE HELP で一覧を表示します。"),
    .init(
      "weftpd status:",
      de: "Zustand von weftpd:", fr: "État de weftpd :", es: "Estado de weftpd:", ja: "weftpd の状態:"),
    .init("End of status", de: "Ende des Zustands", fr: "Fin de l'état", es: "Fin del estado", ja: "状態は以上です"),
    .init(
      "Connected from {1}",
      de: "Verbunden von {1}", fr: "Connecté depuis {1}", es: "Conectado desde {1}", ja: "接続元 {1}"),
    .init("Host: {1}", de: "Host: {1}", fr: "Hôte : {1}", es: "Servidor virtual: {1}", ja: "ホスト: {1}"),
    .init(
      "Logged in as {1}",
      de: "Angemeldet als {1}", fr: "Utilisateur : {1}", es: "Sesión iniciada como {1}", ja: "{1} としてログイン中"),
    .init(
      "Not logged in",
      de: "Nicht angemeldet", fr: "Aucun utilisateur connecté", es: "Sin iniciar sesión", ja: "ログインしていません"),
    .init(
      "Control connection: {1}",
      de: "Steuerverbindung: {1}", fr: "Connexion de contrôle : {1}", es: "Conexión de control: {1}", ja: "制御接続: {1}"),
    .init(
      "No data connection",
      de: "Keine Datenverbindung", fr: "Pas de connexion de données", es: "Sin conexión de datos", ja: "データ接続はありません"),
    .init(
      "No such command; SITE HELP lists them.",
      de: "Diesen Befehl gibt es nicht; SITE HELP zählt sie auf.", fr: "Commande inconnue ; SITE HELP les énumère.",
      es: "No existe ese comando; SITE HELP los enumera.", ja: "そのコマンドはありません。SITE HELP で一覧できます。"),
    .init(
      "{1} is switched off here.",
      de: "{1} ist hier abgeschaltet.", fr: "{1} est désactivé ici.", es: "{1} está desactivado aquí.",
      ja: "{1} はここでは無効です。"),
    .init(
      "In passive mode, connected",
      de: "Passiver Modus, verbunden", fr: "En mode passif, connecté", es: "En modo pasivo, conectado", ja: "受動モードで接続済み"
    ),
    .init(
      "In passive mode, waiting for a data connection",
      de: "Passiver Modus, wartet auf eine Datenverbindung", fr: "Mode passif, en attente d'une connexion de données",
      es: "Modo pasivo, a la espera de una conexión de datos", ja: "受動モードでデータ接続を待っています"),
    .init(
      "Data connections go to {1}",
      de: "Datenverbindungen gehen zu {1}", fr: "Les connexions de données vont vers {1}",
      es: "Las conexiones de datos van a {1}", ja: "データ接続先 {1}"),
    .init(
      "TLS: {1}; data connections: {2}",
      de: "TLS: {1}; Datenverbindungen: {2}", fr: "TLS : {1} ; connexions de données : {2}",
      es: "TLS: {1}; conexiones de datos: {2}", ja: "TLS: {1}、データ接続: {2}"),
    .init(
      "Names are converted to {1}",
      de: "Namen werden nach {1} umgewandelt", fr: "Les noms sont convertis en {1}",
      es: "Los nombres se convierten a {1}", ja: "ファイル名を {1} に変換しています"),
  ]
}
