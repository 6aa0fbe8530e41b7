import FTPProtocol
import Testing

@Suite struct DigestArgumentsTests {
  private func parse(_ text: String) -> DigestArguments? { DigestArguments.parse(Array(text.utf8)) }

  @Test(
    arguments: [
      ("f", "f", nil, false), ("a b", "a b", nil, false), (#""a b""#, "a b", nil, false),
      (#""f" 0 10"#, "f", 0..<10, false), ("f 0 10", "f", 0..<10, true), ("a b 3 3", "a b", 3..<3, true),
      ("1 2", "1 2", nil, false), ("f 10", "f 10", nil, false), ("f 10 2", "f 10 2", nil, false),
      ("f -1 2", "f -1 2", nil, false), ("f 0 9223372036854775807", "f", 0..<9_223_372_036_854_775_807, true),
      ("f 0 9223372036854775808", "f 0 9223372036854775808", nil, false),
    ] as [(String, String, Range<UInt64>?, Bool)])
  func reads(text: String, name: String, range: Range<UInt64>?, mayBeAName: Bool) {
    let parsed = parse(text)
    #expect(parsed?.pathname == Array(name.utf8))
    #expect(parsed?.range == range)
    #expect(parsed?.wholeArgument == (mayBeAName ? Array(text.utf8) : nil))
  }

  @Test(arguments: [
    #""f" 1"#, #""f" 2 1"#, #""f" 1 2 3"#, #""f" a b"#, #""f" -1 2"#, #""f"#, #""""#, #""f"1 2"#,
    #""f" 0 99999999999999999999"#,
  ])
  func refuses(text: String) { #expect(parse(text) == nil) }
}
