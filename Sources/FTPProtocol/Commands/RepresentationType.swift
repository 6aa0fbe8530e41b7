// The representation type of a transfer: what the argument of TYPE may be.

/// How a character file says where the paper moves, the second parameter of TYPE A and TYPE E (RFC 959 §3.1.1.5).
public enum FormatControl: UInt8, Sendable, Hashable, CaseIterable {
  /// N: nothing is said; the default, also after the first parameter alone is given again.
  case nonPrint = 0x4E
  /// T: CR, LF, NL, VT and FF among the characters say it.
  ///
  /// A host that keeps such characters in its text files anyway treats T as N (RFC 1123 §4.1.2.2), and this one does.
  case telnet = 0x54
  /// C: the first character of every line or record says it (ASA). It is kept, in the file as on the wire.
  case carriageControl = 0x43
}

/// How the bytes of a file become the bytes of a data connection (RFC 959 §3.1.1).
public enum RepresentationType: Sendable, Hashable {
  /// Type A: lines end in CR LF on the wire.
  case ascii(FormatControl)
  /// Type E: characters are EBCDIC on the wire, lines end in NL.
  case ebcdic(FormatControl)
  /// Type I (and L 8, the same on a machine of 8-bit bytes): the bytes as they are.
  case image

  public enum ParseError: Error, Sendable, Hashable {
    /// Not a type at all: answer 501.
    case syntax
    /// Type L with a byte size that a machine of 8-bit bytes cannot honour; L 8 and I are what it can: answer 504.
    case byteSize(UInt8)
  }

  /// Whether the bytes are characters: A and E.
  public var isText: Bool { self != .image }

  /// The argument of TYPE that chooses this type: `A N`, `E C`, `I`.
  public var argument: [UInt8] {
    switch self {
    case .ascii(let format): [0x41, 0x20, format.rawValue]
    case .ebcdic(let format): [0x45, 0x20, format.rawValue]
    case .image: [0x49]
    }
  }

  /// Reads the argument of TYPE: `A`, `E` (each alone or with `N`, `T` or `C`), `I`, `L n`, in either case.
  ///
  /// Without a second parameter the format is N again, whatever it was before (RFC 959 §4.1.2).
  public static func parse(_ argument: [UInt8]) throws(ParseError) -> RepresentationType {
    let upper = argument.map { 0x61...0x7A ~= $0 ? $0 &- 0x20 : $0 }
    guard let letter = upper.first else { throw .syntax }
    switch letter {
    case 0x41: return .ascii(try formatControl(upper.dropFirst()))
    case 0x45: return .ebcdic(try formatControl(upper.dropFirst()))
    case 0x49 where upper.count == 1: return .image
    case 0x4C:
      let size = try byteSize(upper.dropFirst())
      if size == 8 { return .image }
      throw .byteSize(size)
    default: throw .syntax
    }
  }

  private static func formatControl(_ rest: ArraySlice<UInt8>) throws(ParseError) -> FormatControl {
    if rest.isEmpty { return .nonPrint }
    guard rest.count == 2, rest.first == 0x20, let letter = rest.last, let format = FormatControl(rawValue: letter)
    else {
      throw .syntax
    }
    return format
  }

  /// The number after L, 1 to 255; old clients leave the blank out.
  private static func byteSize(_ rest: ArraySlice<UInt8>) throws(ParseError) -> UInt8 {
    let digits = rest.first == 0x20 ? rest.dropFirst() : rest
    guard 1...3 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { throw .syntax }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard let size = UInt8(exactly: number), size > 0 else { throw .syntax }
    return size
  }
}
