// The catalogue of replies: digests, copies, trees and the SITE commands.

extension Catalogue {
  static let extensions: [CatalogueEntry] = [
    .init(
      "{1} files combined: {2} bytes.",
      de: "{1} Dateien zusammengefügt: {2} bytes.", fr: "{1} fichiers réunis : {2} bytes.",
      es: "{1} archivos unidos: {2} bytes.", ja: "{1} 個のファイルを結合しました: {2} bytes"),
    .init(
      "{1} files combined; {2} of them could not be removed.",
      de: "{1} Dateien zusammengefügt; {2} davon ließen sich nicht löschen.",
      fr: "{1} fichiers réunis ; {2} d'entre eux n'ont pas pu être supprimés.",
      es: "{1} archivos unidos; {2} de ellos no se pudieron eliminar.", ja: "{1} 個のファイルを結合しました。うち {2} 個は削除できませんでした。"),
    .init(
      "Send SITE CPTO with the name of the copy.",
      de: "Bitte SITE CPTO mit dem Namen der Kopie senden.", fr: "Envoyez SITE CPTO avec le nom de la copie.",
      es: "Envíe SITE CPTO con el nombre de la copia.", ja: "SITE CPTO でコピー先の名前を送ってください。"),
    .init(
      "Send SITE CPFR first.",
      de: "Bitte zuerst SITE CPFR senden.", fr: "Envoyez d'abord SITE CPFR.", es: "Envíe antes SITE CPFR.",
      ja: "先に SITE CPFR を送ってください。"),
    .init(
      "Copied: {1} bytes.",
      de: "Kopiert: {1} bytes.", fr: "Copié : {1} bytes.", es: "Copiado: {1} bytes.", ja: "コピーしました: {1} bytes"),
    .init(
      "RANG {1} is beyond the end of the file, which has {2} bytes.",
      de: "RANG {1} liegt hinter dem Ende der Datei, die {2} bytes hat.",
      fr: "RANG {1} est au-delà de la fin du fichier, qui a {2} bytes.",
      es: "RANG {1} está más allá del fin del archivo, que tiene {2} bytes.",
      ja: "RANG {1} はファイルの終わりを超えています。大きさは {2} bytes です。"),
    .init(
      "HASH reads at most {1} bytes: choose a part of the file with RANG.",
      de: "HASH liest hier höchstens {1} bytes: bitte mit RANG einen Teil wählen.",
      fr: "HASH lit ici {1} bytes au plus : choisissez une partie avec RANG.",
      es: "HASH lee aquí {1} bytes como máximo: elija una parte con RANG.",
      ja: "HASH が読めるのは {1} bytes までです。RANG で範囲を選んでください。"),
    .init(
      "{1} reads at most {2} bytes.",
      de: "{1} liest hier höchstens {2} bytes.", fr: "{1} lit ici {2} bytes au plus.",
      es: "{1} lee aquí {2} bytes como máximo.", ja: "{1} が読めるのは {2} bytes までです。"),
    .init(
      "Unknown algorithm; still selected: {1}.",
      de: "Unbekanntes Verfahren, es bleibt bei {1}.", fr: "Algorithme inconnu, le choix reste : {1}.",
      es: "Algoritmo desconocido, se mantiene: {1}.", ja: "不明なアルゴリズムです。{1} のままです。"),
    .init(
      "{1} cannot be computed here: {2}. Choose another with OPTS HASH.",
      de: "{1} lässt sich hier nicht berechnen: {2}. Bitte mit OPTS HASH ein anderes wählen.",
      fr: "{1} ne peut pas être calculé ici : {2}. Choisissez-en un autre avec OPTS HASH.",
      es: "{1} no se puede calcular aquí: {2}. Elija otro con OPTS HASH.",
      ja: "{1} は計算できません: {2}。OPTS HASH で別のものを選んでください。"),
    .init(
      "The whole file is selected.",
      de: "Die ganze Datei ist gewählt.", fr: "Le fichier entier est choisi.", es: "Se elige el archivo entero.",
      ja: "ファイル全体を選びました。"),
    .init(
      "RANG: the first octet comes after the last; the whole file is selected now.",
      de: "RANG: Das erste Byte liegt hinter dem letzten; jetzt ist die ganze Datei gewählt.",
      fr: "RANG : le premier octet suit le dernier ; le fichier entier est choisi.",
      es: "RANG: el primer octeto va después del último; ahora se elige el archivo entero.",
      ja: "RANG: 始点が終点より後です。ファイル全体を選びました。"),
    .init(
      "Restarting at {1}. End byte range at {2}.",
      de: "Beginn bei {1}. Ende des Bereichs bei {2}.", fr: "Début à {1}. Fin de la plage à {2}.",
      es: "Comienzo en {1}. Fin del intervalo en {2}.", ja: "{1} から始め、{2} で終わります。"),
    .init(
      "The range ends beyond the file, which has {1} bytes.",
      de: "Der Bereich endet hinter der Datei, die {1} bytes hat.",
      fr: "La plage dépasse le fichier, qui a {1} bytes.",
      es: "El intervalo acaba fuera del archivo, que tiene {1} bytes.", ja: "範囲がファイルの終わりを超えています。大きさは {1} bytes です。"),
    .init(
      "The range is larger than any file can be.",
      de: "Der Bereich ist größer als eine Datei sein kann.", fr: "La plage dépasse ce qu'un fichier peut contenir.",
      es: "El intervalo es mayor que cualquier archivo.", ja: "範囲がファイルの上限を超えています。"),
    .init(
      "MDTM FRACTION {1}",
      de: "MDTM FRACTION {1}", fr: "MDTM FRACTION {1}", es: "MDTM FRACTION {1}", ja: "MDTM FRACTION {1}"),
    .init(
      "MFF: there is no such UNIX.group.",
      de: "MFF: Diese UNIX.group gibt es nicht.", fr: "MFF : ce UNIX.group n'existe pas.",
      es: "MFF: no existe ese UNIX.group.", ja: "MFF: その UNIX.group はありません。"),
    .init(
      "MFF: invalid value of {1}.",
      de: "MFF: Der Wert von {1} ist unlesbar.", fr: "MFF : la valeur de {1} est illisible.",
      es: "MFF: no se entiende el valor de {1}.", ja: "MFF: {1} の値を読み取れません。"),
    .init(
      "MFF changes only Modify, UNIX.mode and UNIX.group.",
      de: "MFF ändert nur Modify, UNIX.mode und UNIX.group.", fr: "MFF ne change que Modify, UNIX.mode et UNIX.group.",
      es: "MFF solo cambia Modify, UNIX.mode y UNIX.group.", ja: "MFF で変更できるのは Modify、UNIX.mode、UNIX.group だけです。"),
    .init(
      "SITE {1} is for administrators.",
      de: "SITE {1} ist Verwaltern vorbehalten.", fr: "SITE {1} est réservée aux administrateurs.",
      es: "SITE {1} es para administradores.", ja: "SITE {1} は管理者専用です。"),
    .init(
      "There is no such group.",
      de: "Diese Gruppe gibt es nicht.", fr: "Ce groupe n'existe pas.", es: "No existe ese grupo.",
      ja: "そのグループはありません。"),
    .init("Group changed.", de: "Gruppe geändert.", fr: "Groupe changé.", es: "Grupo cambiado.", ja: "グループを変更しました。"),
    .init("Times changed.", de: "Zeiten geändert.", fr: "Dates changées.", es: "Fechas cambiadas.", ja: "時刻を変更しました。"),
    .init(
      "The umask is {1}.",
      de: "Die umask ist {1}.", fr: "L'umask est {1}.", es: "La umask es {1}.", ja: "umask は {1} です。"),
    .init(
      "The umask is {1}; it was {2}.",
      de: "Die umask ist {1}; sie war {2}.", fr: "L'umask est {1} ; elle était {2}.", es: "La umask es {1}; era {2}.",
      ja: "umask を {2} から {1} に変更しました。"),
    .init(
      "The session ends after {1} idle seconds; the maximum is {2}.",
      de: "Die Sitzung endet nach {1} Sekunden ohne Befehl; höchstens {2} sind wählbar.",
      fr: "La session se termine après {1} secondes d'inactivité ; {2} au plus.",
      es: "La sesión termina tras {1} segundos de inactividad; como máximo {2}.",
      ja: "{1} 秒間操作がないと終了します。上限は {2} 秒です。"),
    .init(
      "The session ends after {1} idle seconds.",
      de: "Die Sitzung endet nach {1} Sekunden ohne Befehl.",
      fr: "La session se termine après {1} secondes d'inactivité.",
      es: "La sesión termina tras {1} segundos de inactividad.", ja: "{1} 秒間操作がないと終了します。"),
    .init(
      "SITE IDLE: {1} seconds at most.",
      de: "SITE IDLE: höchstens {1} Sekunden.", fr: "SITE IDLE : {1} secondes au plus.",
      es: "SITE IDLE: {1} segundos como máximo.", ja: "SITE IDLE: 上限は {1} 秒です。"),
    .init(
      "The directory exists already.",
      de: "Es war schon da.", fr: "Il existait déjà.", es: "Ya existía.", ja: "すでに存在していました。"),
    .init(
      "1 directory created.",
      de: "1 Verzeichnis angelegt.", fr: "1 répertoire créé.", es: "1 directorio creado.", ja: "ディレクトリを 1 個作成しました。"),
    .init(
      "{1} directories created.",
      de: "{1} Verzeichnisse angelegt.", fr: "{1} répertoires créés.", es: "{1} directorios creados.",
      ja: "ディレクトリを {1} 個作成しました。"),
    .init(
      "Removed the directory and {1} entries in it.",
      de: "Das Verzeichnis und {1} Einträge darin sind gelöscht.",
      fr: "Le répertoire et ses {1} entrées sont supprimés.", es: "Se eliminó el directorio con {1} entradas.",
      ja: "ディレクトリと中の {1} 項目を削除しました。"),
    .init(
      "The tree is more than {1} directories deep, or it is a link; {2} entries removed.",
      de: "Es ist mehr als {1} Verzeichnisse tief oder ein Verweis; {2} Einträge sind gelöscht.",
      fr: "Plus de {1} répertoires de profondeur, ou un lien ; {2} entrées supprimées.",
      es: "Tiene más de {1} niveles, o es un enlace; {2} entradas eliminadas.",
      ja: "{1} 階層より深いか、リンクです。{2} 項目を削除しました。"),
    .init(
      "Stopped: {1} entries removed.",
      de: "Angehalten: {1} Einträge sind gelöscht.", fr: "Arrêté : {1} entrées supprimées.",
      es: "Detenido: {1} entradas eliminadas.", ja: "中断しました。{1} 項目を削除しました。"),
    .init("Stopped.", de: "Angehalten.", fr: "Arrêté.", es: "Detenido.", ja: "中断しました。"),
    .init(
      "Another file system is mounted inside; {1} entries removed.",
      de: "Ein anderes Dateisystem ist darin eingehängt; {1} Einträge sind gelöscht.",
      fr: "Un autre système de fichiers y est monté ; {1} entrées supprimées.",
      es: "Hay otro sistema de archivos montado dentro; {1} entradas eliminadas.",
      ja: "別のファイルシステムがマウントされています。{1} 項目を削除しました。"),
    .init("Link created.", de: "Verweis angelegt.", fr: "Lien créé.", es: "Enlace creado.", ja: "リンクを作成しました。"),
    .init(
      "Hard links are not supported: use SITE SYMLINK or SITE COPY.",
      de: "Harte Verweise gibt es hier nicht: bitte SITE SYMLINK oder SITE COPY verwenden.",
      fr: "Pas de liens physiques ici : utilisez SITE SYMLINK ou SITE COPY.",
      es: "Aquí no se crean enlaces duros: use SITE SYMLINK o SITE COPY.",
      ja: "ハードリンクは作成できません。SITE SYMLINK か SITE COPY を使ってください。"),
    .init("Sessions:", de: "Sitzungen:", fr: "Sessions :", es: "Sesiones:", ja: "セッション:"),
    .init("{1} sessions", de: "{1} Sitzungen", fr: "{1} sessions", es: "{1} sesiones", ja: "{1} セッション"),
    .init("Quota:", de: "Kontingent:", fr: "Quota :", es: "Cuota:", ja: "割り当て:"),
    .init(
      "End of quotas",
      de: "Ende der Kontingente", fr: "Fin des quotas", es: "Fin de las cuotas", ja: "クォータの終わり"),
    .init(
      "Your directory tree has no limit.",
      de: "Für Ihren Verzeichnisbaum gilt keine Grenze.", fr: "Aucune limite n'est fixée pour votre arborescence.",
      es: "Su árbol no tiene límite.", ja: "制限は設定されていません。"),
    .init(
      "There are more than {1} entries; counting stopped there.",
      de: "Es sind mehr als {1} Einträge; weiter wird nicht gezählt.",
      fr: "Il y a plus de {1} entrées ; on ne compte pas au-delà.",
      es: "Hay más de {1} entradas; no se cuenta más allá.", ja: "{1} 項目を超えるため数えません。"),
    .init(
      "The tree is more than {1} directories deep; counting stopped there.",
      de: "Es ist mehr als {1} Verzeichnisse tief; weiter wird nicht gezählt.",
      fr: "Plus de {1} répertoires de profondeur ; on ne compte pas au-delà.",
      es: "Tiene más de {1} niveles; no se cuenta más allá.", ja: "{1} 階層を超えるため数えません。"),
    .init(
      "COMB: each file may be named once.",
      de: "COMB: Jede Datei darf nur einmal genannt werden.",
      fr: "COMB : chaque fichier ne peut être nommé qu'une fois.",
      es: "COMB: cada archivo solo puede nombrarse una vez.", ja: "COMB: 同じファイルは一度だけ指定できます。"),
    .init(
      "RANG works in TYPE I, MODE S only: send TYPE I first.",
      de: "RANG gibt es nur in TYPE I, MODE S: bitte zuerst TYPE I senden.",
      fr: "RANG n'existe qu'en TYPE I, MODE S : envoyez d'abord TYPE I.",
      es: "RANG solo existe en TYPE I, MODE S: envíe antes TYPE I.",
      ja: "RANG は TYPE I と MODE S でのみ使えます。先に TYPE I を送ってください。"),
    .init(
      "It is a directory: only files have a digest.",
      de: "Das ist ein Verzeichnis: davon gibt es keine Prüfsumme.",
      fr: "C'est un répertoire : il n'a pas d'empreinte.", es: "Es un directorio: no tiene resumen.",
      ja: "ディレクトリのダイジェストは計算できません。"),
    .init(
      "{1} entries removed, the limit of one SITE RMDIR. Send it again for the rest.",
      de: "{1} Einträge sind gelöscht, mehr tut ein SITE RMDIR nicht. Für den Rest bitte erneut senden.",
      fr: "{1} entrées supprimées, le maximum pour un SITE RMDIR. Renvoyez-le pour le reste.",
      es: "{1} entradas eliminadas, el máximo de un SITE RMDIR. Envíelo otra vez para el resto.",
      ja: "{1} 項目を削除しました。一度の SITE RMDIR の上限です。残りはもう一度送ってください。"),
    .init(
      "The file became shorter while it was read. Try again.",
      de: "Die Datei wurde beim Lesen kürzer. Bitte erneut versuchen.",
      fr: "Le fichier a raccourci pendant la lecture. Réessayez.",
      es: "El archivo se acortó durante la lectura. Inténtelo de nuevo.", ja: "読み込み中にファイルが短くなりました。やり直してください。"),
    .init(
      "Too many such operations are running. Try again later.",
      de: "Davon läuft hier gerade zu viel. Bitte später erneut versuchen.",
      fr: "Trop d'opérations de ce genre sont en cours. Réessayez plus tard.",
      es: "Hay demasiadas operaciones de este tipo en curso. Inténtelo más tarde.", ja: "同じ処理が多すぎます。後でやり直してください。"),
    .init(
      "The server is busy with other files. Try again later.",
      de: "Der Server ist mit anderen Dateien beschäftigt. Bitte später erneut versuchen.",
      fr: "Le serveur est occupé par d'autres fichiers. Réessayez plus tard.",
      es: "El servidor está ocupado con otros archivos. Inténtelo más tarde.", ja: "サーバーは他のファイルを処理中です。後でやり直してください。"),
    .init(
      "Transfer complete: {1} bytes of the range.",
      de: "Übertragung beendet: {1} bytes des Bereichs.", fr: "Transfert terminé : {1} bytes de la plage.",
      es: "Transferencia completa: {1} bytes del intervalo.", ja: "転送が完了しました: 範囲の {1} bytes"),
    .init(
      "The file has become shorter.",
      de: "Die Datei wurde inzwischen kürzer.", fr: "Le fichier a raccourci entre-temps.",
      es: "El archivo se acortó mientras tanto.", ja: "その間にファイルが短くなりました。"),
    .init(
      "The upload is longer than the range; nothing beyond the range was written.",
      de: "Es kam mehr, als der Bereich fasst; dahinter wurde nichts geschrieben.",
      fr: "Il est arrivé plus que la plage ne contient ; rien n'a été écrit au-delà.",
      es: "Llegó más de lo que cabe en el intervalo; no se escribió nada más allá.",
      ja: "範囲を超えるデータが届きましたが、書き込んでいません。"),
    .init(
      "The upload ended {1} bytes before the end of the range.",
      de: "{1} bytes des Bereichs kamen nicht an.", fr: "{1} bytes de la plage ne sont pas arrivés.",
      es: "No llegaron {1} bytes del intervalo.", ja: "範囲のうち {1} bytes が届きませんでした。"),
    .init(
      "SITE <command>, one of:",
      de: "SITE <Befehl>, einer von:", fr: "SITE <commande>, au choix :", es: "SITE <orden>, una de:",
      ja: "SITE <コマンド>、次のどれか:"),
  ]
}
