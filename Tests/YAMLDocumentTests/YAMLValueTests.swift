// Tests that what is written as YAML is read as the same text, and quoted only where it must be.

import Testing

@testable import YAMLDocument

@Suite struct YAMLValueTests {
  @Test(arguments: [
    "alice", "$y$j9T$abc./$def", "/srv/ftp/alice", "192.0.2.0/24", "1GiB", "mon-fri 0800-1800", "user@example.org",
    "no",
  ])
  func plainTexts(text: String) { #expect(YAMLValue.scalarText(text, inFlow: true) == text) }

  @Test(arguments: [
    ("*", "'*'"), ("!locked", "'!locked'"), ("", "''"), ("it's", "'it''s'"), ("null", "'null'"),
    ("~", "'~'"), ("a: b", "'a: b'"), ("a #b", "'a #b'"), ("two\nlines", "\"two\\nlines\""), ("*.exe", "'*.exe'"),
    ("-x", "'-x'"), ("a:", "'a:'"), ("caf\u{E9}", "'caf\u{E9}'"), ("a\u{202E}b", "\"a\\U0000202eb\""), ("<<", "'<<'"),
  ])
  func quotedTexts(text: String, written: String) {
    #expect(YAMLValue.scalarText(text, inFlow: false) == written)
  }

  @Test func everyByteComesBack() throws {
    var texts = (1..<0x250).compactMap { Unicode.Scalar($0) }.map { "a\(Character($0))b" }
    texts += [
      "a, b", "[x]", "{x}", "x]", "a:b", "a,b", ":", "-", "?", "#a", " a", "a ", "'", "\"", "\\", "a\tb", "%a", "@a",
    ]
    texts += ["\u{FEFF}a", "a\u{2028}b", "\u{1F600}", "\u{E000}", "...", "---", "=", "1e3", "0o7", "2026-12-31"]
    for text in texts {
      for value in [YAMLValue.scalar(text), .sequence([.scalar(text), .scalar("x")])] {
        let line = YAMLPair("k", value).lines(indent: 0).joined(separator: "\n") + "\n"
        let flow = "k: \(value.flow)\n"
        for document in [line, flow] {
          let node = try #require(try YAMLNode.document(in: Array(document.utf8))?["k"], "\(document)")
          if case .sequence(let items) = node.content {
            #expect(items.map(\.text) == [text, "x"], "\(document)")
          } else {
            #expect(node.text == text, "\(document)")
          }
        }
      }
    }
  }

  @Test func shapes() {
    let pair = YAMLPair(
      "bob",
      .mapping([
        YAMLPair("from", .list(["192.0.2.1", "2001:db8::/32"])),
        YAMLPair("permissions", .sequence([.mapping([YAMLPair("/in", .list(["list", "write"]))]), .scalar("x")])),
        YAMLPair("directories", .mapping([YAMLPair("pub", .mapping([YAMLPair("path", .scalar("/p"))], isFlow: true))])),
        YAMLPair("long", .sequence((0..<30).map { .scalar("item\($0)") })), YAMLPair("none", .sequence([])),
      ]))
    let long = (0..<30).map { "    - item\($0)\n" }.joined()
    #expect(
      pair.lines(indent: 0).joined(separator: "\n") + "\n"
        == """
        bob:
          from: [192.0.2.1, '2001:db8::/32']
          permissions:
            - /in: [list, write]
            - x
          directories:
            pub: {path: /p}
          long:
        \(long)  none: []

        """)
  }
}
