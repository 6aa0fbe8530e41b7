// Tests of ReplyReader: replies of one line and of many, as servers send them, and what is too much.

import FTPProtocol
import Testing

/// Hands bytes over in pieces and collects what comes out, the error included.
private func read(
  _ stream: [UInt8], pieces: Int = .max, limits: ReplyReader.Limits = .init()
) -> (events: [ReplyReader.Event], error: ReplyReader.ReadError?, isIdle: Bool) {
  var reader = ReplyReader(limits: limits)
  var events: [ReplyReader.Event] = []
  var start = 0
  do throws(ReplyReader.ReadError) {
    while start < stream.count {
      let end = pieces < stream.count - start ? start + pieces : stream.count
      stream[start..<end].withUnsafeBytes { reader.append($0) }
      start = end
      while let event = try reader.next() { events.append(event) }
      reader.releaseStorage()
    }
    return (events, nil, !reader.hasBufferedBytes)
  } catch {
    return (events, error, !reader.hasBufferedBytes)
  }
}

private func replies(_ text: String) -> [String] {
  read(bytes(text)).events.map { event in
    switch event {
    case .reply(let reply): "\(reply.code):" + reply.lines.map { FTPProtocolTests.text($0) }.joined(separator: "|")
    case .telnetAnswer(let answer): "\(answer)"
    }
  }
}

@Suite struct ReplyReaderTests {
  @Test(arguments: [
    ("220 Hello.\r\n", ["220:Hello."]),
    ("220 Hello.\n", ["220:Hello."]),
    ("226\r\n", ["226:"]),
    ("226 \r\n", ["226:"]),
    ("226  two blanks\r\n", ["226: two blanks"]),
    ("200ok\r\n", ["200:ok"]),
    ("150 a\r\n226 b\r\n", ["150:a", "226:b"]),
    ("\r\n\n220 x\r\n", ["220:x"]),
    ("699 x\r\n100 y\r\n", ["699:x", "100:y"]),
    ("220 half", []),
    ("220 half\r", []),
    ("220-first\r\n", []),
  ])
  func readsOneLine(wire: String, expected: [String]) {
    #expect(replies(wire) == expected)
  }

  @Test(arguments: [
    ("211-Features:\r\n UTF8\r\n MDTM\r\n211 End\r\n", ["211:Features:| UTF8| MDTM|End"]),
    // Lines of other codes, of the same number with more digits, and empty ones do not end a reply.
    ("230-a\r\n226 b\r\n2300 c\r\n230\u{9}d\r\n\r\n23\r\n230 e\r\n", ["230:a|226 b|2300 c|230\u{9}d||23|e"]),
    // vsftpd and others put the code before every line.
    ("220-a\r\n220-b\r\n220 c\r\n", ["220:a|b|c"]),
    ("211-Features:\r\n211-AUTH TLS\r\n211-\r\n211 End\r\n", ["211:Features:|AUTH TLS||End"]),
    ("220-a\r\n220-", []),
    // The code alone ends a reply too.
    ("250-a\r\n250\r\n200 b\r\n", ["250:a|", "200:b"]),
    ("250-\r\n250 \r\n", ["250:|"]),
  ])
  func readsSeveralLines(wire: String, expected: [String]) {
    #expect(replies(wire) == expected)
  }

  @Test func takesTelnetOut() {
    // IAC WILL ECHO is refused by DONT, a doubled 0xFF is one, an undoubled one stays, NOP goes.
    let wire: [UInt8] =
      bytes("257 \"") + [0xFF, 0xFF, 0xFF, 0xF1, 0xFF, 0xFB, 0x01, 0xFF, 0x41] + bytes("\" ok\r\n")
    let reply = ReceivedReply(code: 257, lines: [bytes("\"") + [0xFF, 0xFF, 0x41] + bytes("\" ok")])
    #expect(read(wire).events == [.telnetAnswer([0xFF, 0xFE, 0x01])] + [reply].compactMap { $0 }.map { .reply($0) })
    // Not even between the digits of a code.
    #expect(read(bytes("2") + [0xFF, 0xF1] + bytes("20 x\n")).events.count == 1)
  }

