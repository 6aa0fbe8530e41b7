// Turns the bytes of a control connection into commands: takes out Telnet, splits lines, bounds their length.

/// The line splitter of the control connection; bytes go in as they arrive, cut anywhere, and events come out.
///
/// Lines end in CR LF or in a bare LF. `CR NUL` is a CR that belongs to the line (RFC 854), and so is a CR that is followed by
/// anything else. Telnet commands are taken out and refused, see ``Event/telnetAnswer(_:)``. The events do not depend on how
/// the bytes were cut.
///
/// `IAC` followed by a byte that is no Telnet command is what remains of a Synch whose urgent `DM` did not come in band, or a
/// 0xFF in a name that the client forgot to double. At the start of a line the `IAC` is dropped, within a line it is data.
public struct CommandReader: Sendable {
  public enum Event: Sendable, Hashable {
    /// A well-formed command.
    case command(Command)
    /// A line that holds no command: answer 500.
    case malformed(MalformedLine)
    /// A line passed the limit; it is reported as soon as that is known and discarded to its end: answer 500.
    case lineTooLong
    /// Three bytes that refuse a Telnet option, to be sent as they are.
    case telnetAnswer([UInt8])
  }

  public enum MalformedLine: Sendable, Hashable {
    /// Nothing stood before the line end.
    case empty
    /// What stands before the first space is not a verb.
    case notACommand
    /// The connection's first line (for TLS: its first two bytes) belongs to another protocol.
    case foreignProtocol(ForeignProtocol)
    /// A NUL that did not follow a CR.
    case containsNUL
  }

  private let lineLimit: Int
  /// Bytes taken by `append` and not looked at yet: those from `head` on.
  private var buffer: [UInt8] = []
  private var head = 0
  /// The decoded bytes of a line whose end has not come yet.
  private var line: [UInt8] = []
  private var telnet: TelnetDecoder
  /// A CR has come and the next byte decides what it was.
  private var holdsCR = false
  private var isDiscarding = false
  private var sawNUL = false
  private var isFirstLine = true

  /// - Parameter lineLimit: the most bytes of a line, Telnet-unescaped and without its line end; longer lines are discarded.
  public init(lineLimit: Int) {
    self.lineLimit = max(lineLimit, 1)
    telnet = TelnetDecoder(subnegotiationLimit: max(lineLimit, 1))
  }

  /// Takes bytes as they came from the connection.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if head == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      head = 0
    } else if head > buffer.count / 2 {
      buffer.removeFirst(head)
      head = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next event, or nil if that needs more bytes.
  public mutating func next() -> Event? {
    if head < buffer.count, isAtLineStart, let event = nextWholeLine() { return event }
    while head < buffer.count {
      let byte = buffer[head]
      head &+= 1
      if let event = take(byte) { return event }
    }
    return nil
  }

  /// Whether bytes wait to be read, or the beginning of a line waits for its end.
  public var hasBufferedBytes: Bool { head < buffer.count || isMidLine }

  /// Gives the memory back that holds no bytes, so that an idle session costs none.
  public mutating func releaseStorage() {
    if head == buffer.count {
      buffer = []
      head = 0
    }
    if line.isEmpty { line = [] }
  }

  /// Forgets everything that was received and not yet turned into an event, as is due before TLS begins on the connection
  /// (bytes sent in the clear behind AUTH must never be obeyed).
  ///
  /// - Returns: whether there was anything.
  @discardableResult public mutating func discardBufferedBytes() -> Bool {
    let hadBytes = hasBufferedBytes
    buffer = []
    head = 0
    startLine()
    // What comes under TLS begins anew: a browser may speak HTTP there as well as in clear.
    isFirstLine = true
    telnet = TelnetDecoder(subnegotiationLimit: lineLimit)
    return hadBytes
  }

  private var isMidLine: Bool { !line.isEmpty || holdsCR || isDiscarding || sawNUL || !telnet.isIdle }

  private var isAtLineStart: Bool { !isFirstLine && !isMidLine }

  /// The common case: a whole line stands in the buffer, without Telnet, NUL, or a CR that does not end it. The command is
  /// made from where it stands; anything else is left to `take`, which gives the same result byte by byte.
  private mutating func nextWholeLine() -> Event? {
    let (event, end) = buffer.withUnsafeBytes { bytes -> (Event?, Int) in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[head...])
      guard let lineEnd = CommandReader.plainLineEnd(in: rest) else { return (nil, head) }
      let hasCR = lineEnd > 0 && rest[lineEnd &- 1] == 0x0D
      let length = hasCR ? lineEnd &- 1 : lineEnd
      guard length <= lineLimit else { return (nil, head) }
      let end = head &+ lineEnd &+ 1
      return (CommandReader.event(of: UnsafeRawBufferPointer(rebasing: rest[..<length])), end)
    }
    head = end
    return event
  }

  /// The offset of the LF that ends a plain line, or nil if there is none or something special comes before it.
  private static func plainLineEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
    var offset = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == 0x0A { return offset }
      if byte == TelnetDecoder.escape || byte == 0 { return nil }
      if byte == 0x0D {
        let next = offset &+ 1
        return next < bytes.count && bytes[next] == 0x0A ? next : nil
      }
      offset &+= 1
    }
    return nil
  }

  private static func event(of line: UnsafeRawBufferPointer) -> Event {
    if line.isEmpty { return .malformed(.empty) }
    guard let command = Command(line: line) else { return .malformed(.notACommand) }
    return .command(command)
  }
}

