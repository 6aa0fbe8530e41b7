// From the bytes of a terminal to keys.

import Glibc

enum Key: Equatable {
  case text(String)
  case enter, tab, backspace, delete, left, right, up, down, home, end
  /// Ctrl and a letter, in lower case.
  case control(Character)
  /// Alt and a letter.
  case alt(Character)
  case unknown
}

struct KeyReader {
  private var waiting: Key?
  private let fetch: () -> UInt8?

  /// - Parameter fetch: the next byte; nil at the end. By default that of descriptor 0.
  init(fetch: @escaping () -> UInt8? = KeyReader.standardInput) { self.fetch = fetch }

  static func standardInput() -> UInt8? {
    var byte: UInt8 = 0
    while true {
      let count = read(0, &byte, 1)
      if count == 1 { return byte }
      if count < 0, errno == EINTR { continue }
      return nil
    }
  }

  mutating func putBack(_ key: Key) { waiting = key }

  /// The next key; nil at the end.
  mutating func next() -> Key? {
    if let key = waiting {
      waiting = nil
      return key
    }
    guard let byte = fetch() else { return nil }
    switch byte {
    case 0x0D, 0x0A: return .enter
    case 0x09: return .tab
    case 0x7F: return .backspace
    case 0x1B: return escape()
    case 0x01...0x1A: return .control(Character(Unicode.Scalar(byte + 0x60)))
    case 0..<0x20: return .unknown
    default: return letter(byte)
    }
  }

  /// The bytes of one letter in UTF-8.
  private func letter(_ first: UInt8) -> Key {
    let more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0
    var bytes = [first]
    for _ in 0..<more { if let byte = fetch() { bytes.append(byte) } }
    return .text(String(decoding: bytes, as: UTF8.self))
  }

  /// The sequences of xterm, the Linux console and tmux.
  private func escape() -> Key {
    guard let second = fetch() else { return .unknown }
    guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O") else {
      return .alt(Character(Unicode.Scalar(second)))
    }
    var digits = ""
    while let byte = fetch() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ";"):
        digits.append(Character(Unicode.Scalar(byte)))
      case UInt8(ascii: "A"): return .up
      case UInt8(ascii: "B"): return .down
      case UInt8(ascii: "C"): return digits.hasSuffix(";5") ? .alt("f") : .right
      case UInt8(ascii: "D"): return digits.hasSuffix(";5") ? .alt("b") : .left
      case UInt8(ascii: "H"): return .home
      case UInt8(ascii: "F"): return .end
      case UInt8(ascii: "~"):
        switch digits {
        case "1", "7": return .home
        case "4", "8": return .end
        case "3": return .delete
        default: return .unknown
        }
      default: return .unknown
      }
    }
    return .unknown
  }
}
