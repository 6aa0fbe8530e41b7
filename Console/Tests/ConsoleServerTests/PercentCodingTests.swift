// Names in URLs: any bytes, there and back.

import Testing

@testable import ConsoleServer

struct PercentCodingTests {
  @Test func everyByteComesBack() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(percentDecoded(percentEncoded(bytes)[...]) == bytes)
    #expect(percentEncoded([0x2F, 0x20, 0xFF, 0x0D], keepingSlashes: true) == "/%20%FF%0D")
  }

  @Test(arguments: ["%", "%4", "%zz", "a%2"]) func halvesAreRefused(_ text: String) {
    #expect(percentDecoded(text[...]) == nil)
  }

  @Test func whatAPersonSeesHasNoControlCharacters() {
    #expect(shown(Array("a\r\nb".utf8)) == "a\u{240D}\u{240A}b")
    #expect(shown([0x63, 0xFF]) == "c\u{FFFD}")
    #expect(shown(Array("gpj\u{202E}exe".utf8)) == "gpj\u{FFFD}exe")
  }

  @Test func fieldsOfAQuery() {
    let query = Query("list&level=a%20b&broken=%")
    #expect(query.has("list"))
    #expect(query["level"] == "a b")
    #expect(query["broken"] == nil)
    #expect(!query.has("other"))
  }
}
