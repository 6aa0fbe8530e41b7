// The catalogue of replies: transfers and data connections.

extension Catalogue {
  static let transfer: [CatalogueEntry] = [
    .init(
      "Bytes follow the end of the file.",
      de: "Nach dem Ende der Datei folgen noch Bytes.", fr: "Des octets suivent la fin du fichier.",
      es: "Hay bytes después del final del archivo.", ja: "ファイルの終わりの後にバイトが続いています。"),
    .init(
      "Transfer complete.",
      de: "Übertragung beendet.", fr: "Transfert terminé.", es: "Transferencia completa.", ja: "転送が完了しました。"),
    .init(
      "Transfer aborted.",
      de: "Übertragung abgebrochen.", fr: "Transfert interrompu.", es: "Transferencia abortada.", ja: "転送を中止しました。"),
    .init(
      "Abort successful.",
      de: "Abbruch ausgeführt.", fr: "Interruption effectuée.", es: "Cancelación efectuada.", ja: "中止しました。"),
    .init(
      "Directory send OK.",
      de: "Verzeichnis gesendet.", fr: "Répertoire envoyé.", es: "Directorio enviado.", ja: "一覧を送信しました。"),
    .init(
      "Opening data connection for the listing.",
      de: "Datenverbindung für das Verzeichnis wird geöffnet.",
      fr: "Ouverture de la connexion de données pour la liste.", es: "Se abre la conexión de datos para el listado.",
      ja: "一覧のためのデータ接続を開きます。"),
    .init(
      "Opening BINARY mode data connection for {1} ({2} bytes).",
      de: "BINARY-Datenverbindung wird geöffnet für {1} ({2} bytes).",
      fr: "Ouverture de la connexion de données BINARY pour {1} ({2} bytes).",
      es: "Se abre la conexión de datos BINARY para {1} ({2} bytes).", ja: "BINARY モードのデータ接続を開きます: {1} ({2} bytes)."),
    .init(
      "Opening BINARY mode data connection for {1}.",
      de: "BINARY-Datenverbindung wird geöffnet für {1}.", fr: "Ouverture de la connexion de données BINARY pour {1}.",
      es: "Se abre la conexión de datos BINARY para {1}.", ja: "BINARY モードのデータ接続を開きます: {1}."),
    .init(
      "Opening ASCII mode data connection for {1}.",
      de: "ASCII-Datenverbindung wird geöffnet für {1}.", fr: "Ouverture de la connexion de données ASCII pour {1}.",
      es: "Se abre la conexión de datos ASCII para {1}.", ja: "ASCII モードのデータ接続を開きます: {1}."),
    .init(
      "The transfer was slower than {1} bytes a second (transfer.minimum-rate).",
      de: "Die Übertragung war langsamer als {1} Bytes in der Sekunde (transfer.minimum-rate).",
      fr: "Le transfert était plus lent que {1} octets par seconde (transfer.minimum-rate).",
      es: "La transferencia fue más lenta que {1} bytes por segundo (transfer.minimum-rate).",
      ja: "転送速度が毎秒 {1} バイトを下回りました (transfer.minimum-rate)。"),
    .init(
      "The quota is exceeded: see SITE QUOTA. The file is not stored.",
      de: "Das Kontingent ist überschritten: siehe SITE QUOTA. Die Datei wird nicht gespeichert.",
      fr: "Le quota est dépassé : voir SITE QUOTA. Le fichier n'est pas enregistré.",
      es: "Se ha superado la cuota: véase SITE QUOTA. El archivo no se guarda.",
      ja: "クォータを超えました。SITE QUOTA を参照してください。ファイルは保存されません。"),
    .init(
      "Nobody can tell how much the quota leaves now: try again later.",
      de: "Niemand kann jetzt sagen, wie viel das Kontingent noch zulässt: bitte später erneut versuchen.",
      fr: "Personne ne peut dire ce qui reste du quota pour le moment : réessayez plus tard.",
      es: "Nadie puede decir ahora cuánto queda de la cuota: inténtelo más tarde.",
      ja: "現在クォータの残量を確認できません。後でもう一度お試しください。"),
    .init(
      "Your transfer quota is used up: no more bytes may be transferred in this time.",
      de: "Ihr Übertragungskontingent ist aufgebraucht: in diesem Zeitraum werden keine Bytes mehr übertragen.",
      fr: "Votre quota de transfert est épuisé : plus aucun octet ne sera transféré pendant cette période.",
      es: "Su cuota de transferencia está agotada: no se transferirán más bytes en este periodo.",
      ja: "転送クォータを使い切りました。この期間はこれ以上転送できません。"),
    .init(
      "The data connection has begun TLS, but PROT C was sent since.",
      de: "Auf der Datenverbindung hat TLS schon begonnen, aber seitdem kam PROT C.",
      fr: "La connexion de données a commencé TLS, mais PROT C a été envoyé depuis.",
      es: "La conexión de datos ya ha iniciado TLS, pero después se envió PROT C.",
      ja: "データ接続で TLS が始まった後に PROT C が送られました。"),
    // What stands in parentheses is read by programs, in every language.
    .init(
      "Transfer complete (unique file name:{1}).",
      de: "Übertragung beendet (unique file name:{1}).", fr: "Transfert terminé (unique file name:{1}).",
      es: "Transferencia completa (unique file name:{1}).", ja: "転送が完了しました (unique file name:{1})."),
    .init(
      "Restarting at {1}. Send STOR or RETR to initiate the transfer.",
      de: "Neustart bei {1}. STOR oder RETR beginnt die Übertragung.",
      fr: "Reprise à {1}. Envoyez STOR ou RETR pour commencer le transfert.",
      es: "Se reanuda en {1}. Envíe STOR o RETR para iniciar la transferencia.",
      ja: "{1} から再開します。STOR または RETR を送ってください。"),
    .init(
      "REST works in TYPE I only: send TYPE I first.",
      de: "REST gibt es nur in TYPE I: bitte zuerst TYPE I senden.",
      fr: "REST n'existe qu'en TYPE I : envoyez d'abord TYPE I.",
      es: "REST solo existe en TYPE I: envíe antes TYPE I.", ja: "REST は TYPE I でのみ使えます。先に TYPE I を送ってください。"),
    .init(
      "REST needs a byte offset from 0 to {1}, in decimal digits.",
      de: "REST nimmt eine Stelle von 0 bis {1}, in Dezimalziffern.",
      fr: "REST prend une position de 0 à {1}, en chiffres décimaux.",
      es: "REST admite una posición de 0 a {1}, en cifras decimales.", ja: "REST には 0 から {1} までの位置を十進数で指定してください。"),
    .init(
      "REST {1} is larger than any file can be.",
      de: "REST {1} ist mehr, als eine Datei fasst.", fr: "REST {1} dépasse ce qu'un fichier peut contenir.",
      es: "REST {1} es más de lo que cabe en un archivo.", ja: "REST {1} はファイルの上限を超えます。"),
    .init(
      "REST {1} is beyond the end of the file, which has {2} bytes.",
      de: "REST {1} liegt hinter dem Ende der Datei, die {2} bytes hat.",
      fr: "REST {1} est au-delà de la fin du fichier, qui a {2} bytes.",
      es: "REST {1} está más allá del fin del archivo, que tiene {2} bytes.",
      ja: "REST {1} はファイルの終わりを超えています。大きさは {2} bytes です。"),
    .init(
      "The file became shorter while it was sent.",
      de: "Die Datei wurde beim Senden kürzer.", fr: "Le fichier a raccourci pendant l'envoi.",
      es: "El archivo se acortó durante el envío.", ja: "送信中にファイルが短くなりました。"),
    .init(
      "The data connection was lost: {1}.",
      de: "Die Datenverbindung ging verloren: {1}.", fr: "La connexion de données a été perdue : {1}.",
      es: "Se perdió la conexión de datos: {1}.", ja: "データ接続が失われました: {1}"),
    .init(
      "The data connection stalled for too long.",
      de: "Die Datenverbindung stand zu lange still.",
      fr: "La connexion de données est restée immobile trop longtemps.",
      es: "La conexión de datos estuvo parada demasiado tiempo.", ja: "データ接続の停止が長すぎました。"),
    .init(
      "Use PASV, EPSV, PORT or EPRT first.",
      de: "Bitte zuerst PASV, EPSV, PORT oder EPRT senden.", fr: "Envoyez d'abord PASV, EPSV, PORT ou EPRT.",
      es: "Envíe antes PASV, EPSV, PORT o EPRT.", ja: "先に PASV、EPSV、PORT、EPRT のどれかを送ってください。"),
    .init(
      "The client did not connect to the passive port in time.",
      de: "Am passiven Port kam rechtzeitig keine Datenverbindung an.",
      fr: "Aucune connexion de données n'est arrivée à temps sur le port passif.",
      es: "No llegó a tiempo ninguna conexión de datos al puerto pasivo.", ja: "時間内にデータ接続が来ませんでした。"),
    .init(
      "All passive ports of this server are in use ({1} in all). Try again in some seconds.",
      de: "Alle passiven Ports dieses Servers sind belegt (insgesamt {1}). Bitte in einigen Sekunden erneut versuchen.",
      fr: "Tous les ports passifs de ce serveur sont occupés ({1} en tout). Réessayez dans quelques secondes.",
      es: "Todos los puertos pasivos de este servidor están ocupados ({1} en total). Inténtelo en unos segundos.",
      ja: "このサーバーの受動ポート（全 {1} 個）はすべて使用中です。数秒後にやり直してください。"),
    .init(
      "Cannot open a passive port: {1}.",
      de: "Ein passiver Port lässt sich nicht öffnen: {1}.", fr: "Impossible d'ouvrir un port passif : {1}.",
      es: "No se puede abrir un puerto pasivo: {1}.", ja: "受動ポートを開けません: {1}"),
    .init(
      "Cannot accept the data connection: {1}.",
      de: "Die Datenverbindung lässt sich nicht annehmen: {1}.",
      fr: "Impossible d'accepter la connexion de données : {1}.", es: "No se puede aceptar la conexión de datos: {1}.",
      ja: "データ接続を受け付けられません: {1}"),
    .init(
      "Cannot connect to {1}: {2}.",
      de: "Verbindung zu {1} nicht möglich: {2}.", fr: "Impossible de se connecter à {1} : {2}.",
      es: "No se puede conectar con {1}: {2}.", ja: "{1} に接続できません: {2}"),
    .init(
      "Connecting to {1} timed out.",
      de: "Die Verbindung zu {1} kam nicht rechtzeitig zustande.", fr: "La connexion à {1} a expiré.",
      es: "Se agotó el tiempo al conectar con {1}.", ja: "{1} への接続が時間切れになりました。"),
    .init(
      "Multipath TCP is required ({1}), but this data connection does not use it.",
      de: "Multipath TCP ist hier Pflicht ({1}), und diese Datenverbindung hat es nicht.",
      fr: "Multipath TCP est exigé ici ({1}), et cette connexion de données ne l'a pas.",
      es: "Aquí se exige Multipath TCP ({1}), y esta conexión de datos no lo tiene.",
      ja: "ここでは Multipath TCP が必須ですが ({1})、このデータ接続は対応していません。"),
    .init(
      "Passive data connections are switched off here: use PORT or EPRT.",
      de: "Passive Datenverbindungen sind hier abgeschaltet: bitte PORT oder EPRT verwenden.",
      fr: "Les connexions passives sont désactivées ici : utilisez PORT ou EPRT.",
      es: "Las conexiones pasivas están desactivadas: use PORT o EPRT.", ja: "受動接続は無効です。PORT または EPRT を使ってください。"),
    .init(
      "Active data connections are switched off here: use PASV or EPSV.",
      de: "Aktive Datenverbindungen sind hier abgeschaltet: bitte PASV oder EPSV verwenden.",
      fr: "Les connexions actives sont désactivées ici : utilisez PASV ou EPSV.",
      es: "Las conexiones activas están desactivadas: use PASV o EPSV.", ja: "能動接続は無効です。PASV または EPSV を使ってください。"),
    .init(
      "Active data connections are not possible on this way in: use PASV or EPSV.",
      de: "Aktive Datenverbindungen sind auf diesem Weg nicht möglich: bitte PASV oder EPSV verwenden.",
      fr: "Les connexions actives sont impossibles par cette voie : utilisez PASV ou EPSV.",
      es: "Por esta vía no son posibles las conexiones activas: use PASV o EPSV.",
      ja: "この経路では能動接続は使えません。PASV または EPSV を使ってください。"),
    .init(
      "PASV cannot name an IPv6 address: use EPSV.",
      de: "PASV kann keine IPv6-Adresse nennen: bitte EPSV verwenden.",
      fr: "PASV ne peut pas donner d'adresse IPv6 : utilisez EPSV.",
      es: "PASV no puede dar una dirección IPv6: use EPSV.", ja: "PASV では IPv6 アドレスを伝えられません。EPSV を使ってください。"),
    .init(
      "EPSV ALL: from now on only EPSV is allowed for data connections.",
      de: "EPSV ALL: von nun an macht nur EPSV Datenverbindungen.",
      fr: "EPSV ALL : désormais, seul EPSV établit des connexions de données.",
      es: "EPSV ALL: desde ahora solo EPSV abre conexiones de datos.", ja: "EPSV ALL: 以後のデータ接続は EPSV だけになります。"),
    .init(
      "EPSV ALL was sent: only EPSV is allowed now.",
      de: "EPSV ALL wurde gesendet: nur noch EPSV ist erlaubt.", fr: "EPSV ALL a été envoyé : seul EPSV est permis.",
      es: "Se envió EPSV ALL: ya solo se permite EPSV.", ja: "EPSV ALL が指定されたため、EPSV だけが使えます。"),
    .init(
      "Network protocol not supported, use ({1})",
      de: "Netzprotokoll nicht unterstützt, erlaubt: ({1})", fr: "Protocole réseau non géré, utilisez ({1})",
      es: "Protocolo de red no admitido, use ({1})", ja: "対応していないネットワークプロトコルです。使えるもの: ({1})"),
    .init(
      "Network protocol not supported on this connection, use ({1})",
      de: "Netzprotokoll auf dieser Verbindung nicht möglich, erlaubt: ({1})",
      fr: "Protocole réseau non géré sur cette connexion, utilisez ({1})",
      es: "Protocolo de red no admitido en esta conexión, use ({1})", ja: "この接続では使えないネットワークプロトコルです。使えるもの: ({1})"),
    .init(
      "Supported address families are ({1})",
      de: "Unterstützte Adressfamilien: ({1})", fr: "Familles d'adresses gérées : ({1})",
      es: "Familias de direcciones admitidas: ({1})", ja: "対応するアドレスファミリー: ({1})"),
    .init(
      "{1}: invalid address.",
      de: "{1}: ungültige Adresse.", fr: "{1} : adresse non valide.", es: "{1}: dirección no válida.",
      ja: "{1}: アドレスが正しくありません。"),
    .init(
      "{1} command successful.",
      de: "{1} ausgeführt.", fr: "{1} exécutée.", es: "Orden {1} ejecutada.", ja: "{1} を実行しました。"),
    .init(
      "Illegal {1} command: {2}.",
      de: "Unzulässiger Befehl {1}: {2}.", fr: "Commande {1} interdite : {2}.", es: "Orden {1} no permitida: {2}.",
      ja: "{1} は許可されません: {2}"),
    .init(
      "the address must be your own, {1}",
      de: "die Adresse muss Ihre eigene sein, {1}", fr: "l'adresse doit être la vôtre, {1}",
      es: "la dirección debe ser la suya, {1}", ja: "アドレスは接続元 {1} でなければなりません"),
    .init(
      "the port must be 1024 or higher",
      de: "der Port muss 1024 oder höher sein", fr: "le port doit être 1024 ou plus",
      es: "el puerto debe ser 1024 o mayor", ja: "ポートは 1024 以上でなければなりません"),
    .init(
      "the address is this server's own",
      de: "die Adresse ist die dieses Servers selbst", fr: "cette adresse est celle de ce serveur",
      es: "esa dirección es la de este mismo servidor", ja: "そのアドレスはこのサーバー自身のものです"),
    .init(
      "the port is one of this server's own",
      de: "der Port gehört diesem Server selbst", fr: "ce port appartient à ce serveur",
      es: "ese puerto es de este mismo servidor", ja: "そのポートはこのサーバー自身のものです"),
    .init(
      "Transfers between servers are not allowed here.",
      de: "Übertragungen zwischen Servern sind hier nicht erlaubt.",
      fr: "Les transferts entre serveurs ne sont pas autorisés ici.",
      es: "Aquí no se permiten transferencias entre servidores.", ja: "ここではサーバー間の転送は許可されていません。"),
    .init(
      "Send AUTH TLS first: this is about TLS between two servers.",
      de: "Senden Sie zuerst AUTH TLS: hier geht es um TLS zwischen zwei Servern.",
      fr: "Envoyez d'abord AUTH TLS : il s'agit de TLS entre deux serveurs.",
      es: "Envíe antes AUTH TLS: se trata de TLS entre dos servidores.",
      ja: "先に AUTH TLS を送ってください。これは二つのサーバー間の TLS のためのものです。"),
    .init(
      "Planning for {1}.",
      de: "{1} wird vorbereitet.", fr: "{1} est prévue.", es: "Se prepara {1}.", ja: "{1} の準備をします。"),
    .init(
      "This marker belongs to a transfer with another TYPE, STRU or SITE RECFM: set them as they were.",
      de: "Diese Marke gehört zu einer Übertragung mit anderem TYPE, STRU oder SITE RECFM: bitte wie damals setzen.",
      fr: "Ce repère vient d'un transfert avec un autre TYPE, STRU ou SITE RECFM : remettez-les comme avant.",
      es: "Esta marca es de una transferencia con otro TYPE, STRU o SITE RECFM: póngalos como estaban.",
      ja: "このマーカーは別の TYPE、STRU、SITE RECFM の転送のものです。元の設定に戻してください。"),
    .init(
      "REST needs a restart marker exactly as this server sent it.",
      de: "REST nimmt eine Marke, wie sie von diesem Server kam.",
      fr: "REST prend un repère tel que ce serveur l'a envoyé.",
      es: "REST admite una marca tal como la envió este servidor.", ja: "REST にはこのサーバーが送ったマーカーを指定してください。"),
    .init(
      "REST counts bytes, so it works in STRU F only; in modes B and C it takes a restart marker.",
      de: "REST zählt Bytes und geht daher nur in STRU F; in den Modi B und C nimmt es eine Marke.",
      fr: "REST compte des octets et ne vaut donc qu'en STRU F ; en modes B et C, il prend un repère.",
      es: "REST cuenta bytes, así que solo sirve en STRU F; en los modos B y C admite una marca.",
      ja: "REST はバイト数なので STRU F だけで使えます。モード B と C ではマーカーを指定します。"),
    .init(
      "The restart marker belongs to a transfer with another TYPE, STRU, MODE or SITE RECFM.",
      de: "Die Marke gehört zu einer Übertragung mit anderem TYPE, STRU, MODE oder SITE RECFM.",
      fr: "Le repère vient d'un transfert avec un autre TYPE, STRU, MODE ou SITE RECFM.",
      es: "La marca es de una transferencia con otro TYPE, STRU, MODE o SITE RECFM.",
      ja: "マーカーは別の TYPE、STRU、MODE、SITE RECFM の転送のものです。"),
    .init(
      "Transfer complete; the data connection stays open.",
      de: "Übertragung beendet; die Datenverbindung bleibt offen.",
      fr: "Transfert terminé ; la connexion de données reste ouverte.",
      es: "Transferencia completa; la conexión de datos sigue abierta.", ja: "転送が完了しました。データ接続は開いたままです。"),
    .init(
      "Transfer complete; the data connection stays open (unique file name:{1}).",
      de: "Übertragung beendet; die Datenverbindung bleibt offen (unique file name:{1}).",
      fr: "Transfert terminé ; la connexion de données reste ouverte (unique file name:{1}).",
      es: "Transferencia completa; la conexión de datos sigue abierta (unique file name:{1}).",
      ja: "転送が完了しました。データ接続は開いたままです (unique file name:{1})."),
    .init(
      "The file was changed while it was sent: get it again.",
      de: "Die Datei wurde während des Sendens geändert: bitte noch einmal holen.",
      fr: "Le fichier a changé pendant l'envoi : demandez-le de nouveau.",
      es: "El archivo cambió durante el envío: vuelva a pedirlo.", ja: "送信中にファイルが変更されました。もう一度取得してください。"),
    .init(
      "Names that begin with .weftpd- are the server's own.",
      de: "Namen, die mit .weftpd- beginnen, gehören dem Server.",
      fr: "Les noms qui commencent par .weftpd- appartiennent au serveur.",
      es: "Los nombres que empiezan por .weftpd- son del servidor.", ja: ".weftpd- で始まる名前はサーバー専用です。"),
    .init(
      "Another session is writing this file. Try again later.",
      de: "Eine andere Sitzung schreibt diese Datei gerade. Bitte später erneut versuchen.",
      fr: "Une autre session écrit ce fichier. Réessayez plus tard.",
      es: "Otra sesión está escribiendo este archivo. Inténtelo más tarde.",
      ja: "別のセッションがこのファイルに書き込んでいます。後でやり直してください。"),
    .init(
      "The data cannot be decoded.",
      de: "Die Daten lassen sich nicht dekodieren.", fr: "Les données ne peuvent pas être décodées.",
      es: "Los datos no se pueden descodificar.", ja: "データを復号できません。"),
    .init(
      "The data ended without an end of file, at byte {1} of the {2}.",
      de: "Die Daten endeten ohne Dateiende, bei Byte {1} ({2}).",
      fr: "Les données ont fini sans fin de fichier, à l'octet {1} ({2}).",
      es: "Los datos terminaron sin fin de archivo, en el byte {1} ({2}).",
      ja: "ファイルの終わりがないままデータが終わりました: 位置 {1} ({2})"),
    .init(
      "Not a zlib stream, at byte {1} of the {2}.",
      de: "Kein zlib-Strom, bei Byte {1} ({2}).", fr: "Pas un flux zlib, à l'octet {1} ({2}).",
      es: "No es un flujo zlib, en el byte {1} ({2}).", ja: "zlib のデータではありません: 位置 {1} ({2})"),
    .init(
      "{1}, at byte {2} of the {3}.",
      de: "Fehler in den Daten bei Byte {2} ({3}): {1}.", fr: "Erreur dans les données à l'octet {2} ({3}) : {1}.",
      es: "Error en los datos en el byte {2} ({3}): {1}.", ja: "データの誤り、位置 {2} ({3}): {1}"),
    .init(
      "{1}, at byte {2} of the {3}. Another STRU or SITE RECFM may fit this file.",
      de: "Fehler in der Datei bei Byte {2} ({3}): {1}. Vielleicht passt eine andere STRU oder SITE RECFM.",
      fr: "Erreur dans le fichier à l'octet {2} ({3}) : {1}. Une autre STRU ou SITE RECFM conviendrait peut-être.",
      es: "Error en el archivo en el byte {2} ({3}): {1}. Quizá convenga otra STRU o SITE RECFM.",
      ja: "ファイルの誤り、位置 {2} ({3}): {1}。別の STRU か SITE RECFM なら合うかもしれません。"),
    .init(
      "Too many connections: the server is full. Try again later.",
      de: "Zu viele Verbindungen: Der Server ist voll. Bitte später erneut versuchen.",
      fr: "Trop de connexions : le serveur est plein. Réessayez plus tard.",
      es: "Demasiadas conexiones: el servidor está lleno. Inténtelo más tarde.", ja: "接続が多すぎます。後でやり直してください。"),
    .init(
      "RANG works in TYPE I only: send TYPE I first.",
      de: "RANG gibt es nur in TYPE I: bitte zuerst TYPE I senden.",
      fr: "RANG n'existe qu'en TYPE I : envoyez d'abord TYPE I.",
      es: "RANG solo existe en TYPE I: envíe antes TYPE I.", ja: "RANG は TYPE I でのみ使えます。先に TYPE I を送ってください。"),
    .init(
      "RANG works in STRU F and MODE S only.",
      de: "RANG gibt es nur in STRU F und MODE S.", fr: "RANG n'existe qu'en STRU F et MODE S.",
      es: "RANG solo existe en STRU F y MODE S.", ja: "RANG は STRU F と MODE S でのみ使えます。"),
    .init(
      "The server is short of memory for MODE Z. Try again later.",
      de: "Dem Server fehlt Speicher für MODE Z. Bitte später erneut versuchen.",
      fr: "Le serveur manque de mémoire pour MODE Z. Réessayez plus tard.",
      es: "Al servidor le falta memoria para MODE Z. Inténtelo más tarde.", ja: "MODE Z のためのメモリーが足りません。後でやり直してください。"),
  ]
}
