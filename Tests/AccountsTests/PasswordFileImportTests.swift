// PasswordFileImport: files of ProFTPD and Pure-FTPd told apart; what is taken over, skipped with a reason, or lost.

import TestSupport
import Testing

@testable import Accounts

@Suite struct PasswordFileImportTests {
  private func read(_ text: String) throws(UserTableError) -> UserImport {
    try UserImport(bytes(text), source: "passwd")
  }

  @Test func proftpd() throws {
    let text = """
      # AuthUserFile
      alice:\(Sample.sha256):1001:1001:Alice:/srv/alice:/bin/false
      bob:\(Sample.md5):1:1::/b:

      """
    let source = try read(text)
    #expect(source.format == .proftpd)
    #expect(
      source.users == [
        .init(name: bytes("alice"), hash: Sample.sha256, home: "/srv/alice", isReadOnly: false, line: 2),
        .init(name: bytes("bob"), hash: Sample.md5, home: "/b", isReadOnly: false, line: 3),
      ])
    #expect(source.skipped.isEmpty)
    #expect(source.warnings.count == 1)
    #expect(source.warnings.first?.message.contains("bob: weak hash kind md5-crypt") == true)
  }

  @Test func pureftpd() throws {
    let source = try read("joe:\(Sample.sha512):500:101::/home/joe/./::::::::::::\n")
    #expect(source.format == .pureftpd)
    #expect(source.users.map(\.home) == ["/home/joe"])
    #expect(source.warnings.isEmpty)
    #expect(source.skipped.isEmpty)
  }

  @Test func pureftpdLimits() throws {
    let line = "joe:\(Sample.sha512):500:101::/home/joe/./:1024:2048:::5:3:100:::10.0.0.0/8,192.168.0.1::900-1800\n"
    let source = try read(line)
    #expect(source.warnings.isEmpty)
    #expect(
      source.users.first?.options.texts == [
        "session-rate-up": "1024", "session-rate-down": "2048", "sessions": "5", "quota-files": "3", "quota": "100",
        "from": "10.0.0.0/8;192.168.0.1", "hours": "0900-1800",
      ])
  }

  @Test func pureftpdLosses() throws {
    let line =
      "joe:\(Sample.sha512):500:101::/home/joe/./:::1:5::::10.0.0.0/8::office.example.org:192.168.0.0/16:noon\n"
    let source = try read(line)
    let messages = source.warnings.map(\.message).joined(separator: "\n")
    for loss in [
      "ratio is not", "local addresses is not", "client addresses (office.example.org) is not",
      "list of refused client addresses is not", "times of day (noon) is not",
    ] {
      #expect(messages.contains(loss), "\(messages)")
    }
    #expect(source.users.first?.options.isEmpty == true)
  }

  @Test(arguments: [
    ("a::1:1::/a:", "empty"), ("a:x:1:1::/a:", "shadow"), ("a:hunter2:1:1::/a:", "clear text"),
    ("anonymous:\(Sample.md5):1:1::/a:", "anonymous"),
    (":\(Sample.md5):1:1::/a:", "name is empty"), ("a:\(Sample.md5):1:1::a:", "absolute"),
    ("a:\(Sample.md5):1:1::/../a:", "'..'"), ("a:\(Sample.md5)", "expected the 7 fields"),
    ("good:\(Sample.sha512):1:1::/a:", "already in line 1"),
  ])
  func skipped(line: String, reason: String) throws {
    let source = try read("good:\(Sample.sha512):1:1::/g:\ngood2:\(Sample.sha512):1:1::/g:\n\(line)\n")
    #expect(source.users.map(\.name) == [bytes("good"), bytes("good2")])
    let skip = try #require(source.skipped.first)
    #expect(source.skipped.count == 1)
    #expect(skip.line == 3)
    #expect(skip.message.contains(reason), "\(skip.message)")
    #expect(!skip.message.contains("hunter2"))
  }

  /// pure-pw makes argon2 hashes. All the rest of such a user is worth keeping.
  @Test(arguments: [
    ("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2g", "argon2", true), ("*", "locked", false),
    ("!\(Sample.sha512)", "locked", false), ("{SHA}xyz=", "LDAP", true), ("$6$cut", "damaged", true),
  ])
  func aUserWhosePasswordCannotBeUsedIsLocked(hash: String, reason: String, keeps: Bool) throws {
    let source = try read("a:\(hash):1:1::/a/./b::1024::::::::::\n")
    let user = try #require(source.users.first)
    #expect(user.hash == "*" && user.home == "/a/b" && user.options.texts["session-rate-down"] == "1024")
    let warning = source.warnings.first?.message ?? ""
    #expect(warning.contains(reason) && warning.contains("locked until `weftpd user password`"), "\(warning)")
    #expect(source.warnings.last?.message.contains("from /a on") == true)
    #expect(source.skipped.isEmpty)
    // Who has got a password since keeps it when the import is repeated, unless the user was locked over there.
    let directory = try TemporaryDirectory()
    let editor = UserTableEditor(path: try directory.file("users", "a:\(Sample.sha512):/old:ro\n"))
    _ = try editor.importUsers(source, replacing: true)
    let entry = try editor.entry(named: bytes("a"))
    #expect(entry.home == "/a/b" && entry.hash == (keeps ? Sample.sha512 : "*"))
  }

  @Test func neither() throws {
    let error = try #require(tableError { _ = try read("hello\nworld\n") })
    #expect(error.code == .malformed)
    #expect(error.description.contains("passwd:1:"))
    #expect(error.description.contains("ProFTPD"))
    #expect(error.description.contains("Pure-FTPd"))
    #expect(tableError { _ = try read("") }?.code == .malformed)
  }
}
