// Tests of what the shell is made of: words, the line that is edited, keys, history, completion's rules.

import FTPClient
import FTPProtocol
import LinuxSystem
import TestSupport
import Testing

@testable import weftp

@Suite struct ShellPartsTests {
  @Test(arguments: [
    ("ls", ["ls"]), ("  get  a b ", ["get", "a", "b"]), (#"get "a b" 'c d' e\ f"#, ["get", "a b", "c d", "e f"]),
    (#"get "a\"b\\c" 'x\y'"#, ["get", #"a"b\c"#, #"x\y"#]), ("", []), ("   ", []), ("# note", []),
    ("ls a#b # note", ["ls", "a#b"]), ("!ls -l | wc", ["!", "ls -l | wc"]), ("!", ["!", ""]), ("get ''", ["get", ""]),
    ("get ü", ["get", "ü"]),
  ])
  func linesBecomeWords(_ line: String, _ words: [String]) { #expect(ShellWords(line).texts == words) }

  @Test func theRestOfALine() {
    #expect(ShellWords("get a &").isBackground)
    #expect(ShellWords("get a & ").texts == ["get", "a"])
    #expect(!ShellWords("get a&b").isBackground)
    #expect(ShellWords("get 'a").openQuote == "'")
    #expect(ShellWords("get a").endsInWord)
    #expect(!ShellWords("get a ").endsInWord)
    #expect(ShellWords("get *.txt").words[1].isQuoted == false)
    #expect(ShellWords("get '*.txt'").words[1].isQuoted)
  }

  @Test(arguments: ["plain", "a b", "it's", #"a"b\c"#, "#x", "a&", "*?[x]", "ü"])
  func quotedNamesAreReadAgain(_ name: String) {
    #expect(ShellWords("get " + ShellWords.quoted(name)).texts == ["get", name])
    #expect(ShellWords("get \"" + ShellWords.quoted(name, within: "\"") + "\"").texts == ["get", name])
  }

  @Test func aLineIsEdited() {
    var line = LineBuffer("get abc.txt")
    line.cutWord()
    #expect(line.text == "get ")
    line.paste()
    #expect(line.text == "get abc.txt")
    line.moveToStart()
    line.moveWord(forward: true)
    line.insert("!")
    #expect(line.text == "get! abc.txt")
    line.deleteBefore()
    line.cutToEnd()
    #expect(line.text == "get")
    line.insert("e\u{301}")
    line.move(-1)
    line.deleteHere()
    #expect(line.text == "get")
    line.insert("ü日")
    #expect(TextWidth.of(line.text) == 6)
    line.cutToStart()
    #expect(line.text == "")
    line.deleteBefore()
    line.deleteHere()
    line.exchange()
    line.set("ab")
    line.exchange()
    #expect(line.text == "ba")
  }

  @Test func keysOfTerminals() {
    var bytes = Array("aü\r\t\u{7F}\u{1}\u{1B}[A\u{1B}[1;5C\u{1B}OH\u{1B}[3~\u{1B}b日".utf8)[...]
    var keys = KeyReader { bytes.popFirst() }
    var found: [Key] = []
    while let key = keys.next() { found.append(key) }
    let expected: [Key] = [
      .text("a"), .text("ü"), .enter, .tab, .backspace, .control("a"), .up, .alt("f"), .home, .delete, .alt("b"),
      .text("日"),
    ]
    #expect(found == expected)
  }

  @Test func passwordsStayOutOfTheHistory() throws {
    let place = try TemporaryDirectory()
    let path = place.path(of: "state/weftp/history")
    var history = History(path)
    for line in [
      "ls", "open ftp://bob:secret@host/", "open ftp://bob@host/a:b", "quote pass secret", "quote PASS x", "ls",
      "get 'x:y@z'", " hidden", "get ftps://a:b@[::1]/x", "open ftp://b:se%63ret@x", "get a", "get a",
    ] { history.add(line) }
    #expect(history.lines == ["ls", "open ftp://bob@host/a:b", "ls", "get 'x:y@z'", "get a"])
    #expect(History(path).lines == history.lines)
    #expect(try File.status(at: path).permissions == 0o600)
  }

  @Test func whichNamesAreLocal() {
    func areLocal(_ line: String) -> Bool {
      let words = ShellWords(line).words
      return Completer.namesAreLocal(words[0].text, Array(words.dropFirst()), "")
    }
    #expect(areLocal("put"))
    #expect(areLocal("lcd"))
    #expect(!areLocal("get"))
    #expect(areLocal("get x -o"))
    #expect(!areLocal("mirror"))
    #expect(areLocal("mirror x"))
    #expect(areLocal("mirror -R"))
    #expect(!areLocal("mirror -R x"))
  }

  @Test func whatSeveralWordsHaveInCommon() {
    #expect(LineEditor.commonPrefix(["abc", "abd"]) == "ab")
    #expect(LineEditor.commonPrefix(["abc"]) == "abc")
    #expect(LineEditor.commonPrefix(["x", "abc"]) == "")
    #expect(LineEditor.commonPrefix([]) == "")
  }

  @Test func pathsOfAShell() {
    func resolve(_ path: String) -> String { ShellState.resolve(Array(path.utf8), from: "/a/b").description }
    #expect(resolve("c") == "/a/b/c")
    #expect(resolve("../c") == "/a/c")
    #expect(resolve("../../../c") == "/c")
    #expect(resolve("/x/./y/") == "/x/y/")
    #expect(resolve(".") == "/a/b")
    #expect(resolve("..") == "/a")
    #expect(resolve("/") == "/")
  }

  @Test(arguments: [("4096", 4096), ("64k", 64_000), ("1.5M", 1_500_000), ("2G", 2_000_000_000)])
  func sizes(_ text: String, _ bytes: UInt64) { #expect(FilterArguments.bytes(text) == bytes) }

  @Test func times() {
    #expect(FilterArguments.time("1970-01-02", now: 0) == 86_400)
    #expect(FilterArguments.time("1970-01-01T01:01", now: 0) == 3660)
    #expect(FilterArguments.time("90m", now: 10_000) == 4600)
    for text in ["", "x", "1970", "12", "-5m", "1970-13-01"] { #expect(FilterArguments.time(text, now: 0) == nil) }
    for text in ["", "x", "-1", "k", "nan"] { #expect(FilterArguments.bytes(text) == nil) }
  }

  @Test func bookmarksAreNamesForPlaces() throws {
    let place = try TemporaryDirectory()
    var bookmarks = try Bookmarks(place.path(of: "c/bookmarks"))
    try bookmarks.add("work", "ftpes://bob@host/dir")
    try bookmarks.add("b", "ftp://x/")
    #expect(try Bookmarks(place.path(of: "c/bookmarks")).url("work")?.path == "dir")
    #expect(try bookmarks.remove("b"))
    #expect(try !bookmarks.remove("b"))
    for name in ["", "-a", "a b", "a:b", "ü", "a/b"] { #expect(!Bookmarks.isName(name)) }
  }
}
