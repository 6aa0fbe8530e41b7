// Tests of Reply: the exact bytes on the wire, and that no text from outside breaks them.

import FTPProtocol
import Testing

@Suite struct ReplyTests {
  @Test func encodesOneLine() {
    #expect(text(Reply(200, "NOOP ok.").encoded) == "200 NOOP ok.\r\n")
    let count = 3
    #expect(text(Reply(214, "\(count) commands").encoded) == "214 3 commands\r\n")
    #expect(text(Reply(213, bytes: bytes("5")).encoded) == "213 5\r\n")
  }

  @Test func takesALiteralAsFixedText() {
    guard case .fixed = Reply(200, "ok").text else {
      Issue.record("a literal was copied into an array")
      return
    }
  }

  @Test func encodesSeveralLines() {
    let reply = Reply(211, opening: "Features:", lines: [bytes(" UTF8"), bytes(" MDTM")], closing: "End")
    #expect(text(reply.encoded) == "211-Features:\r\n UTF8\r\n MDTM\r\n211 End\r\n")
  }

  @Test func indentsInnerLinesThatLookLikeReplies() {
    let lines = ["250 done", "999-x", "2500", "25 x", "", "250"].map(bytes)
    let reply = Reply(250, opening: "a", lines: lines, closing: "b")
    #expect(text(reply.encoded) == "250-a\r\n 250 done\r\n 999-x\r\n 2500\r\n25 x\r\n\r\n 250\r\n250 b\r\n")
  }

  @Test func noByteFromOutsideEndsALine() {
    for byte in UInt8.min...UInt8.max {
      let plain = Reply(550, bytes: [0x61, byte, 0x62]).encoded
      let expected: [UInt8] =
        switch byte {
        case 0x00, 0x0A, 0x0D: [0x3F]
        case 0xFF: [0xFF, 0xFF]
        default: [byte]
        }
      #expect(plain == bytes("550 a") + expected + bytes("b\r\n"), "byte \(byte)")
    }
    let reply = Reply(250, opening: "a\r\n250 b", lines: [bytes("x\r\n250 y")], closing: "c\n250 d")
    #expect(reply.encoded.split(separator: 0x0A).count == 3)
  }

  @Test func appendsToWhatIsThere() {
    var out = bytes("150 x\r\n")
    Reply(226, "Transfer complete.").encode(into: &out)
    #expect(text(out) == "150 x\r\n226 Transfer complete.\r\n")
  }
}
