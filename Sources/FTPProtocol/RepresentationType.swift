// The representation type of a transfer: what the argument of TYPE may be.

/// How the bytes of a file become the bytes of a data connection (RFC 959 §3.1.1).
public enum RepresentationType: UInt8, Sendable, Hashable {
  /// Type A, non-print: lines end in CR LF on the wire.
  case ascii
  /// Type I (and L 8, the same on a machine of 8-bit bytes): the bytes as they are.
  case image

  public enum ParseError: Error, Sendable, Hashable {
    /// Not a type at all: answer 501.
    case syntax
    /// A type of RFC 959 that is not offered (E, L other than 8, A with T or C): answer 504.
    case notOffered
  }

  /// Reads the argument of TYPE: `A`, `A N`, `I`, `L 8`, in either case.
  public static func parse(_ argument: [UInt8]) throws(ParseError) -> RepresentationType {
    let upper = argument.map { 0x61...0x7A ~= $0 ? $0 &- 0x20 : $0 }
    switch upper {
    case Array("A".utf8), Array("A N".utf8): return .ascii
    case Array("I".utf8), Array("L 8".utf8), Array("L8".utf8): return .image
    default: break
    }
    guard let letter = upper.first, Array("AEIL".utf8).contains(letter) else { throw .syntax }
    guard upper.count == 1 || upper[1] == 0x20 else { throw .syntax }
    throw letter == 0x49 ? .syntax : .notOffered
  }
}
