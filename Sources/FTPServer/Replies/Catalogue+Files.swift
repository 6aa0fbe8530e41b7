// The catalogue of replies: files and directories.

extension Catalogue {
  static let files: [CatalogueEntry] = [
    .init(
      "The root directory must stay readable and searchable for its owner.",
      de: "Das Wurzelverzeichnis muss für seinen Besitzer lesbar und betretbar bleiben.",
      fr: "Le répertoire racine doit rester lisible et accessible à son propriétaire.",
      es: "El directorio raíz debe seguir siendo legible y accesible para su propietario.",
      ja: "ルートディレクトリは所有者が読み取りと検索をできるままでなければなりません。"),
    .init(
      "Directory changed.",
      de: "Verzeichnis gewechselt.", fr: "Répertoire changé.", es: "Directorio cambiado.", ja: "ディレクトリを移動しました。"),
    .init(
      "{1} is the current directory.",
      de: "{1} ist das aktuelle Verzeichnis.", fr: "{1} est le répertoire courant.",
      es: "{1} es el directorio actual.", ja: "{1} は現在のディレクトリです。"),
    .init(
      "{1} directory created.",
      de: "{1} Verzeichnis angelegt.", fr: "{1} répertoire créé.", es: "{1} directorio creado.",
      ja: "{1} ディレクトリを作成しました。"),
    .init(
      "Directory removed.",
      de: "Verzeichnis gelöscht.", fr: "Répertoire supprimé.", es: "Directorio eliminado.", ja: "ディレクトリを削除しました。"),
    .init(
      "File removed.",
      de: "Datei gelöscht.", fr: "Fichier supprimé.", es: "Archivo eliminado.", ja: "ファイルを削除しました。"),
    .init(
      "Send RNTO with the new name.",
      de: "Bitte RNTO mit dem neuen Namen senden.", fr: "Envoyez RNTO avec le nouveau nom.",
      es: "Envíe RNTO con el nuevo nombre.", ja: "RNTO で新しい名前を送ってください。"),
    .init(
      "Send RNFR first.",
      de: "Bitte zuerst RNFR senden.", fr: "Envoyez d'abord RNFR.", es: "Envíe antes RNFR.", ja: "先に RNFR を送ってください。"),
    .init("Renamed.", de: "Umbenannt.", fr: "Renommé.", es: "Renombrado.", ja: "名前を変更しました。"),
    .init(
      "Mode changed.",
      de: "Zugriffsrechte geändert.", fr: "Droits d'accès changés.", es: "Permisos cambiados.", ja: "アクセス権を変更しました。"),
    .init(
      "SITE CHMOD sets only the nine permission bits: 0 to 777.",
      de: "SITE CHMOD setzt nur die neun Zugriffsbits: 0 bis 777.",
      fr: "SITE CHMOD ne règle que les neuf bits de permission : 0 à 777.",
      es: "SITE CHMOD solo cambia los nueve bits de permiso: de 0 a 777.", ja: "SITE CHMOD で設定できるのは 0 から 777 までです。"),
    .init(
      "SIZE is not available with this STRU and MODE: send STRU F and MODE S first.",
      de: "SIZE gibt es nicht mit diesem STRU und MODE: bitte zuerst STRU F und MODE S senden.",
      fr: "SIZE n'existe pas avec ces STRU et MODE : envoyez d'abord STRU F et MODE S.",
      es: "SIZE no existe con este STRU y MODE: envíe antes STRU F y MODE S.",
      ja: "この STRU と MODE では SIZE を使えません。先に STRU F と MODE S を送ってください。"),
    .init(
      "SIZE is not available in TYPE A: send TYPE I first.",
      de: "SIZE gibt es nicht in TYPE A: bitte zuerst TYPE I senden.",
      fr: "SIZE n'existe pas en TYPE A : envoyez d'abord TYPE I.", es: "SIZE no existe en TYPE A: envíe antes TYPE I.",
      ja: "TYPE A では SIZE を使えません。先に TYPE I を送ってください。"),
    .init(
      "Permission denied.",
      de: "Zugriff verweigert.", fr: "Permission refusée.", es: "Permiso denegado.", ja: "権限がありません。"),
    .init(
      "Permission denied: this login is read-only.",
      de: "Zugriff verweigert: Diese Anmeldung darf nur lesen.",
      fr: "Permission refusée : cet accès est en lecture seule.",
      es: "Permiso denegado: este acceso es de solo lectura.", ja: "権限がありません。読み取り専用のログインです。"),
    .init(
      "No such file or directory.",
      de: "Datei oder Verzeichnis nicht gefunden.", fr: "Fichier ou répertoire introuvable.",
      es: "No existe el archivo o directorio.", ja: "ファイルまたはディレクトリがありません。"),
    .init(
      "The disk is full.",
      de: "Der Datenträger ist voll.", fr: "Le disque est plein.", es: "El disco está lleno.", ja: "ディスクがいっぱいです。"),
    .init(
      "The disk quota is used up.",
      de: "Das Kontingent ist aufgebraucht.", fr: "Le quota est épuisé.", es: "La cuota de disco está agotada.",
      ja: "ディスク割り当てを使い切りました。"),
    .init(
      "The file would be larger than the system allows.",
      de: "Die Datei würde größer, als das System erlaubt.",
      fr: "Le fichier dépasserait la taille permise par le système.",
      es: "El archivo sería mayor de lo que permite el sistema.", ja: "ファイルがシステムの上限を超えます。"),
    .init(
      "The file system is read-only.",
      de: "Das Dateisystem ist schreibgeschützt.", fr: "Le système de fichiers est en lecture seule.",
      es: "El sistema de archivos es de solo lectura.", ja: "ファイルシステムは読み取り専用です。"),
    .init(
      "The name exists already.",
      de: "Den Namen gibt es schon.", fr: "Ce nom existe déjà.", es: "El nombre ya existe.", ja: "その名前はすでに存在します。"),
    .init(
      "Not a directory.",
      de: "Kein Verzeichnis.", fr: "Ce n'est pas un répertoire.", es: "No es un directorio.", ja: "ディレクトリではありません。"),
    .init(
      "Not a directory: use MLST for files.",
      de: "Kein Verzeichnis: für Dateien bitte MLST verwenden.",
      fr: "Ce n'est pas un répertoire : utilisez MLST pour les fichiers.",
      es: "No es un directorio: use MLST para archivos.", ja: "ディレクトリではありません。ファイルには MLST を使ってください。"),
    .init(
      "It is a directory.",
      de: "Das ist ein Verzeichnis.", fr: "C'est un répertoire.", es: "Es un directorio.", ja: "ディレクトリです。"),
    .init(
      "Not a regular file.",
      de: "Keine gewöhnliche Datei.", fr: "Ce n'est pas un fichier ordinaire.", es: "No es un archivo normal.",
      ja: "通常のファイルではありません。"),
    .init(
      "The directory is not empty.",
      de: "Das Verzeichnis ist nicht leer.", fr: "Le répertoire n'est pas vide.", es: "El directorio no está vacío.",
      ja: "ディレクトリが空ではありません。"),
    .init(
      "It is in use, or it is your root directory.",
      de: "Es ist in Benutzung oder die Wurzel Ihres Verzeichnisbaums.",
      fr: "C'est occupé, ou la racine de votre arborescence.", es: "Está en uso, o es la raíz de su árbol.",
      ja: "使用中であるか、最上位のディレクトリです。"),
    .init(
      "Source and target are on different file systems.",
      de: "Quelle und Ziel liegen auf verschiedenen Dateisystemen.",
      fr: "Source et cible sont sur des systèmes de fichiers différents.",
      es: "Origen y destino están en sistemas de archivos distintos.", ja: "移動元と移動先のファイルシステムが異なります。"),
    .init(
      "Too many symbolic links.",
      de: "Zu viele symbolische Verweise.", fr: "Trop de liens symboliques.", es: "Demasiados enlaces simbólicos.",
      ja: "シンボリックリンクが多すぎます。"),
    .init(
      "The name is too long.",
      de: "Der Name ist zu lang.", fr: "Le nom est trop long.", es: "El nombre es demasiado largo.", ja: "名前が長すぎます。"),
    .init(
      "The path is too long.",
      de: "Der Pfad ist zu lang.", fr: "Le chemin est trop long.", es: "La ruta es demasiado larga.", ja: "パスが長すぎます。"),
    .init(
      "A path cannot contain a NUL.",
      de: "Ein Pfad darf kein NUL enthalten.", fr: "Un chemin ne peut pas contenir de NUL.",
      es: "Una ruta no puede contener un NUL.", ja: "パスに NUL は使えません。"),
    .init(
      "The file system does not allow this name.",
      de: "Das Dateisystem nimmt diesen Namen nicht an.", fr: "Le système de fichiers n'accepte pas ce nom.",
      es: "El sistema de archivos no admite ese nombre.", ja: "ファイルシステムがこの名前を受け付けません。"),
    .init(
      "There is enough space for {1} bytes.",
      de: "Es ist Platz für {1} bytes.", fr: "Il y a de la place pour {1} bytes.", es: "Hay sitio para {1} bytes.",
      ja: "{1} bytes の空きがあります。"),
    .init(
      "Not enough space for {1} bytes: {2} are free.",
      de: "Für {1} bytes ist kein Platz: {2} sind frei.",
      fr: "Il n'y a pas de place pour {1} bytes : il en reste {2}.", es: "No hay sitio para {1} bytes: quedan {2}.",
      ja: "{1} bytes の空きがありません。残りは {2} です。"),
    .init("Message", de: "Nachricht", fr: "Message", es: "Mensaje", ja: "お知らせ"),
    .init("Listing", de: "Verzeichnis", fr: "Liste", es: "Listado", ja: "一覧"),
    .init("Status:", de: "Zustand:", fr: "État :", es: "Estado:", ja: "状態:"),
  ]
}
