// Tests of Glob: shell patterns, and patterns made to take for ever.

import FTPProtocol
import Testing

@Suite struct GlobTests {
  @Test(arguments: [
    ("*", "a"), ("*", ""), ("", ""), ("a*", "a"), ("a*c", "abbbc"), ("*.txt", "a.txt"), ("a?c", "abc"),
    ("[a-c]x", "bx"),
    ("[!a-c]x", "dx"), ("[^a-c]x", "dx"), ("[]]", "]"), ("[!]]", "a"), ("[a-]", "-"), ("[-a]", "-"), ("[a", "[a"),
    ("[", "["),
    ("\\*", "*"), ("\\[a]", "[a]"), ("a\\", "a\\"), ("[\\]]", "]"), ("[\\a-\\c]", "b"), ("**a", "ba"),
    ("*a*b*", "xaxbx"),
    (".*", ".a"), ("*a*a*a", "aaaa"),
  ])
  func fits(pattern: String, name: String) {
    #expect(Glob(bytes(pattern)).matches(bytes(name)))
  }

  @Test(arguments: [
    ("", "a"), ("a", ""), ("?", ""), ("a*c", "abbb"), ("*.txt", "a.tx"), ("[a-c]", "d"), ("[!a-c]", "a"),
    ("[z-a]", "m"),
    ("A", "a"), ("\\*", "a"), ("*", ".a"), ("?a", ".a"), ("[.]a", ".a"), ("[!x]a", ".a"), ("abc", "ab"), ("[a]", ""),
  ])
  func doesNotFit(pattern: String, name: String) {
    #expect(!Glob(bytes(pattern)).matches(bytes(name)))
  }

  @Test func hiddenNamesCanBeWanted() {
    #expect(Glob(bytes("*"), matchesHidden: true).matches(bytes(".a")))
  }

  @Test func comparesBytes() {
    #expect(Glob([0xC3, 0x3F]).matches([0xC3, 0xA9]))
    #expect(Glob([0x5B, 0x80, 0x2D, 0xFF, 0x5D]).matches([0xA0]))
    #expect(!Glob([0x5B, 0x80, 0x2D, 0xFF, 0x5D]).matches([0x7F]))
  }

  @Test func isNotBlownUpByStars() {
    // A matcher that tries every `*` anew would need 2^100 steps here.
    let pattern = Array(repeating: bytes("a*"), count: 100).flatMap { $0 } + bytes("b")
    #expect(!Glob(pattern).matches([UInt8](repeating: 0x61, count: 255)))
  }

  @Test func agreesWithThePlainDefinition() {
    /// Matches by trying everything: slow and plainly right. Knows `*`, `?` and literals.
    func reference(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
      guard let first = pattern.first else { return name.isEmpty }
      let rest = pattern.dropFirst()
      if first == 0x2A {
        return reference(rest, name) || !name.isEmpty && reference(pattern, name.dropFirst())
      }
      guard let byte = name.first, first == 0x3F || first == byte else { return false }
      return reference(rest, name.dropFirst())
    }
    var random = FixedRandom(seed: 5)
    for _ in 0..<5000 {
      let pattern = (0..<Int.random(in: 0...7, using: &random)).map { _ in
        bytes("ab*?").randomElement(using: &random) ?? 0
      }
      let name = (0..<Int.random(in: 0...8, using: &random)).map { _ in bytes("ab").randomElement(using: &random) ?? 0 }
      #expect(
        Glob(pattern).matches(name) == reference(pattern[...], name[...]), "\(text(pattern)) against \(text(name))")
    }
  }

  @Test func tellsPatternsFromNames() {
    #expect(Glob.hasMagic(bytes("a*")))
    #expect(Glob.hasMagic(bytes("a[b")))
    #expect(!Glob.hasMagic(bytes("a b-c.txt")))
    #expect(Glob(bytes("a\\*b")).literalName == bytes("a*b"))
    #expect(Glob(bytes("a*b")).literalName == nil)
  }
}
