// Tests of the limits two sides agree on.

import FTPProtocol
import Testing

@Suite struct TransferLimitsTests {
  @Test func whatIsWrittenIsRead() {
    let limits = TransferLimits(connections: 4, total: 5_000_000, file: 3, connection: 2, block: 262_144)
    #expect(limits.text == "connections=4;total=5000000;file=3;connection=2;block=262144;")
    #expect(TransferLimits(limits.text.utf8) == limits)
    #expect(limits.command.argument == Array("LIMITS \(limits.text)".utf8))
    #expect(limits.hasRates)
    #expect(!TransferLimits(connections: 4, block: 1).hasRates)
  }

  @Test(arguments: [
    ("", TransferLimits()), ("total=5", TransferLimits(total: 5)),
    ("TOTAL=5;;connections=1", TransferLimits(connections: 1, total: 5)),
    ("colour=7;file=1;", TransferLimits(file: 1)),
  ]) func read(_ text: String, _ limits: TransferLimits) { #expect(TransferLimits(text.utf8) == limits) }

  @Test(arguments: [
    "total", "total=", "=5", "total=-1", "total=+1", "total=x", "total=1234567890123456789", "total=0x5",
  ])
  func refused(_ text: String) { #expect(TransferLimits(text.utf8) == nil) }

  @Test func theLowerOneHolds() {
    let mine = TransferLimits(connections: 10, total: 0, file: 7, connection: 5)
    let theirs = TransferLimits(connections: 5, total: 9, file: 0, connection: 6, block: 3)
    let both = TransferLimits(connections: 5, total: 9, file: 7, connection: 5, block: 3)
    #expect(mine.lower(theirs) == both)
    #expect(theirs.lower(mine) == both)
  }

  @Test func theAnswerIsRead() throws {
    var reader = ReplyReader()
    for (text, limits) in [
      ("200 LIMITS connections=2;total=1;\r\n", TransferLimits(connections: 2, total: 1)), ("200 OK\r\n", nil),
      ("501 LIMITS total=1;\r\n", nil), ("200 LIMITS total=x\r\n", nil),
    ] as [(String, TransferLimits?)] {
      Array(text.utf8).withUnsafeBytes { reader.append($0) }
      guard case .reply(let reply)? = try reader.next() else {
        Issue.record("no reply in \(text)")
        return
      }
      #expect(TransferLimits(reply) == limits)
    }
  }
}
