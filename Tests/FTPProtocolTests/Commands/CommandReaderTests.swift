// Tests of CommandReader: line ends, Telnet, limits, and that no cut of the bytes changes the events.

import FTPProtocol
import Testing

@Suite struct CommandReaderTests {
  typealias Event = CommandReader.Event

  /// The events of `input`, handed over in pieces of `size` bytes (nil: all at once).
  static func events(_ input: [UInt8], pieces size: Int? = nil, limit: Int = 64) -> [Event] {
    var reader = CommandReader(lineLimit: limit)
    var events: [Event] = []
    var rest = input[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(size ?? rest.count))
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { reader.append($0) }
      while let event = reader.next() { events.append(event) }
    }
    return events
  }

  /// The events behind a first, harmless line: what belongs to the opening of a connection is over.
  static func later(_ input: [UInt8], limit: Int = 64) -> [Event] {
    Array(events(bytes("NOOP\r\n") + input, limit: limit).dropFirst())
  }

  static func command(_ verb: Verb, _ argument: String = "") -> Event {
    .command(Command(verb: verb, argument: bytes(argument)))
  }

  @Test func readsPipelinedCommands() {
    let input = bytes("USER joe\r\nPASS x y \r\nnoop\r\nQUIT\r\n")
    #expect(
      Self.events(input) == [
        Self.command("USER", "joe"), Self.command("PASS", "x y "), Self.command("NOOP"), Self.command("QUIT"),
      ])
  }

  @Test func takesABareLF() {
    #expect(Self.events(bytes("NOOP\nQUIT\n")) == [Self.command("NOOP"), Self.command("QUIT")])
  }

  @Test func waitsForTheLineEnd() {
    #expect(Self.events(bytes("NOOP")) == [])
    #expect(Self.events(bytes("NOOP\r")) == [])
  }

  @Test func keepsCRThatEndsNoLine() {
    #expect(Self.later(bytes("CWD a\rb\r\n")) == [Self.command("CWD", "a\rb")])
    #expect(Self.later(bytes("CWD a\r\r\n")) == [Self.command("CWD", "a\r")])
    #expect(Self.later(bytes("CWD a\r\0b\r\n")) == [Self.command("CWD", "a\rb")])
    #expect(Self.later(bytes("CWD a\r\0\n")) == [Self.command("CWD", "a\r")])
  }

  @Test func reportsMalformedLines() {
    #expect(Self.later(bytes("\r\n")) == [.malformed(.empty)])
    #expect(Self.later(bytes("\n")) == [.malformed(.empty)])
    #expect(Self.later(bytes(" \r\n")) == [.malformed(.notACommand)])
    #expect(Self.later(bytes("RE\u{FC}R x\r\n")) == [.malformed(.notACommand)])
    #expect(Self.later(bytes("RETR a\0b\r\n")) == [.malformed(.containsNUL)])
    #expect(Self.later([0, 0x0A]) == [.malformed(.containsNUL)])
    #expect(Self.later(bytes("\r\r\n")) == [.malformed(.notACommand)])
  }

  @Test func survivesEveryByteInAVerb() {
    for byte in UInt8.min...UInt8.max where byte != 0x0A && byte != 0xFF {
      let events = Self.later([0x41, byte, 0x42, 0x20, 0x78, 0x0D, 0x0A])
      #expect(events.count == 1, "byte \(byte)")
    }
  }

  @Test func readsDoubledIACAsData() {
    #expect(
      Self.later(bytes("RETR a") + [0xFF, 0xFF] + bytes("b\r\n")) == [
        .command(Command(verb: "RETR", argument: [0x61, 0xFF, 0x62]))
      ])
  }

  @Test func keepsAnUndoubledFFInAName() {
    #expect(
      Self.later(bytes("RETR a") + [0xFF] + bytes("b\r\n")) == [
        .command(Command(verb: "RETR", argument: [0x61, 0xFF, 0x62]))
      ])
    #expect(
      Self.later(bytes("RETR a") + [0xFF] + bytes("\r\n")) == [.command(Command(verb: "RETR", argument: [0x61, 0xFF]))])
  }

  @Test func takesASynchInBandAndOut() {
    #expect(Self.later([0xFF, 0xF4, 0xFF, 0xF2] + bytes("ABOR\r\n")) == [Self.command("ABOR")])
    // The urgent DM was taken out of the stream by the socket.
    #expect(Self.later([0xFF, 0xF4, 0xFF] + bytes("ABOR\r\n")) == [Self.command("ABOR")])
    #expect(Self.later([0xFF, 0xF4] + bytes("ABOR\r\n")) == [Self.command("ABOR")])
    // lftp sends them within a line as well.
    #expect(Self.later(bytes("AB") + [0xFF, 0xF4, 0xFF, 0xF2] + bytes("OR\r\n")) == [Self.command("ABOR")])
  }

  @Test func refusesTelnetOptions() {
    #expect(
      Self.later([0xFF, 253, 1, 0xFF, 251, 3, 0xFF, 254, 1, 0xFF, 252, 3] + bytes("NOOP\r\n")) == [
        .telnetAnswer([0xFF, 252, 1]), .telnetAnswer([0xFF, 254, 3]), Self.command("NOOP"),
      ])
    // The option may be 0xFF itself.
    #expect(Self.later([0xFF, 253, 0xFF]) == [.telnetAnswer([0xFF, 252, 0xFF])])
  }

  @Test func swallowsSubnegotiation() {
    let input = [0xFF, 250, 31, 0, 10, 0xFF, 0xFF, 0, 0xFF, 240] + bytes("NOOP\r\n")
    #expect(Self.later(input) == [Self.command("NOOP")])
  }

  @Test func givesUpOnAnEndlessSubnegotiation() {
    let input = [0xFF, 250] + Array(repeating: 0x78, count: 200) + bytes("\r\nNOOP\r\n")
    #expect(Self.later(input) == [.lineTooLong, Self.command("NOOP")])
  }

  @Test func subnegotiationMayBeAsLongAsTheLimit() {
    let input = [0xFF, 250] + Array(repeating: 0x78, count: 63) + [0xFF, 240] + bytes("NOOP\r\n")
    #expect(Self.later(input, limit: 64) == [Self.command("NOOP")])
    #expect(Self.later(input, limit: 63) == [.lineTooLong])
  }

  @Test func releasingStorageKeepsUnreadBytes() {
    var reader = CommandReader(lineLimit: 64)
    bytes("NOOP\r\nQUIT\r\n").withUnsafeBytes { reader.append($0) }
    #expect(reader.next() == Self.command("NOOP"))
    reader.releaseStorage()
    #expect(reader.next() == Self.command("QUIT"))
  }

  @Test func telnetBetweenCRAndLFDoesNotHideTheLineEnd() {
    #expect(Self.later(bytes("NOOP\r") + [0xFF, 241] + bytes("\n")) == [Self.command("NOOP")])
  }

  @Test(arguments: [4095, 4096, 4097])
  func holdsTheLimitExactly(length: Int) {
    let line = bytes("CWD ") + Array(repeating: 0x61, count: length - 4)
    let events = Self.later(line + bytes("\r\nNOOP\r\n"), limit: 4096)
    let first = length <= 4096 ? Event.command(Command(verb: "CWD", argument: Array(line.dropFirst(4)))) : .lineTooLong
    #expect(events == [first, Self.command("NOOP")])
  }

  @Test func discardsTenMegabytesWithoutALineEndInLittleMemory() {
    var reader = CommandReader(lineLimit: 4096)
    var tooLong = 0
    let piece = [UInt8](repeating: 0x61, count: 65536)
    for _ in 0..<160 {
      piece.withUnsafeBytes { reader.append($0) }
      while let event = reader.next() {
        #expect(event == .lineTooLong)
        tooLong += 1
      }
    }
    #expect(tooLong == 1)
    bytes("\r\nNOOP\r\n").withUnsafeBytes { reader.append($0) }
    #expect(reader.next() == Self.command("NOOP"))
    #expect(reader.next() == nil)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: x\r\n", ForeignProtocol.http), ("POST /x HTTP/1.1\r\n", .http),
    ("CONNECT a:25 HTTP/1.0\r\n", .http), ("PRI * HTTP/2.0\r\n", .http), ("GET /\n", .http),
    ("EHLO mail.example\r\n", .smtp), ("helo x\r\n", .smtp), ("SSH-2.0-OpenSSH_9.2\r\n", .ssh),
  ])
  func recognisesForeignProtocols(opening: String, expected: ForeignProtocol) {
    #expect(Self.events(bytes(opening)).first == .malformed(.foreignProtocol(expected)))
    // Only the first line is judged so.
    #expect(Self.later(bytes(opening)).first != .malformed(.foreignProtocol(expected)))
  }

  @Test func recognisesTLSBeforeALineEnds() {
    #expect(Self.events([0x16, 0x03]) == [.malformed(.foreignProtocol(.tls))])
    #expect(Self.events([0x16, 0x03, 0x01, 0, 5, 1, 0, 0, 1, 0x0A]) == [.malformed(.foreignProtocol(.tls))])
  }

  @Test func takesAPersonAtATerminalForAPerson() {
    #expect(Self.events(bytes("get a.txt\r\n")) == [Self.command("GET", "a.txt")])
  }

  @Test func saysWhetherItHoldsBytes() {
    var reader = CommandReader(lineLimit: 64)
    #expect(!reader.hasBufferedBytes)
    bytes("NOOP\r\nQU").withUnsafeBytes { reader.append($0) }
    #expect(reader.hasBufferedBytes)
    #expect(reader.next() == Self.command("NOOP"))
    #expect(reader.next() == nil)
    #expect(reader.hasBufferedBytes)
    reader.releaseStorage()
    bytes("IT\r\n").withUnsafeBytes { reader.append($0) }
    #expect(reader.next() == Self.command("QUIT"))
    #expect(!reader.hasBufferedBytes)
    reader.releaseStorage()
    bytes("NOOP\n").withUnsafeBytes { reader.append($0) }
    #expect(reader.next() == Self.command("NOOP"))
  }

  @Test func forgetsWhatWasInjectedBeforeTLS() {
    var reader = CommandReader(lineLimit: 64)
    bytes("AUTH TLS\r\nRETR a\r\nDELE").withUnsafeBytes { reader.append($0) }
    #expect(reader.next() == Self.command("AUTH", "TLS"))
    let hadBytes = reader.discardBufferedBytes()
    #expect(hadBytes)
    #expect(!reader.hasBufferedBytes)
    bytes("NOOP\r\n").withUnsafeBytes { reader.append($0) }
    #expect(reader.next() == Self.command("NOOP"))
    let hadMore = reader.discardBufferedBytes()
    #expect(!hadMore)
  }

  @Test func appendingWhileEventsWaitLosesNothing() {
    var reader = CommandReader(lineLimit: 64)
    var seen = 0
    for _ in 0..<100 {
      bytes("NOOP\r\nNOOP\r\nNO").withUnsafeBytes { reader.append($0) }
      if reader.next() == Self.command("NOOP") { seen += 1 }
      bytes("OP\r\n").withUnsafeBytes { reader.append($0) }
    }
    while reader.next() == Self.command("NOOP") { seen += 1 }
    #expect(seen == 300)
  }

  @Test func noCutChangesTheEvents() {
    var random = FixedRandom(seed: 7)
    // Bytes that matter, far likelier than chance would have them.
    let alphabet: [UInt8] = [
      0x0A, 0x0D, 0, 0xFF, 0xF0, 0xF2, 0xFA, 0xFB, 0xFD, 0xFE, 0x20, 0x41, 0x62, 0x16, 0x03, 0x80,
    ]
    for _ in 0..<2000 {
      let input = (0..<Int.random(in: 1...40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      let whole = Self.events(input, limit: 8)
      for size in [1, 2, 3, 7] {
        #expect(Self.events(input, pieces: size, limit: 8) == whole, "\(input) in pieces of \(size)")
      }
    }
  }
}
