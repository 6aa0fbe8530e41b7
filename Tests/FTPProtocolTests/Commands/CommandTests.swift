// Tests of Command: where the name ends, and that the argument keeps every blank.

import FTPProtocol
import Testing

@Suite struct CommandTests {
  private func command(_ line: String) -> Command? { bytes(line).withUnsafeBytes { Command(line: $0) } }

  @Test(arguments: [
    ("NOOP", "NOOP", ""), ("NOOP ", "NOOP", ""), ("RETR a", "RETR", "a"), ("RETR  a", "RETR", " a"),
    ("RETR a ", "RETR", "a "), ("RETR a b", "RETR", "a b"), ("ABCDEFGH x", "ABCDEFGH", "x"),
    ("retr \t", "RETR", "\t"),
  ])
  func splitsAtTheFirstSpace(line: String, verb: String, argument: String) {
    #expect(command(line)?.verb.description == verb)
    #expect(command(line).map { text($0.argument) } == argument)
  }

  @Test(arguments: ["", " ", " NOOP", "NOOP\t", "ABCDEFGHI x", "ABCDEFGHI", "NO-OP", "\u{E9}", "A\rB"])
  func refusesWhatIsNoVerb(line: String) {
    #expect(command(line) == nil)
  }

  @Test func readsASubcommand() {
    let site = command("SITE chmod 644 a b")
    #expect(site?.subcommand == Command(verb: "CHMOD", argument: bytes("644 a b")))
    #expect(command("SITE")?.subcommand == nil)
    #expect(command("OPTS UTF-8 ON")?.subcommand == nil)
  }
}
