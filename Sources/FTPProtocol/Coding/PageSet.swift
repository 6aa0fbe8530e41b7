// The indices of the pages that have been seen, so that none comes twice.

/// A set of the numbers 0 to 255.
struct PageSet: Sendable, Hashable {
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  private var third: UInt64 = 0
  private var fourth: UInt64 = 0

  /// Adds an index.
  ///
  /// - Returns: whether it was not there before.
  mutating func insert(_ index: UInt8) -> Bool {
    let bit = UInt64(1) << UInt64(index & 63)
    switch index >> 6 {
    case 0: return Self.set(bit, in: &first)
    case 1: return Self.set(bit, in: &second)
    case 2: return Self.set(bit, in: &third)
    default: return Self.set(bit, in: &fourth)
    }
  }

  private static func set(_ bit: UInt64, in word: inout UInt64) -> Bool {
    defer { word |= bit }
    return word & bit == 0
  }

  /// 64 digits in lower case.
  var hexadecimal: [UInt8] {
    [first, second, third, fourth].flatMap { word in
      (0..<16).map { Self.digit(word >> UInt64(60 - 4 * $0)) }
    }
  }

  /// One hexadecimal digit for the lowest four bits.
  static func digit(_ value: UInt64) -> UInt8 {
    let low = UInt8(truncatingIfNeeded: value & 15)
    return low < 10 ? 0x30 &+ low : 0x57 &+ low
  }

  init() {}

  /// Reads 64 digits in lower case; nil for anything else.
  init?(hexadecimal digits: ArraySlice<UInt8>) {
    guard digits.count == 64 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (place, digit) in digits.enumerated() {
      let value: UInt8
      switch digit {
      case 0x30...0x39: value = digit &- 0x30
      case 0x61...0x66: value = digit &- 0x57
      default: return nil
      }
      words[place / 16] = words[place / 16] << 4 | UInt64(value)
    }
    (first, second, third, fourth) = (words[0], words[1], words[2], words[3])
  }
}
