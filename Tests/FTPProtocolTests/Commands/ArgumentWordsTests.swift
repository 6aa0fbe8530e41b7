import FTPProtocol
import Testing

@Suite struct ArgumentWordsTests {
  private func words(_ text: String) -> [String]? {
    ArgumentWords.split(Array(text.utf8))?.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    ("", []), ("   ", []), ("a", ["a"]), ("a b", ["a", "b"]), ("  a   b  ", ["a", "b"]),
    (#""a b" c"#, ["a b", "c"]), (#"x "a ""b""" c"#, ["x", #"a "b""#, "c"]), (#"a"b c"#, [#"a"b"#, "c"]),
    (#"" ""#, [" "]),
  ])
  func splits(text: String, expected: [String]) { #expect(words(text) == expected) }

  @Test(arguments: [#"""#, #""a"#, #""""#, #""a"b"#, #"a "b"#, #""a"""#])
  func refusesMalformedQuotes(text: String) { #expect(words(text) == nil) }

  @Test func everyByteStringIsReadWithoutHarm() {
    var generator = SystemRandomNumberGenerator()
    let alphabet: [UInt8] = [0x20, 0x22, 0x61, 0x30, 0xFF]
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      if let words = ArgumentWords.split(bytes) { #expect(words.allSatisfy { !$0.isEmpty }) }
      _ = DigestArguments.parse(bytes)
    }
  }
}
