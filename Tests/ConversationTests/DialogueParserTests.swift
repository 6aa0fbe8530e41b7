// The dialogue parser itself: a misread dialogue would test nothing, so the format has tests of its own.

import TestSupport
import Testing

@Suite struct DialogueParserTests {
  @Test func wordsKnowQuotesEscapesAndRepetition() throws {
    #expect(try Words.split(#"a "b c" \xFF "x"*3"#) == [bytes("a"), bytes("b c"), [0xFF], bytes("xxx")])
    #expect(try Words.unescape(#"\r\n\0\\"#) == [13, 10, 0, 0x5C])
    #expect(try Words.time("19700102000001") == 86401)
    #expect(throws: TestFailure.self) { try Words.split("\"open") }
    #expect(throws: TestFailure.self) { try Words.unescape("\\q") }
  }

  @Test(arguments: [
    "C: NOOP", "# t\nS: 20", "# t\nQ: x", "# t\nS: 211-a\nC: NOOP", "# t\nC: x\nfile: a", "# t\nD: dance", "# t\n",
  ])
  func whatIsNotUnderstoodIsAnError(_ text: String) {
    #expect(throws: TestFailure.self) { try DialogueParser.parse(bytes(text)) }
  }

  @Test func splitMarksCutALine() throws {
    let dialogue = try DialogueParser.parse(bytes("# t\nC: NO\\|OP\\\\|"))
    guard case .send(let pieces) = dialogue.steps[0].action else { return #expect(Bool(false)) }
    #expect(pieces == [bytes("NO"), bytes("OP\\|\r\n")])
  }

  @Test(arguments: [
    ("200", "200 Fine.", true), ("2xx", "213 5", true), ("200|202", "202 x", true), ("200", "201 x", false),
    ("213 5", "213 5", true), ("213 5", "213 50", false), ("213 /^[0-9]+$/", "213 50", true),
    ("213 /^[0-9]+$/", "213 50 bytes", false), ("213", "213-a\n213 b", true), ("213 b", "213-a\n213 b", false),
  ])
  func repliesAreCompared(_ pattern: String, _ reply: String, _ isMatch: Bool) throws {
    let dialogue = try DialogueParser.parse(bytes("# t\nS: " + pattern))
    #expect(try mismatch(dialogue, reply) == isMatch)
  }

  @Test(arguments: [
    ("S: 211-A\nS:  B\nS: 211 End", true), ("S: 211-A\nS: 211 End", false), ("S: 211-A\nS: ...\nS: 211 End", true),
    ("S: 211-\nS: / B/\nS: 211", true), ("S: 211-\nS: ...\nS:  B\nS: ...\nS: 211", true),
    ("S: 211-B\nS: ...\nS: 211", false),
  ])
  func blocksAreCompared(_ pattern: String, _ isMatch: Bool) throws {
    let dialogue = try DialogueParser.parse(bytes("# t\n" + pattern))
    #expect(try mismatch(dialogue, "211-A\n B\n211 End") == isMatch)
  }

  @Test func namedGroupsBecomeVariables() throws {
    var variables: [String: [UInt8]] = [:]
    #expect(try TextPattern.expression("FILE: (?<name>.+)$").isFound(in: bytes("FILE: a b"), &variables))
    #expect(substitute(bytes("RETR {name}{x}"), variables) == bytes("RETR a b{x}"))
  }

  private func mismatch(_ dialogue: Dialogue, _ reply: String) throws -> Bool {
    guard case .reply(let pattern) = dialogue.steps[0].action else { throw TestFailure("no reply") }
    let lines = reply.split(separator: "\n").map { bytes(String($0)) }
    let code = Int(reply.prefix(3)) ?? 0
    var variables: [String: [UInt8]] = [:]
    return try pattern.mismatch(FTPReply(code: code, lines: lines), &variables) == nil
  }
}