// The exact way: one byte at a time, which no cut can confuse.
extension CommandReader {
  private mutating func take(_ byte: UInt8) -> Event? {
    switch telnet.take(byte) {
    case .nothing:
      return nil
    case .data(let byte):
      return takeData(byte)
    case .strayEscape(let byte):
      guard !line.isEmpty else { return takeData(byte) }
      // Only the 0xFF or the byte behind it can pass the limit, never both: the line is discarded from then on.
      let event = takeData(TelnetDecoder.escape)
      return takeData(byte) ?? event
    case .answer(let verb, let option):
      return .telnetAnswer([TelnetDecoder.escape, verb, option])
    case .subnegotiationTooLong:
      return discardLine(.lineTooLong)
    }
  }

  private mutating func takeData(_ byte: UInt8) -> Event? {
    if holdsCR {
      holdsCR = false
      switch byte {
      case 0x0A: return endLine()
      case 0x00: return store(0x0D)
      case 0x0D:
        holdsCR = true
        return store(0x0D)
      default:
        let event = store(0x0D)
        return store(byte) ?? event
      }
    }
    switch byte {
    case 0x0A: return endLine()
    case 0x0D:
      holdsCR = true
      return nil
    case 0x00:
      sawNUL = true
      return store(byte)
    default: return store(byte)
    }
  }

  private mutating func store(_ byte: UInt8) -> Event? {
    if isDiscarding { return nil }
    guard line.count < lineLimit else { return discardLine(.lineTooLong) }
    line.append(byte)
    if isFirstLine, line.count == 2, (line[0], line[1]) == ForeignProtocol.tlsOpening {
      // A ClientHello need not hold an LF, so there may be no line end to wait for.
      return discardLine(.malformed(.foreignProtocol(.tls)))
    }
    return nil
  }

  private mutating func discardLine(_ event: Event) -> Event? {
    if isDiscarding { return nil }
    isDiscarding = true
    line.removeAll()
    return event
  }

  private mutating func endLine() -> Event? {
    let wasFirst = isFirstLine
    isFirstLine = false
    defer { startLine() }
    if isDiscarding { return nil }
    if sawNUL { return .malformed(.containsNUL) }
    return line.withUnsafeBytes { bytes in
      if wasFirst, let foreign = ForeignProtocol(firstLine: bytes) { return .malformed(.foreignProtocol(foreign)) }
      return CommandReader.event(of: bytes)
    }
  }

  private mutating func startLine() {
    line.removeAll(keepingCapacity: true)
    holdsCR = false
    isDiscarding = false
    sawNUL = false
  }
}
