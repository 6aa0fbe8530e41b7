// The record descriptor word in front of a stored record.

/// Four bytes: the length with these four, high byte first; what of a record follows; zero (z/OS's variable and spanned records).
struct RecordPrefix: Sendable, Equatable {
  /// What of a record stands behind the word.
  enum Part: UInt8, Sendable {
    case whole = 0
    case first = 1
    case last = 2
    case middle = 3
  }

  static let size = 4
  /// The most a word may announce, itself included: z/OS's largest logical record.
  static let lengthLimit = 32_756
  /// The most data behind one word. A longer record is stored in several parts.
  static let dataLimit = lengthLimit - size

  let part: Part
  /// The bytes behind the word.
  let count: Int

  init(part: Part, count: Int) {
    self.part = part
    self.count = count
  }

  /// Reads a word; nil if it cannot be one.
  init?(_ word: UInt32) {
    let length = Int(word >> 16)
    guard Self.size...Self.lengthLimit ~= length, word & 0xFF == 0,
      let part = Part(rawValue: UInt8(truncatingIfNeeded: word >> 8))
    else { return nil }
    self.init(part: part, count: length - Self.size)
  }

  /// The word as a number whose highest byte comes first.
  var word: UInt32 { UInt32(truncatingIfNeeded: count &+ Self.size) << 16 | UInt32(part.rawValue) << 8 }
}
