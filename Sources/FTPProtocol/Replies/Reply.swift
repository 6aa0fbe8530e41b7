// A reply on the control connection and its exact bytes.

/// A reply (RFC 959 §4.2): a three-digit code and text, on one line or on several.
public struct Reply: Sendable {
  public enum Text: Sendable {
    /// Text of the server's own, known when it was compiled.
    case fixed(StaticString)
    /// Text that may hold bytes from outside; kept to its line when it is encoded.
    case bytes([UInt8])
  }

  /// 100…999.
  public let code: UInt16
  /// The text of the only line, or of the last line of several.
  public let text: Text
  /// The text of the first line of a multi-line reply; nil if the reply has one line.
  public let opening: [UInt8]?
  /// The lines between the first and the last, without line ends.
  public let lines: [[UInt8]]

  /// A reply of one line, its text known to the compiler.
  public init(_ code: UInt16, _ text: StaticString) {
    self.init(code: code, text: .fixed(text), opening: nil, lines: [])
  }

  /// A reply of one line.
  @_disfavoredOverload public init(_ code: UInt16, _ text: String) {
    self.init(code, bytes: Array(text.utf8))
  }

  /// A reply of one line whose text may hold bytes from outside.
  public init(_ code: UInt16, bytes: [UInt8]) {
    self.init(code: code, text: .bytes(bytes), opening: nil, lines: [])
  }

  /// A reply of several lines: `code-opening`, then `lines` as they are, then `code closing`.
  public init(_ code: UInt16, opening: String, lines: [[UInt8]], closing: String) {
    self.init(code: code, text: .bytes(Array(closing.utf8)), opening: Array(opening.utf8), lines: lines)
  }

  /// The same text under another code.
  public func with(code: UInt16) -> Reply { Reply(code: code, text: text, opening: opening, lines: lines) }

  private init(code: UInt16, text: Text, opening: [UInt8]?, lines: [[UInt8]]) {
    self.code = code
    self.text = text
    self.opening = opening
    self.lines = lines
  }

  /// The reply with lines in front of the one it has: `code-…` for the first, the others as they are. A reply of several lines stays as it is.
  public func preceded(by lines: [[UInt8]]) -> Reply {
    guard opening == nil, let first = lines.first else { return self }
    return Reply(code: code, text: text, opening: first, lines: Array(lines.dropFirst()))
  }

  /// The same reply with every text changed by `change`, for instance into another character set.
  ///
  /// - Parameter change: takes the bytes of one line without its code and line end, and gives those to send instead.
  public func mapped(_ change: ([UInt8]) -> [UInt8]) -> Reply {
    mapped(opening: change, line: change, closing: change)
  }

  /// The same reply with its texts changed, each by the function for its place. The code stays.
  ///
  /// - Parameters:
  ///   - opening: changes the text of the first line of several; not called for a reply of one line.
  ///   - line: changes each line between the first and the last.
  ///   - closing: changes the text of the only or last line.
  public func mapped(
    opening: ([UInt8]) -> [UInt8], line: ([UInt8]) -> [UInt8], closing: ([UInt8]) -> [UInt8]
  ) -> Reply {
    let text: [UInt8]
    switch self.text {
    case .fixed(let fixed): text = fixed.withUTF8Buffer { Array($0) }
    case .bytes(let bytes): text = bytes
    }
    return Reply(
      code: code, text: .bytes(closing(text)), opening: self.opening.map(opening), lines: lines.map(line))
  }

  /// Appends the reply as it goes over the wire, line ends included.
  ///
  /// What came from outside cannot break a reply: CR, LF and NUL, which would end a line or mean something to Telnet, are sent as `?`,
  /// and 0xFF is doubled (RFC 854). All other bytes go as they are, control characters too: a client sends back the names it was told
  /// (RFC 959 §5.3.2 lets a pathname hold all characters but CR and LF), and it is for terminals and logs to escape what they show.
  /// An inner line that begins with three digits is indented by a space (RFC 959 §4.2), or clients would take it for the end.
  public func encode(into out: inout [UInt8]) {
    if let opening {
      appendCode(followedBy: 0x2D, to: &out)
      Reply.appendOnOneLine(opening, to: &out)
      Reply.appendLineEnd(to: &out)
      for line in lines {
        if Reply.beginsWithThreeDigits(line) { out.append(0x20) }
        Reply.appendOnOneLine(line, to: &out)
        Reply.appendLineEnd(to: &out)
      }
    }
    appendCode(followedBy: 0x20, to: &out)
    switch text {
    case .fixed(let text): text.withUTF8Buffer { out.append(contentsOf: $0) }
    case .bytes(let bytes): Reply.appendOnOneLine(bytes, to: &out)
    }
    Reply.appendLineEnd(to: &out)
  }

  /// The reply as it goes over the wire.
  public var encoded: [UInt8] {
    var out: [UInt8] = []
    encode(into: &out)
    return out
  }

  private func appendCode(followedBy separator: UInt8, to out: inout [UInt8]) {
    out.append(UInt8(truncatingIfNeeded: 0x30 &+ code / 100 % 10))
    out.append(UInt8(truncatingIfNeeded: 0x30 &+ code / 10 % 10))
    out.append(UInt8(truncatingIfNeeded: 0x30 &+ code % 10))
    out.append(separator)
  }

  private static func appendLineEnd(to out: inout [UInt8]) {
    out.append(0x0D)
    out.append(0x0A)
  }

  private static func beginsWithThreeDigits(_ line: [UInt8]) -> Bool {
    line.count >= 3 && line[..<3].allSatisfy { 0x30...0x39 ~= $0 }
  }

  private static func appendOnOneLine(_ bytes: [UInt8], to out: inout [UInt8]) {
    // Hardly any text has such bytes: it is appended in one piece.
    guard bytes.withUnsafeBytes(mayHoldSpecials) else { return out.append(contentsOf: bytes) }
    for byte in bytes {
      if isSpecial(byte) {
        out.append(byte == 0xFF ? 0xFF : 0x3F)
        if byte == 0xFF { out.append(0xFF) }
      } else {
        out.append(byte)
      }
    }
  }

  /// Whether any byte is below 0x10 or is 0xFF, eight at a time.
  private static func mayHoldSpecials(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var place = 0
    while place &+ 8 <= bytes.count {
      let eight = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      // A byte of nothing but ones becomes 0; of nothing but zeros in its upper half, as well.
      if hasZero(~eight) || hasZero(eight & 0xF0F0_F0F0_F0F0_F0F0) { return true }
      place &+= 8
    }
    return bytes[place...].contains(where: isSpecial)
  }

  /// Whether one of the eight bytes is 0: only then does the subtraction borrow into a high bit that was not set.
  private static func hasZero(_ eight: UInt64) -> Bool {
    (eight &- 0x0101_0101_0101_0101) & ~eight & 0x8080_8080_8080_8080 != 0
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == 0x0D || byte == 0x0A || byte == 0 || byte == 0xFF
  }
}
