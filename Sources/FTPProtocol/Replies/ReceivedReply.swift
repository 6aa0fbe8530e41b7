// A reply as a client received it: its code and the bytes of its lines.

/// A complete reply of a server (RFC 959 §4.2), made by ``ReplyReader``.
///
/// The client's counterpart of ``Reply``. Lines are bytes: a server may quote file names in any character set, and nothing keeps it
/// from sending control characters. Use ``description`` for a log or a terminal, never the bytes.
public struct ReceivedReply: Sendable, Hashable {
  /// What the first digit says (RFC 959 §4.2.1).
  public enum Kind: UInt8, Sendable, Hashable {
    /// 1yz: the command has begun; another reply follows.
    case preliminary = 1
    /// 2yz: done.
    case completion = 2
    /// 3yz: go on with the next command of the sequence.
    case intermediate = 3
    /// 4yz: not done, but the same command may succeed later.
    case transientError = 4
    /// 5yz: not done, and the same command will fail again.
    case permanentError = 5
    /// 6yz: holds another reply in encrypted form (RFC 2228 §3).
    case protected = 6
  }

  /// 100 to 699.
  public let code: UInt16
  /// What the first digit of the code says.
  public let kind: Kind
  /// The texts of all lines, at least one: without the code, without the character behind it and without line ends.
  ///
  /// Lines between the first and the last are as they came. Only a code and hyphen that repeat those of the first line are taken off,
  /// as some servers put them before every line.
  public let lines: [[UInt8]]

  /// - Parameters:
  ///   - code: the three digits as a number.
  ///   - lines: the texts; an empty array counts as one empty line.
  /// - Returns: nil for a code below 100 or above 699.
  public init?(code: UInt16, lines: [[UInt8]]) {
    guard code < 700, let kind = Kind(rawValue: UInt8(truncatingIfNeeded: code / 100)) else { return nil }
    self.code = code
    self.kind = kind
    self.lines = lines.isEmpty ? [[]] : lines
  }

  /// The text of the only line, or of the last of several.
  public var text: [UInt8] { lines.last ?? [] }

  /// The lines between the first and the last, where FEAT, MLST and STAT have what they tell.
  public var innerLines: ArraySlice<[UInt8]> { lines.dropFirst().dropLast() }
}

extension ReceivedReply: CustomStringConvertible {
  /// The reply for a log or a terminal: `250-first / inner / last`. What is not UTF-8 or is a control character is replaced.
  public var description: String {
    let separator = lines.count > 1 ? "-" : " "
    return "\(code)\(separator)" + lines.map(ReceivedReply.printable).joined(separator: " / ")
  }

  private static func printable(_ line: [UInt8]) -> String {
    let text = String(decoding: line, as: UTF8.self)
    // C0, DEL and C1: a terminal obeys all three.
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "?" : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value
  }
}
