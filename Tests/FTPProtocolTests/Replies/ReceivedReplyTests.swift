// Tests of ReceivedReply itself: what its code says, its lines, and its text for a log.

import FTPProtocol
import Testing

@Suite struct ReceivedReplyTests {
  @Test(
    arguments: [
      (110, .preliminary), (226, .completion), (331, .intermediate), (421, .transientError), (550, .permanentError),
      (631, .protected),
    ] as [(UInt16, ReceivedReply.Kind)])
  func theFirstDigitTellsTheKind(code: UInt16, kind: ReceivedReply.Kind) {
    #expect(ReceivedReply(code: code, lines: [])?.kind == kind)
  }

  @Test(arguments: [0, 99, 700, 999, 1100, UInt16.max])
  func noOtherCodes(code: UInt16) {
    #expect(ReceivedReply(code: code, lines: []) == nil)
  }

  @Test func linesArePlacesOfTheirOwn() throws {
    let reply = try #require(ReceivedReply(code: 211, lines: ["a", "b", "c", "d"].map(bytes)))
    #expect(reply.text == bytes("d"))
    #expect(reply.innerLines.map { text($0) } == ["b", "c"])
    let short = try #require(ReceivedReply(code: 200, lines: []))
    #expect(short.lines == [[]])
    #expect(short.innerLines.isEmpty)
  }

  @Test func theDescriptionIsHarmless() throws {
    let evil = try #require(ReceivedReply(code: 550, lines: [bytes("a\u{1B}[2J\r\n\u{9B}2Jb\u{7F}é") + [0xFF]]))
    #expect(evil.description == "550 a?[2J???2Jb?é\u{FFFD}")
    let several = try #require(ReceivedReply(code: 220, lines: ["x", "y"].map(bytes)))
    #expect(several.description == "220-x / y")
  }
}
