// Tests that a change of one pair leaves every other byte of a document as it is.

import Testing

@testable import YAMLDocument

@Suite struct YAMLEditorTests {
  private func edited(
    _ text: String, at path: [String], _ change: (inout YAMLMappingChange, YAMLNode) -> Void
  ) throws -> String {
    var editor = try YAMLEditor(Array(text.utf8))
    var node = try #require(editor.root)
    var key: YAMLNode?
    for name in path {
      let pair = try #require(node.pairs?.first { $0.key.text == name })
      (key, node) = (pair.key, pair.value)
    }
    var mapping = YAMLMappingChange()
    change(&mapping, node)
    try editor.change(node, of: key, mapping)
    return String(decoding: editor.changed, as: UTF8.self)
  }

  private func place(_ name: String, _ node: YAMLNode) -> Int {
    node.pairs?.firstIndex { $0.key.text == name } ?? -1
  }

  private let text = """
    # head
    users:
      # about a
      a:   # beside a
        x: 1   # beside x
        y: |
          two
          lines

        # about z
        z:
          - q
          # inside
          - r

      # about b
      b: {x: 1, y: [2, 3], z: 4}  # beside b

    # foot

    """

  @Test func aValueInItsLine() throws {
    let result = try edited(text, at: ["users", "a"]) { $0.replaced = [(place("x", $1), .scalar("new one"))] }
    #expect(result == text.replacing("x: 1   #", with: "x: new one   #"))
  }

  @Test func severalLinesBecomeOne() throws {
    let result = try edited(text, at: ["users", "a"]) { $0.replaced = [(place("y", $1), .scalar("one"))] }
    #expect(result == text.replacing("y: |\n      two\n      lines\n", with: "y: one\n"))
    let list = try edited(text, at: ["users", "a"]) { $0.replaced = [(place("z", $1), .list(["s", "t"]))] }
    #expect(list == text.replacing("z:\n      - q\n      # inside\n      - r\n", with: "z: [s, t]\n"))
  }

  @Test func oneLineBecomesSeveral() throws {
    let result = try edited("a:\n  x: 1\n  y: 2\n", at: ["a"]) {
      $0.replaced = [(place("x", $1), .mapping([YAMLPair("k", .scalar("v"))]))]
    }
    #expect(result == "a:\n  x:\n    k: v\n  y: 2\n")
  }

  @Test func pairsGoWithTheirLines() throws {
    let gone = try edited(text, at: ["users", "a"]) { $0.removed = [place("y", $1), place("z", $1)] }
    #expect(
      gone
        == text.replacing("    y: |\n      two\n      lines\n", with: "")
        .replacing("    z:\n      - q\n      # inside\n      - r\n", with: ""))
    let user = try edited(text, at: ["users"]) { $0.removed = [place("a", $1)] }
    #expect(user.hasPrefix("# head\nusers:\n  # about a\n\n  # about b\n  b: {"))
  }

  @Test func additionsComeLast() throws {
    let option = try edited(text, at: ["users", "a"]) { change, _ in change.added = [YAMLPair("w", .list(["1", "2"]))] }
    #expect(option == text.replacing("      - r\n", with: "      - r\n    w: [1, 2]\n"))
    let user = try edited(text, at: ["users"]) { change, _ in
      change.added = [YAMLPair("c", .mapping([YAMLPair("x", .scalar("9"))]))]
    }
    #expect(user == text.replacing("# beside b\n", with: "# beside b\n  c:\n    x: 9\n"))
  }

  @Test func keysAreRenamed() throws {
    let result = try edited(text, at: ["users"]) { $0.renamed = [(place("a", $1), "a b: c")] }
    #expect(result == text.replacing("  a:   #", with: "  'a b: c':   #"))
  }

  @Test func bracesStayInTheirLine() throws {
    func flow(_ change: (inout YAMLMappingChange, YAMLNode) -> Void) throws -> String {
      let line = try edited(text, at: ["users", "b"], change).split(separator: "\n").first { $0.contains("beside b") }
      return String(try #require(line))
    }
    #expect(try flow { $0.removed = [place("x", $1)] } == "  b: {y: [2, 3], z: 4}  # beside b")
    #expect(try flow { $0.removed = [place("z", $1)] } == "  b: {x: 1, y: [2, 3]}  # beside b")
    #expect(try flow { $0.removed = [place("y", $1), place("z", $1)] } == "  b: {x: 1}  # beside b")
    #expect(try flow { change, _ in change.removed = [0, 1, 2] } == "  b: {}  # beside b")
    #expect(
      try flow { change, _ in
        change.removed = [0, 1, 2]
        change.added = [YAMLPair("n", .scalar("1"))]
      } == "  b: {n: 1}  # beside b")
    #expect(
      try flow {
        $0.replaced = [(place("y", $1), .scalar("a, b"))]
        $0.added = [YAMLPair("n", .list(["1", "2"]))]
        $0.removed = [place("z", $1)]
      } == "  b: {x: 1, y: 'a, b', n: [1, 2]}  # beside b")
  }

  @Test(arguments: ["users:\ngroups: 1\n", "users: ~\ngroups: 1\n", "users: {}\ngroups: 1\n"])
  func whatIsEmptyIsFilled(text: String) throws {
    let result = try edited(text, at: ["users"]) { change, _ in
      change.added = [YAMLPair("a", .mapping([YAMLPair("x", .scalar("1"))]))]
    }
    let root = try YAMLNode.document(in: Array(result.utf8))
    #expect(root?["users"]?["a"]?["x"]?.text == "1", "\(result)")
    #expect(root?["groups"]?.text == "1")
  }

  @Test func sectionsAreAppended() throws {
    for (text, expected) in [("", "u: 1\n"), ("# c\n", "# c\nu: 1\n"), ("a: 1", "a: 1\nu: 1\n")] {
      var editor = try YAMLEditor(Array(text.utf8))
      editor.append(YAMLPair("u", .scalar("1")))
      #expect(String(decoding: editor.changed, as: UTF8.self) == expected)
    }
  }

  @Test func lineEndsAndCharactersOfSeveralBytes() throws {
    let text = "\u{FEFF}users:\r\n  é: {ü: ö, x: 1} # ä\r\n  b:\r\n    x: 1"
    let flow = try edited(text, at: ["users", "é"]) { $0.replaced = [(place("x", $1), .scalar("2"))] }
    #expect(flow == text.replacing("ö, x: 1", with: "ö, x: 2"))
    let block = try edited(text, at: ["users", "b"]) { change, _ in change.added = [YAMLPair("y", .scalar("2"))] }
    #expect(block == text + "\r\n    y: 2\r\n")
  }

  @Test func whatCannotBeEditedSaysSo() {
    #expect(throws: YAMLEditError.self) {
      _ = try edited("a: &x {b: 1}\nc: *x\n", at: ["c"]) { change, _ in change.added = [YAMLPair("y", .scalar("2"))] }
    }
    #expect(throws: YAMLEditError.self) {
      _ = try edited("? a\n: b: 1\n  c: 2\n", at: ["a"]) { change, _ in change.removed = [0] }
    }
  }
}
