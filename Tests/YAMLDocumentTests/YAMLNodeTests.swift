// Tests the tree made of a YAML document: lines, quotes, aliases, and what is refused.

import Testing

@testable import YAMLDocument

@Suite struct YAMLNodeTests {
  private func node(_ text: String) throws -> YAMLNode? { try YAMLNode.document(in: Array(text.utf8)) }

  private func error(_ text: String) -> YAMLError? {
    do throws(YAMLError) {
      _ = try YAMLNode.document(in: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  /// `{a: [1, '2']}`, for comparing.
  private func shown(_ node: YAMLNode?) -> String {
    switch node?.content {
    case nil: "nothing"
    case .scalar(let text, let isPlain): isPlain ? text : "'\(text)'"
    case .sequence(let items): "[" + items.map(shown).joined(separator: ", ") + "]"
    case .mapping(let pairs): "{" + pairs.map { "\(shown($0.key)): \(shown($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  @Test(arguments: [
    ("", "nothing"), ("# only a comment\n", "nothing"), ("---\n...\n", ""),
    ("a: 1\nb: [x, \"y: z\"]\n", "{a: 1, b: [x, 'y: z']}"),
    ("a:\n  - 'it''s'\n  - |\n    two\n    lines\n", "{a: ['it's', 'two\nlines\n']}"), ("a: 1\na: 2\n", "{a: 1, a: 2}"),
    ("\u{FEFF}a: ü\n", "{a: ü}"), ("a: &x [1]\nb: *x\n", "{a: [1], b: [1]}"), ("? [k]\n: v\n", "{[k]: v}"),
    ("a: \"\\u00e9\\n\"\n", "{a: 'é\n'}"),
  ])
  func documents(_ text: String, _ tree: String) throws { #expect(shown(try node(text)) == tree) }

  @Test func everyNodeKnowsItsLine() throws {
    guard case .mapping(let pairs)? = try node("# c\na: 1\n\nb:\n  c:\n    - x\n    - y\n")?.content,
      case .mapping(let inner)? = pairs.last?.value.content, case .sequence(let items)? = inner.first?.value.content
    else {
      Issue.record("another tree")
      return
    }
    #expect(pairs.map(\.key.line) == [2, 4])
    #expect(inner.map(\.key.line) == [5])
    #expect(items.map(\.line) == [6, 7])
  }

  @Test func whatIsRefusedNamesItsLine() {
    #expect(error("a: 1\nb: c: d\n")?.line == 2)
    #expect(error("a: 1\nb: *gone\n") == YAMLError(line: 2, reason: "*gone stands for nothing above it"))
    #expect(error("a: &a [*a]\n")?.reason == "*a stands for nothing above it")
    #expect(error("a: 1\n---\nb: 2\n") == YAMLError(line: 2, reason: "there is more than one document"))
    #expect(error("a: 1\nb: \u{1}\n")?.line == 2)
    #expect(error("a: [1\nb: 2\n") != nil)
  }

  @Test func depthIsBounded() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(error(deep)?.reason == "it is nested too deeply")
    #expect(error(String(repeating: "[", count: 30) + String(repeating: "]", count: 30)) == nil)
  }
}
