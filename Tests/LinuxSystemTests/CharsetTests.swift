// Tests of clients' character sets: every name comes back, whatever its bytes are.

import LinuxSystem
import Testing

@Suite struct CharsetTests {
  @Test(arguments: ["ISO-8859-1", "CP1252", "KOI8-R", "CP932", "EUC-JP", "GBK", "BIG5", "EUC-KR", "UTF-8", "CP437"])
  func isUsable(_ name: String) { #expect(Charset.isUsable(name)) }

  /// No ASCII in them, a state between characters, or no set at all.
  @Test(arguments: [
    "UTF-16", "UTF-32", "UTF-7", "ISO-2022-JP", "ISO-2022-KR", "IBM1047", "nonsense", "", "../x", "a b",
  ])
  func isRefused(_ name: String) {
    #expect(!Charset.isUsable(name))
    #expect(Charset(name) == nil)
  }

  @Test func latin1() throws {
    let latin1 = try #require(Charset("ISO-8859-1"))
    #expect(latin1.encode(Array("\u{E9}t\u{E9}".utf8)) == [0xE9, 0x74, 0xE9])
    #expect(latin1.decode([0xE9, 0x74, 0xE9]) == Array("\u{E9}t\u{E9}".utf8))
    #expect(latin1.encode(Array("\u{3042}".utf8)) == Array("%E3%81%82".utf8))
    #expect(latin1.encode([0xE9]) == Array("%E9".utf8))
    #expect(latin1.encode(Array("100% %41 %4 %".utf8)) == Array("100% %2541 %4 %".utf8))
    #expect(latin1.decode(Array("%41%".utf8)) == Array("A%".utf8))
    #expect(latin1.decode(Array("%2541".utf8)) == Array("%41".utf8))
  }

  @Test func shiftJIS() throws {
    let set = try #require(Charset("CP932"))
    #expect(set.encode(Array("\u{3042}".utf8)) == [0x82, 0xA0])
    #expect(set.decode([0x82, 0xA0]) == Array("\u{3042}".utf8))
  }

  @Test(arguments: ["ISO-8859-1", "CP1252", "CP932", "EUC-JP", "GBK", "UTF-8"])
  func everyNameComesBack(_ name: String) throws {
    let set = try #require(Charset(name))
    var random = SystemRandomNumberGenerator()
    let pieces: [[UInt8]] = [
      Array("a".utf8), Array("%".utf8), Array("41".utf8), Array("\u{E9}".utf8), Array("\u{3042}".utf8),
      Array("\u{301C}".utf8),
      Array("\u{FF5E}".utf8), Array("\u{A5}".utf8), Array("\\".utf8), Array("\u{1F600}".utf8), [0xE9], [0x80], [0xFF],
      [0xE3, 0x81],
    ]
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...8, using: &random)).flatMap { _ in pieces.randomElement(using: &random) ?? []
      }
      let sent = set.encode(bytes)
      #expect(set.decode(sent) == bytes, "\(name): \(bytes) \(sent)")
    }
    for byte in UInt8.min...UInt8.max where byte != 0x0A && byte != 0 && byte != 0x2F {
      #expect(set.decode(set.encode([byte])) == [byte])
    }
  }
}
