// The languages replies can be in, and how LANG names them.

/// A language of the reply texts (RFC 2640, section 4). English needs none: it is what every reply is written in.
enum Language: String, Sendable, Hashable, CaseIterable {
  case german = "DE"
  case french = "FR"
  case spanish = "ES"
  case japanese = "JA"

  /// What a language tag chose.
  enum Choice: Sendable, Hashable {
    case english
    case other(Language)
  }

  /// Reads a language tag (RFC 5646), in either case. One with subtags, such as `de-AT`, falls back to its language.
  ///
  /// - Returns: nil for a language there is no catalogue of, or what is no tag.
  static func choice(_ tag: [UInt8]) -> Choice? {
    guard isTag(tag), let primary = tag.split(separator: 0x2D).first else { return nil }
    let name = String(decoding: primary, as: UTF8.self).uppercased()
    if name == "EN" { return .english }
    return Language(rawValue: name).map { .other($0) }
  }

  /// Whether these are words of one to eight letters or digits with hyphens between them.
  static func isTag(_ tag: [UInt8]) -> Bool {
    tag.split(separator: 0x2D, omittingEmptySubsequences: false).allSatisfy {
      (1...8).contains($0.count) && $0.allSatisfy(isAlphanumeric)
    }
  }

  /// The line of the FEAT reply: all languages, the one in force marked by `*` (RFC 2640, section 4.3).
  static func feature(current: Language?) -> String {
    let names =
      ["EN" + (current == nil ? "*" : "")]
      + allCases.map { $0.rawValue + ($0 == current ? "*" : "") }
    return "LANG " + names.joined(separator: ";")
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
