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
      "The interrupted upload has {1} bytes and ends before the marker.",
      de: "Vom abgebrochenen Upload sind {1} bytes da; das endet vor der Marke.",
      fr: "Il reste {1} bytes de l'envoi interrompu, qui finit avant le repère.",
      es: "De la subida interrumpida hay {1} bytes y acaba antes de la marca.",
      ja: "中断されたアップロードは {1} bytes で、マーカーより前で終わっています。"),
  ]
}
