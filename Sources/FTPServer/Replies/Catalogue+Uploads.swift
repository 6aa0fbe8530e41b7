// The catalogue of replies: uploads, and what is kept of them.

extension Catalogue {
  static let uploads: [CatalogueEntry] = [
    .init(
      "There is no interrupted upload of this file to resume.",
      de: "Zu dieser Datei gibt es keinen abgebrochenen Upload.",
      fr: "Il n'y a pas d'envoi interrompu de ce fichier à poursuivre.",
      es: "No hay ninguna subida interrumpida de este archivo.", ja: "このファイルの中断されたアップロードはありません。"),
    .init(
      "The upload ended {1} bytes before the size that ALLO announced; it is not stored.",
      de: "Der Upload endete {1} bytes vor der mit ALLO angekündigten Größe; er wird nicht gespeichert.",
      fr: "L'envoi s'est terminé {1} bytes avant la taille annoncée par ALLO ; il n'est pas enregistré.",
      es: "La subida terminó {1} bytes antes del tamaño anunciado con ALLO; no se guarda.",
      ja: "アップロードは ALLO で予告された大きさより {1} bytes 手前で終わったため、保存されません。"),
    .init(
      "The upload does not have the digest that SITE EXPECT announced; it is not stored.",
      de: "Der Upload hat nicht die mit SITE EXPECT angekündigte Prüfsumme; er wird nicht gespeichert.",
      fr: "L'envoi n'a pas l'empreinte annoncée par SITE EXPECT ; il n'est pas enregistré.",
      es: "La subida no tiene el resumen anunciado con SITE EXPECT; no se guarda.",
      ja: "アップロードのダイジェストが SITE EXPECT の予告と異なるため、保存されません。"),
    .init(
      "The next upload must have this digest.",
      de: "Der nächste Upload muss diese Prüfsumme haben.", fr: "Le prochain envoi doit avoir cette empreinte.",
      es: "La próxima subida debe tener este resumen.", ja: "次のアップロードはこのダイジェストでなければなりません。"),
    .init(
      "Usage: SITE EXPECT <algorithm> <digest in hexadecimal>; FEAT lists the algorithms after HASH.",
      de: "Aufruf: SITE EXPECT <algorithm> <digest in hexadecimal>; FEAT nennt die Verfahren nach HASH.",
      fr: "Syntaxe : SITE EXPECT <algorithm> <digest in hexadecimal> ; FEAT énumère les algorithmes après HASH.",
      es: "Uso: SITE EXPECT <algorithm> <digest in hexadecimal>; FEAT enumera los algoritmos después de HASH.",
      ja: "書式: SITE EXPECT <algorithm> <digest in hexadecimal>。アルゴリズムは FEAT の HASH の後にあります。"),
    .init(
      "Octets that are there, of {1}:",
      de: "Vorhandene Oktette, von {1}:", fr: "Octets présents, sur {1} :", es: "Octetos presentes, de {1}:",
      ja: "あるオクテット（全 {1}）:"),
    .init(
      "Segment stored; {1} bytes of the file are still missing.",
      de: "Abschnitt gespeichert; von der Datei fehlen noch {1} bytes.",
      fr: "Segment enregistré ; il manque encore {1} bytes du fichier.",
      es: "Segmento guardado; aún faltan {1} bytes del archivo.", ja: "区間を保存しました。ファイルにはまだ {1} bytes 足りません。"),
    .init(
      "What was kept of the interrupted upload has been changed since: send the whole file.",
      de: "Was vom abgebrochenen Upload da war, wurde seither verändert: bitte die ganze Datei senden.",
      fr: "Ce qui restait de l'envoi interrompu a été modifié depuis : envoyez le fichier entier.",
      es: "Lo que quedaba de la subida interrumpida ha cambiado desde entonces: envíe el archivo entero.",
      ja: "中断されたアップロードの残りはその後に変更されました。ファイル全体を送ってください。"),
    .init(
      "The segments that have come are of a file of {1} bytes.",
      de: "Die Abschnitte, die schon da sind, gehören zu einer Datei von {1} bytes.",
      fr: "Les segments déjà reçus sont ceux d'un fichier de {1} bytes.",
      es: "Los segmentos recibidos son de un archivo de {1} bytes.", ja: "届いている区間は {1} bytes のファイルのものです。"),
    .init(
      "The segments that have come have too many gaps: fill some first.",
      de: "Die Abschnitte, die schon da sind, haben zu viele Lücken: bitte erst einige füllen.",
      fr: "Les segments déjà reçus ont trop de lacunes : comblez-en d'abord.",
      es: "Los segmentos recibidos tienen demasiados huecos: llene antes algunos.",
      ja: "届いている区間のすき間が多すぎます。先にいくつか埋めてください。"),
    .init(
      "The segment differs at byte {1} from what has come before; it is not stored.",
      de: "Der Abschnitt weicht bei Byte {1} von dem ab, was schon da ist; er wird nicht gespeichert.",
      fr: "Le segment diffère à l'octet {1} de ce qui est déjà là ; il n'est pas enregistré.",
      es: "El segmento difiere en el byte {1} de lo recibido antes; no se guarda.",
      ja: "区間は {1} バイト目で以前の内容と異なるため、保存されません。"),
    .init(
      "The control connection ended with the upload, which may be cut short: send ALLO before it.",
      de: "Die Kontrollverbindung endete mit dem Upload, der abgeschnitten sein kann: bitte vorher ALLO senden.",
      fr: "La connexion de contrôle a fini avec l'envoi, peut-être tronqué : envoyez ALLO avant.",
      es: "La conexión de control terminó con la subida, que puede estar cortada: envíe antes ALLO.",
      ja: "アップロードと同時に制御接続が終わり、途中で切れた可能性があります。先に ALLO を送ってください。"),
    .init(
      "The interrupted upload has {1} bytes and ends before the marker.",
      de: "Vom abgebrochenen Upload sind {1} bytes da; das endet vor der Marke.",
      fr: "Il reste {1} bytes de l'envoi interrompu, qui finit avant le repère.",
      es: "De la subida interrumpida hay {1} bytes y acaba antes de la marca.",
      ja: "中断されたアップロードは {1} bytes で、マーカーより前で終わっています。"),
  ]
}
