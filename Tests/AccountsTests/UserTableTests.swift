// UserTable: what is read, and that every mistake is reported with its line and what was expected.

import Glibc
import TestSupport
import Testing

@testable import Accounts

@Suite struct UserTableTests {
  private func parse(_ text: String) throws(UserTableError) -> UserTable {
    try UserTable.parse(bytes(text), source: "users")
  }

  @Test func entries() throws {
    let table = try parse("# comment\n\n \t\nalice:\(Sample.yescrypt):/srv/a b:rw\nbob:*:/srv/bob:ro")
    #expect(table.entries.map(\.name) == [bytes("alice"), bytes("bob")])
    let alice = try #require(table.entry(named: bytes("alice")))
    #expect(alice.hash == Sample.yescrypt)
    #expect(alice.home == "/srv/a b")
    #expect(!alice.isReadOnly)
    #expect(alice.line == 4)
    let bob = try #require(table.entry(named: bytes("bob")))
    #expect(bob.isReadOnly && bob.isLocked)
    #expect(table.entry(named: bytes("Alice")) == nil)
    #expect(table.entry(named: bytes("alice ")) == nil)
    #expect(table.warnings.isEmpty)
  }

  @Test func namesAreComparedAsBytes() throws {
    let table = try parse("caf\u{E9}:*:/nfc:rw\ncafe\u{301}:*:/nfd:rw\n")
    #expect(table.entry(named: bytes("caf\u{E9}"))?.home == "/nfc")
    #expect(table.entry(named: bytes("cafe\u{301}"))?.home == "/nfd")
  }

  @Test func foreignLineEndsAndByteOrderMark() throws {
    let table = try parse("\u{FEFF}alice:*:/a:rw\r\n# c\r\n\r\nbob:*:/b:ro\r\n")
    #expect(table.entry(named: bytes("alice"))?.home == "/a")
    #expect(table.entry(named: bytes("bob"))?.isReadOnly == true)
  }

  @Test func emptyTable() throws { #expect(try parse("").entries.isEmpty) }

  @Test(arguments: [
    ("alice", "four fields"), ("alice:*:/a", "four fields"), ("a:*:/a:rw:x", "four fields"),
    (":*:/a:rw", "name is empty"), ("ftp:*:/a:rw", "anonymous login"), ("a\u{1B}:*:/a:rw", "control"),
    ("a::/a:rw", "password field is empty"), ("a:secret:/a:rw", "clear text"), ("a:x:/a:rw", "shadow"),
    ("a:$argon2id$v=19$m=65536,t=2,p=1$c29tZQ$aGFzaA:/a:rw", "argon2"), ("a:{SHA}abc=:/a:rw", "LDAP"),
    ("a:$zz$abc$def:/a:rw", "does not know"), ("a:\(Sample.sha512.dropLast()):/a:rw", "damaged"),
    ("a:*::rw", "home is empty"), ("a:*:srv:rw", "absolute path"), ("a:*:/a/../b:rw", "'..'"),
    ("a:*:/a:", "ro (read-only) or rw"), ("a:*:/a:rx", "unknown option 'rx'"), ("a:*:/a:rw,ro", "twice"),
    ("a:*:/a:rw,colour=5", "unknown option 'colour=5'"), ("a:*:/a:rw,", "unknown option ''"),
    ("a:*:/a:rw\nb:*:/b:rw\nb:*:/c:ro", "already in line"),
  ])
  func mistakes(text: String, expected: String) throws {
    let good = "# one\ngood:*:/g:rw\n"
    let error = try #require(tableError { _ = try parse(good + text + "\n") })
    #expect(error.code == .malformed)
    #expect(error.problems.count == 1)
    let lineCount = text.split(separator: "\n").count
    #expect(error.problems.first?.line == 2 + lineCount)
    #expect(error.description.hasPrefix("users:\(2 + lineCount): "))
    #expect(error.description.contains(expected), "\(error.description)")
  }

  @Test func allMistakesAtOnceWithoutPasswords() throws {
    let error = try #require(tableError { _ = try parse("a:hunter2:/a:rw\nb:*:/b:rw\nc\nd:*:d:rw\n") })
    #expect(error.problems.map(\.line) == [1, 3, 4])
    #expect(!error.description.contains("hunter2"))
    #expect(error.description.split(separator: "\n").count == 3)
  }

  @Test func notText() throws {
    let line = bytes("a:*:/") + [0xFF] + bytes(":rw\n")
    let error = try #require(tableError { _ = try UserTable.parse(line, source: "users") })
    #expect(error.description.contains("UTF-8"))
  }

  @Test func options() throws {
    let entry = try #require(try parse("a:*:/a:admin=yes,ro,account=y=z").entries.first)
    #expect(entry.options.isAdministrator)
    #expect(entry.options.accountText == bytes("y=z"))
    #expect(entry.permissions == .readOnly)
    #expect(try parse("a:*:/a:rw").entries.first?.permissions == .readAndWrite)
    let error = try #require(tableError { _ = try parse("a:*:/a:ro,admin=yes,admin=no") })
    #expect(error.description.contains("'admin' is given twice"))
  }

  @Test func weakHashesAreNamed() throws {
    let table = try parse("a:\(Sample.md5):/a:rw\nb:\(Sample.yescrypt):/b:rw\n")
    #expect(table.warnings.count == 1)
    #expect(table.warnings.first?.contains("users:1: a: weak hash kind md5-crypt") == true)
  }

  @Test func loading() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("users", "a:*:/a:rw\n")
    #expect(try UserTable.load(path: path).entries.count == 1)
    #expect(try UserTable.load(path: path).warnings.isEmpty)
    chmod(path, 0o640)
    #expect(try UserTable.load(path: path).warnings.isEmpty)
    chmod(path, 0o644)
    #expect(try UserTable.load(path: path).warnings.first?.contains("chmod 600") == true)
    chmod(path, 0o602)
    #expect(tableError { _ = try UserTable.load(path: path) }?.code == .unsafeFile)
    #expect(tableError { _ = try UserTable.load(path: path + "x") }?.code == .missingFile)
    #expect(tableError { _ = try UserTable.load(path: directory.path) }?.code == .unsafeFile)
  }
}
