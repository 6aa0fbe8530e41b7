// Turns the bytes of a control connection into complete replies, for a client: takes out Telnet, joins lines, bounds their size.

/// The reply parser of a client; bytes go in as they arrive, cut anywhere, and replies come out (RFC 959 §4.2).
///
/// A reply is one line, `nnn text`, or several: `nnn-text`, any lines, `nnn text`. Lines between may begin with other digits. Lines end
/// in CR LF or in a bare LF; a code without text is taken too, as the only line and as the last. Empty lines before a reply are passed
/// over. Bytes behind a reply stay for the next. The result does not depend on how the bytes were cut.
///
/// Telnet commands are taken out and refused, a doubled 0xFF is one byte (RFC 854). Control characters stay in the text as bytes.
///
/// An error is final. Where the reply after it begins cannot be known, and a client that guessed would take the answer to one command
/// for the answer to another.
public struct ReplyReader: Sendable {
  /// The most that is accepted of one reply. All of them count Telnet-unescaped bytes.
  public struct Limits: Sendable, Hashable {
    /// Bytes of one line with its code, without its line end.
    public var lineLength: Int
    /// Lines of one reply.
    public var lineCount: Int
    /// Bytes of all lines of one reply; each line counts one more.
    public var byteCount: Int

    /// The defaults are those of large clients for line and lines (64 KiB, 10,000), and 1 MiB for the whole.
    public init(lineLength: Int = 65536, lineCount: Int = 10_000, byteCount: Int = 1 << 20) {
      self.lineLength = max(lineLength, 4)
      self.lineCount = max(lineCount, 1)
      self.byteCount = max(byteCount, 5)
    }
  }

  /// What was received.
  public enum Event: Sendable, Hashable {
    /// A complete reply.
    case reply(ReceivedReply)
    /// Three bytes that refuse a Telnet option, to be sent as they are.
    case telnetAnswer([UInt8])
  }

  /// Why the bytes cannot be replies, or are refused.
  public enum ReadError: Error, Sendable, Hashable {
    /// A line passed ``Limits/lineLength``.
    case lineTooLong
    /// A reply passed ``Limits/lineCount``.
    case tooManyLines
    /// A reply passed ``Limits/byteCount``.
    case replyTooLong
    /// A line that should begin a reply does not begin with a code from 100 to 699; the line's first bytes, 80 at most.
    case malformed([UInt8])
  }

  private let limits: Limits
  /// Bytes taken by `append` and not looked at yet: those from `head` on.
  private var buffer: [UInt8] = []
  private var head = 0
  private var telnet: TelnetDecoder
  /// The decoded bytes of a line whose end has not come yet.
  private var line: [UInt8] = []
  /// A CR has come and the next byte decides what it was.
  private var holdsCR = false
  /// The code of a reply whose last line has not come yet.
  private var openCode: UInt16?
  private var lines: [[UInt8]] = []
  private var byteCount = 0
  private var failure: ReadError?

  /// - Parameter limits: the most that is accepted of one reply.
  public init(limits: Limits = Limits()) {
    self.limits = limits
    telnet = TelnetDecoder(subnegotiationLimit: limits.lineLength)
  }

  /// Takes bytes as they came from the connection.
  ///
  /// Call ``next()`` until it gives nil before reading more: then no more is held than one incomplete reply and what was read last.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if failure != nil { return }
    if head == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      head = 0
    } else if head > buffer.count / 2 {
      buffer.removeFirst(head)
      head = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next reply or Telnet answer, or nil if that needs more bytes.
  ///
  /// - Throws: ``ReadError`` when a limit is passed or what came is no reply; the same again at every later call.
  public mutating func next() throws(ReadError) -> Event? {
    if let failure { throw failure }
    do throws(ReadError) {
      while head < buffer.count {
        let byte = buffer[head]
        head &+= 1
        if let event = try take(byte) { return event }
      }
      return nil
    } catch {
      failure = error
      buffer = []
      head = 0
      startReply()
      line = []
      throw error
    }
  }

  /// Whether a part of a reply has come, or bytes wait to be looked at.
  public var hasBufferedBytes: Bool {
    head < buffer.count || !line.isEmpty || holdsCR || openCode != nil || !telnet.isIdle
  }

  /// Gives the memory back that holds no bytes.
  public mutating func releaseStorage() {
    if head == buffer.count {
      buffer = []
      head = 0
    }
    if line.isEmpty { line = [] }
  }

  /// Forgets everything that was received and not yet made into a reply. To be called when the 234 to AUTH has come and before TLS
  /// begins: what was sent in the clear behind it may be anybody's and must not pass for an answer to a later command.
  ///
  /// - Returns: whether there was anything. A client should then end the connection.
  @discardableResult public mutating func discardBufferedBytes() -> Bool {
    let hadBytes = hasBufferedBytes
    buffer = []
    head = 0
    line = []
    holdsCR = false
    startReply()
    telnet = TelnetDecoder(subnegotiationLimit: limits.lineLength)
    return hadBytes
  }

  private mutating func startReply() {
    openCode = nil
    lines = []
    byteCount = 0
  }
}

