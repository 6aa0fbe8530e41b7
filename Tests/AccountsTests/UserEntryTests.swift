// UserEntry: which names and homes a table may hold, and how an entry is written.

import Testing

@testable import Accounts

@Suite struct UserEntryTests {
  @Test(arguments: ["alice", "../x", "%s", "'", "Zoë", "a b", "user@example.org", "-x"])
  func goodNames(name: String) { #expect(UserEntry.problem(ofName: bytes(name)) == nil) }

  @Test(arguments: [
    ("", "empty"), ("a:b", "colon"), ("a\rb", "control"), ("a\nb", "control"), ("a\0", "control"),
    ("\u{7F}", "control"), ("a\u{85}", "control"), ("#a", "comment"), (" a", "blank"), ("anonymous ", "blank"),
    ("anonymous", "anonymous"), ("FTP", "anonymous"), (String(repeating: "a", count: 256), "longer"),
  ])
  func badNames(name: String, reason: String) throws {
    let problem = try #require(UserEntry.problem(ofName: bytes(name)))
    #expect(problem.contains(reason))
  }

  @Test func namesAreBytes() { #expect(UserEntry.problem(ofName: [0xFF, 0xFE]) == nil) }

  @Test(arguments: [
    ("", "empty"), ("srv", "absolute"), ("/a:b", "colon"), ("/a\nb", "control"), ("/a/../b", ".."),
    ("/" + String(repeating: "a", count: 4095), "longer"),
  ])
  func badHomes(home: String, reason: String) throws {
    let problem = try #require(UserEntry.problem(ofHome: home))
    #expect(problem.contains(reason))
  }

  @Test func goodHomes() {
    #expect(UserEntry.problem(ofHome: "/") == nil)
    #expect(UserEntry.problem(ofHome: "/srv/a b/..c") == nil)
  }

  @Test func serialized() throws {
    let options = try AccountOptions(["tls": "required", "account": "b"])
    let entry = UserEntry(name: bytes("a"), hash: "*", home: "/h", permissions: .readAndWrite, options: options)
    #expect(entry.serialized == bytes("a:*:/h:rw,account=b,tls=required"))
  }
}
