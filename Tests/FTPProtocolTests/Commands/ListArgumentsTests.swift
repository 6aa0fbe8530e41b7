// Tests of ListArguments: what the clients of the world write after LIST.

import FTPProtocol
import Testing

@Suite struct ListArgumentsTests {
  @Test(
    arguments: [
      ("", [], nil), ("-", [], "-"), ("-l", .long, nil), ("-la", [.long, .all], nil), ("-al ", [.all, .long], nil),
      ("-a -l x", [.all, .long], "x"), ("-aL", .all, nil), ("-alF", [.all, .long], nil),
      ("-lR dir", [.long, .recursive], "dir"),
      ("-1tr", [.onePerLine, .byTime, .reversed], nil), ("a b", [], "a b"), ("-l a  b ", .long, "a  b "),
      ("-l  a", .long, " a"), (" -l", [], " -l"), ("./-l", [], "./-l"), ("-- -l", [], "-l"),
      ("-a -- -l b", .all, "-l b"),
      ("--", [], nil), ("-- ", [], nil), ("a -l", [], "a -l"), ("-l -", .long, "-"), ("-\u{FC}", [], nil),
    ] as [(String, ListArguments.Options, String?)])
  func reads(argument: String, options: ListArguments.Options, path: String?) {
    let parsed = ListArguments.parse(bytes(argument))
    #expect(parsed.options == options)
    #expect(parsed.path.map { text($0) } == path)
  }
}