// From bytes to lines.
extension ReplyReader {
  private mutating func take(_ byte: UInt8) throws(ReadError) -> Event? {
    switch telnet.take(byte) {
    case .nothing:
      return nil
    case .data(let byte):
      return try takeData(byte)
    case .strayEscape(let byte):
      // A server that does not double 0xFF: both bytes are the text's.
      if let event = try takeData(TelnetDecoder.escape) { return event }
      return try takeData(byte)
    case .answer(let verb, let option):
      return .telnetAnswer([TelnetDecoder.escape, verb, option])
    case .subnegotiationTooLong:
      throw .lineTooLong
    }
  }

  private mutating func takeData(_ byte: UInt8) throws(ReadError) -> Event? {
    if holdsCR {
      holdsCR = false
      switch byte {
      case 0x0A: return try endLine()
      // CR NUL is a CR that belongs to the text (RFC 854).
      case 0x00:
        try store(0x0D)
        return nil
      default: try store(0x0D)
      }
    }
    switch byte {
    case 0x0A: return try endLine()
    case 0x0D: holdsCR = true
    default: try store(byte)
    }
    return nil
  }

  private mutating func store(_ byte: UInt8) throws(ReadError) {
    guard line.count < limits.lineLength else { throw .lineTooLong }
    guard byteCount &+ line.count &+ 1 < limits.byteCount else { throw .replyTooLong }
    line.append(byte)
  }
}

// From lines to replies.
extension ReplyReader {
  private mutating func endLine() throws(ReadError) -> Event? {
    defer { line.removeAll(keepingCapacity: true) }
    guard let openCode else { return try beginReply() }
    let rest = line.dropFirst(3)
    let repeatsCode = ReplyReader.code(of: line) == openCode
    if repeatsCode, rest.isEmpty || rest.first == 0x20 {
      try keep(rest.dropFirst())
      return finish(code: openCode)
    }
    try keep(repeatsCode && rest.first == 0x2D ? rest.dropFirst() : line[...])
    return nil
  }

  private mutating func beginReply() throws(ReadError) -> Event? {
    if line.isEmpty { return nil }
    guard let code = ReplyReader.code(of: line) else { throw .malformed(Array(line.prefix(80))) }
    let rest = line.dropFirst(3)
    if rest.first == 0x2D {
      openCode = code
      try keep(rest.dropFirst())
      return nil
    }
    // A text that follows without a blank is taken as it is.
    try keep(rest.first == 0x20 ? rest.dropFirst() : rest)
    return finish(code: code)
  }

  private mutating func keep(_ text: ArraySlice<UInt8>) throws(ReadError) {
    guard lines.count < limits.lineCount else { throw .tooManyLines }
    byteCount &+= text.count &+ 1
    guard byteCount <= limits.byteCount else { throw .replyTooLong }
    lines.append(Array(text))
  }

  private mutating func finish(code: UInt16) -> Event? {
    defer { startReply() }
    return ReceivedReply(code: code, lines: lines).map { .reply($0) }
  }

  /// The number in the first three bytes, if it is one from 100 to 699.
  private static func code(of line: [UInt8]) -> UInt16? {
    guard line.count >= 3, 0x31...0x36 ~= line[0], 0x30...0x39 ~= line[1], 0x30...0x39 ~= line[2] else { return nil }
    return UInt16(line[0] &- 0x30) &* 100 &+ UInt16(line[1] &- 0x30) &* 10 &+ UInt16(line[2] &- 0x30)
  }
}
