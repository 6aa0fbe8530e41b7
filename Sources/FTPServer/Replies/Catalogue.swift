// The catalogue of replies: from the English text of a reply to the same in another language.

/// One text in all languages. `{1}`, `{2}`… stand for what is filled in: numbers, names, other texts.
struct CatalogueEntry: Sendable {
  let english: StaticString
  let german: StaticString
  let french: StaticString
  let spanish: StaticString
  let japanese: StaticString

  init(
    _ english: StaticString, de: StaticString, fr: StaticString, es: StaticString, ja: StaticString
  ) {
    self.english = english
    german = de
    french = fr
    spanish = es
    japanese = ja
  }

  subscript(language: Language) -> StaticString {
    switch language {
    case .german: german
    case .french: french
    case .spanish: spanish
    case .japanese: japanese
    }
  }
}

/// The one catalogue. Handlers write English; a session that has chosen another language looks its replies up here when it sends
/// them, so that English costs nothing.
enum Catalogue {
  /// Every text; a test holds the sources to it.
  static let entries: [CatalogueEntry] = session + login + files + transfer + uploads + security + extensions

  /// `text` in `language`; nil when the catalogue does not have it, or only machines read it.
  static func translation(of text: [UInt8], to language: Language) -> [UInt8]? {
    if let index = exact[text] { return CatalogueTemplate(entries[index][language]).filled([]) }
    for (template, index) in patterns {
      guard let values = template.match(text) else { continue }
      // What is filled in may be a text of the catalogue itself: the reason in "Illegal PORT command: reason."
      let translated = values.map { translation(of: $0, to: language, depth: 1) ?? $0 }
      return CatalogueTemplate(entries[index][language]).filled(translated)
    }
    return nil
  }

  private static func translation(of text: [UInt8], to language: Language, depth: Int) -> [UInt8]? {
    if let index = exact[text] { return CatalogueTemplate(entries[index][language]).filled([]) }
    for (template, index) in patterns where !template.beginsWithValue {
      if let values = template.match(text) {
        return CatalogueTemplate(entries[index][language]).filled(values)
      }
    }
    return nil
  }

  /// Where the texts without values are.
  private static let exact: [[UInt8]: Int] = {
    var places: [[UInt8]: Int] = [:]
    for (index, entry) in entries.enumerated() {
      let template = CatalogueTemplate(entry.english)
      if template.valueCount == 0 { places[template.filled([])] = index }
    }
    return places
  }()

  /// The texts with values; those that fix the most bytes first, so that the closest match is found.
  private static let patterns: [(template: CatalogueTemplate, index: Int)] = {
    entries.indices.map { (CatalogueTemplate(entries[$0].english), $0) }
      .filter { $0.0.valueCount > 0 }
      .sorted { $0.0.fixedCount > $1.0.fixedCount }
  }()
}
