// The name of a command ("RETR"), folded to upper case and packed into one integer so that comparing costs nothing.

/// A command's name: one to eight ASCII letters or digits, folded to upper case (RFC 959 §5.3: names are not case-sensitive).
///
/// RFC 959 names have three or four letters; eight leave room for subcommands (`SITE CHMOD`, `OPTS UTF8`).
@frozen public struct Verb: Hashable, Sendable {
  /// The characters, the first in the most significant byte, the unused low bytes zero: numeric order is alphabetical order.
  public let packed: UInt64

  /// Takes a name as it came over the wire.
  ///
  /// - Returns: nil if `bytes` is empty, longer than eight, or holds a byte that is not an ASCII letter or digit.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 1, bytes.count <= 8 else { return nil }
    var packed: UInt64 = 0
    for byte in bytes {
      guard let folded = Verb.folded(byte) else { return nil }
      packed = packed &<< 8 | UInt64(folded)
    }
    self.packed = packed &<< UInt64(8 &* (8 &- bytes.count))
  }

  /// The same for a byte array.
  public init?(_ bytes: [UInt8]) {
    guard let verb = bytes.withUnsafeBytes({ Verb($0) }) else { return nil }
    self = verb
  }

  /// The name that ``packed`` stands for; nil if it stands for none.
  public init?(packed: UInt64) {
    var bytes: [UInt8] = []
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      let byte = UInt8(truncatingIfNeeded: packed &>> shift)
      if byte == 0 { break }
      bytes.append(byte)
    }
    guard let verb = Verb(bytes), verb.packed == packed else { return nil }
    self = verb
  }

  /// The upper-case form of an ASCII letter or digit; nil for every other byte, 0x80–0xFF included.
  @inline(__always) private static func folded(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39, 0x41...0x5A: byte
    case 0x61...0x7A: byte &- 0x20
    default: nil
    }
  }
}

extension Verb: ExpressibleByStringLiteral {
  /// A name written in the source, such as `"RETR"`.
  ///
  /// - Precondition: the literal is a valid name; a wrong one is a mistake of the programmer, found at the first run.
  public init(stringLiteral: StaticString) {
    guard let verb = stringLiteral.withUTF8Buffer({ Verb(UnsafeRawBufferPointer($0)) }) else {
      preconditionFailure("not a command name: \(stringLiteral)")
    }
    self = verb
  }
}

extension Verb: Comparable {
  /// Alphabetical order.
  public static func < (left: Verb, right: Verb) -> Bool { left.packed < right.packed }
}

extension Verb: CustomStringConvertible {
  /// The name in upper case.
  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// The name in upper case, as bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var rest = packed
    while rest != 0 {
      bytes.append(UInt8(truncatingIfNeeded: rest &>> 56))
      rest = rest &<< 8
    }
    return bytes
  }
}
