// Tests of the replies clients take apart.

import FTPProtocol
import Testing

@Suite struct ReplyTextsTests {
  @Test func passive() {
    #expect(
      text(Reply.passive(address: (192, 0, 2, 255), port: 50001).encoded)
        == "227 Entering Passive Mode (192,0,2,255,195,81).\r\n")
    #expect(
      text(Reply.passive(address: (0, 0, 0, 0), port: 7).encoded) == "227 Entering Passive Mode (0,0,0,0,0,7).\r\n")
  }

  @Test func extendedPassive() {
    #expect(text(Reply.extendedPassive(port: 65535).encoded) == "229 Entering Extended Passive Mode (|||65535|)\r\n")
  }

  @Test func pathDoublesQuotes() {
    #expect(text(Reply.path(257, bytes("/a\"b"), "created.").encoded) == "257 \"/a\"\"b\" created.\r\n")
    #expect(text(Reply.path(257, bytes("/"), "").encoded) == "257 \"/\"\r\n")
  }

  @Test func openingNamesTheSizeInTypeIOnly() {
    let name = bytes("a b.iso")
    #expect(
      text(Reply.opening(name: name, byteCount: 12, type: .image).encoded)
        == "150 Opening BINARY mode data connection for a b.iso (12 bytes).\r\n")
    #expect(
      text(Reply.opening(name: name, byteCount: .max, type: .image).encoded)
        == "150 Opening BINARY mode data connection for a b.iso (18446744073709551615 bytes).\r\n")
    #expect(
      text(Reply.opening(name: name, byteCount: nil, type: .image).encoded)
        == "150 Opening BINARY mode data connection for a b.iso.\r\n")
    #expect(
      text(Reply.opening(name: name, byteCount: 12, type: .ascii(.nonPrint)).encoded)
        == "150 Opening ASCII mode data connection for a b.iso.\r\n")
  }

  @Test func openingDoesNotRepeatANameThatReadsLikeASize() {
    #expect(
      text(Reply.opening(name: bytes("x (7 bytes)"), byteCount: 12, type: .image).encoded)
        == "150 Opening BINARY mode data connection for the file (12 bytes).\r\n")
  }
}