  @Test func keepsControlCharacters() throws {
    let text: [UInt8] = [0x00, 0x07, 0x09, 0x1B, 0x0D, 0x41, 0x7F, 0x80]
    // A CR that ends no line is sent as CR NUL, or alone.
    let wire = bytes("550 ") + [0x00, 0x07, 0x09, 0x1B, 0x0D, 0x00, 0x41, 0x7F, 0x80] + bytes("\r\n")
    let expected = try #require(ReceivedReply(code: 550, lines: [text]))
    #expect(read(wire).events == [.reply(expected)])
    #expect(read(bytes("550 ") + text + bytes("\r\n")).events == [.reply(expected)])
    #expect(
      read(bytes("550 x\r\r\n")).events
        == [ReceivedReply(code: 550, lines: [bytes("x\r")])].compactMap { $0 }.map { .reply($0) })
  }

  @Test(arguments: [1, 2, 3, 7])
  func cutsDoNotMatter(pieces: Int) {
    let wire = bytes("220-a\r\n226 b\n220 c\r\n\r\n150 d\r\n226\r\n2") + [0xFF, 0xFF]
    let whole = read(wire)
    let cut = read(wire, pieces: pieces)
    #expect(cut.events == whole.events)
    #expect(cut.error == whole.error)
  }

  @Test(arguments: ["hello\r\n", "42\r\n", "042 x\r\n", "700 x\r\n", " 220 x\r\n", "22a x\r\n", "-\n"])
  func refusesWhatIsNoReply(wire: String) {
    let result = read(bytes(wire) + bytes("220 x\r\n"))
    #expect(result.events.isEmpty)
    #expect(result.error == .malformed(bytes(wire).filter { $0 != 0x0D && $0 != 0x0A }))
  }

  @Test func quotesTheBeginningOfWhatIsNoReply() {
    #expect(
      read([UInt8](repeating: 0x78, count: 500) + [0x0A]).error == .malformed([UInt8](repeating: 0x78, count: 80)))
  }

  @Test func anErrorIsFinal() {
    var reader = ReplyReader()
    bytes("nonsense\r\n220 x\r\n").withUnsafeBytes { reader.append($0) }
    for _ in 0..<2 {
      do throws(ReplyReader.ReadError) {
        let event = try reader.next()
        Issue.record("\(String(describing: event))")
      } catch {
        #expect(error == .malformed(bytes("nonsense")))
      }
      bytes("220 y\r\n").withUnsafeBytes { reader.append($0) }
    }
    let isEmpty = !reader.hasBufferedBytes
    #expect(isEmpty)
  }

  @Test func boundsALine() {
    let limits = ReplyReader.Limits(lineLength: 10)
    #expect(read(bytes("220 567890\r\n"), limits: limits).events.count == 1)
    #expect(read(bytes("220 5678901"), limits: limits).error == .lineTooLong)
    #expect(read(bytes("220-a\r\n12345678901"), limits: limits).error == .lineTooLong)
    // A subnegotiation that never ends, neither.
    #expect(read([0xFF, 0xFA] + [UInt8](repeating: 1, count: 20), limits: limits).error == .lineTooLong)
  }

  @Test func boundsTheLines() {
    let limits = ReplyReader.Limits(lineCount: 3)
    #expect(read(bytes("220-a\n\n220 c\n"), limits: limits).events.count == 1)
    #expect(read(bytes("220-a\n\n\n\n"), limits: limits).error == .tooManyLines)
  }

  @Test func boundsTheWhole() {
    let limits = ReplyReader.Limits(byteCount: 20)
    #expect(read(bytes("220-345\n2345\n220 5\n220 x\n"), limits: limits).events.count == 2)
    #expect(read(bytes("220-345\n") + [UInt8](repeating: 0x78, count: 30), limits: limits).error == .replyTooLong)
    #expect(read(bytes("220-\n") + [UInt8](repeating: 0x0A, count: 30), limits: limits).error == .replyTooLong)
    // Many small replies are no large one.
    let many = [UInt8]((0..<100).flatMap { _ in bytes("200 ok\r\n") })
    #expect(read(many, limits: limits).events.count == 100)
  }

  @Test func limitsHaveAFloor() {
    let limits = ReplyReader.Limits(lineLength: -1, lineCount: 0, byteCount: .min)
    #expect(limits == ReplyReader.Limits(lineLength: 4, lineCount: 1, byteCount: 5))
    #expect(read(bytes("226\n"), limits: limits).events.count == 1)
  }

  @Test func forgetsWhatCameInTheClear() throws {
    var reader = ReplyReader()
    bytes("234 go\r\n230 injected\r\n331-half").withUnsafeBytes { reader.append($0) }
    guard case .reply(let reply)? = try reader.next() else {
      Issue.record("no reply")
      return
    }
    #expect(reply.code == 234)
    let (hadSome, hasStill) = (reader.discardBufferedBytes(), reader.discardBufferedBytes())
    #expect(hadSome)
    #expect(!hasStill)
    bytes("220 x\r\n").withUnsafeBytes { reader.append($0) }
    let (event, further) = (try reader.next(), try reader.next())
    #expect(event == ReceivedReply(code: 220, lines: [bytes("x")]).map { .reply($0) })
    #expect(further == nil)
  }

  @Test func readsWhatReplyEncodes() throws {
    let samples: [Reply] = [
      Reply(200, "OK."), Reply(550, bytes: bytes("caf") + [0xE9, 0xFF, 0x41] + bytes(": no such file")),
      Reply(211, opening: "Features:", lines: [bytes(" UTF8"), bytes("220 x"), bytes("211-y"), []], closing: "End"),
      Reply.passive(address: (192, 0, 2, 1), port: 50001), Reply.path(257, bytes("/a \"b\""), "created."),
    ]
    let wire = samples.flatMap(\.encoded)
    let events = read(wire).events
    try #require(events.count == samples.count)
    for (event, sample) in zip(events, samples) {
      guard case .reply(let reply) = event else {
        Issue.record("\(event)")
        continue
      }
      #expect(reply.code == sample.code)
      let expected = sample.encoded
      var again: [UInt8] = []
      for (index, line) in reply.lines.enumerated() {
        if index == 0 || index == reply.lines.count - 1 {
          again += bytes("\(reply.code)") + [index == reply.lines.count - 1 ? 0x20 : 0x2D]
        }
        again += line.flatMap { $0 == 0xFF ? [$0, $0] : [$0] } + bytes("\r\n")
      }
      #expect(again == expected)
    }
  }
}
