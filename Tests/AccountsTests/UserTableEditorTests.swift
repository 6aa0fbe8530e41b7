// UserTableEditor: every edit keeps the rest of the file, broken tables are left alone, no edit is lost.

import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Accounts

@Suite struct UserTableEditorTests {
  private let directory: TemporaryDirectory
  private let editor: UserTableEditor

  init() throws {
    directory = try TemporaryDirectory()
    editor = UserTableEditor(path: try directory.file("users"))
  }

  @Test func addMakesTheTable() throws {
    let warnings = try editor.add(name: bytes("a"), hash: Sample.yescrypt, home: "/tmp", isReadOnly: false)
    #expect(warnings.isEmpty)
    #expect(try directory.content("users") == "a:\(Sample.yescrypt):/tmp:rw\n")
    #expect(try TableFile.read(path: editor.path).mode == 0o600)
  }

  @Test func editsKeepTheRest() throws {
    _ = try directory.file("users", "# head\n\na:*:/a:rw\n#mid\nb:*:/b:ro\n# tail", mode: 0o640)
    try editor.add(name: bytes("c"), hash: "*", home: "/c", isReadOnly: true)
    #expect(try directory.content("users") == "# head\n\na:*:/a:rw\n#mid\nb:*:/b:ro\n# tail\nc:*:/c:ro\n")
    try editor.changePassword(of: bytes("b"), hash: Sample.bcrypt)
    try editor.remove(bytes("a"))
    #expect(try directory.content("users") == "# head\n\n#mid\nb:\(Sample.bcrypt):/b:ro\n# tail\nc:*:/c:ro\n")
    #expect(try TableFile.read(path: editor.path).mode == 0o640)
  }

  @Test func carriageReturnsStay() throws {
    _ = try directory.file("users", "a:*:/a:rw\r\n")
    try editor.add(name: bytes("b"), hash: "*", home: "/b", isReadOnly: true)
    try editor.changePassword(of: bytes("a"), hash: "!")
    #expect(try directory.content("users") == "a:!:/a:rw\r\nb:*:/b:ro\r\n")
  }

  @Test func replacingKeepsTheRest() throws {
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    _ = try directory.file("users", "a:*:/a:ro,tls=required,totp=\(secret)\n")
    try editor.add(name: bytes("a"), hash: Sample.yescrypt, home: "/tmp", replacing: true)
    #expect(try directory.content("users") == "a:\(Sample.yescrypt):/tmp:ro,tls=required,totp=\(secret)\n")
    try editor.add(name: bytes("a"), hash: "*", home: "/b", isReadOnly: false, replacing: true)
    #expect(try directory.content("users") == "a:*:/b:rw,tls=required,totp=\(secret)\n")
  }

  @Test func existingUsers() throws {
    try editor.add(name: bytes("a"), hash: "*", home: "/a", isReadOnly: false)
    let error = tableError { try editor.add(name: bytes("a"), hash: "*", home: "/b", isReadOnly: false) }
    #expect(error?.code == .userExists)
    #expect(tableError { try editor.checkAdd(name: bytes("a"), home: "/b") }?.code == .userExists)
    try editor.checkAdd(name: bytes("a"), home: "/b", replacing: true)
    try editor.add(name: bytes("a"), hash: "*", home: "/b", isReadOnly: true, replacing: true)
    #expect(try directory.content("users") == "a:*:/b:ro\n")
  }

  @Test func unknownUsers() throws {
    try editor.add(name: bytes("a"), hash: "*", home: "/a", isReadOnly: false)
    #expect(tableError { try editor.remove(bytes("A")) }?.code == .unknownUser)
    #expect(tableError { try editor.changePassword(of: bytes("b"), hash: "*") }?.code == .unknownUser)
    #expect(tableError { _ = try editor.entry(named: bytes("b")) }?.code == .unknownUser)
    #expect(try editor.entry(named: bytes("a")).home == "/a")
  }

  @Test(arguments: [
    ("a:b", "*", "/a"), ("ftp", "*", "/a"), ("a", "", "/a"), ("a", "plain", "/a"), ("a", "*\nb:*:/:rw", "/a"),
    ("a", "!x:y", "/a"), ("a", "*", "a"), ("a", "*", "/a\nb"), ("a", "*", "/a:rw"),
  ])
  func invalidEntries(name: String, hash: String, home: String) throws {
    let error = tableError { try editor.add(name: bytes(name), hash: hash, home: home, isReadOnly: false) }
    #expect(error?.code == .invalidEntry)
    #expect(try directory.names().isEmpty)  // not even an empty table
  }

  @Test func brokenTablesAreLeftAlone() throws {
    let broken = "a:*:/a:rw\nbroken\n"
    _ = try directory.file("users", broken)
    let edits: [() throws -> Void] = [
      { try editor.add(name: bytes("b"), hash: "*", home: "/b", isReadOnly: false) },
      { try editor.changePassword(of: bytes("a"), hash: "!") },
      { try editor.remove(bytes("a")) },
    ]
    for edit in edits { #expect(tableError(edit)?.code == .malformed) }
    #expect(try directory.content("users") == broken)
  }

  @Test func missingTable() throws {
    #expect(tableError { try editor.remove(bytes("a")) }?.code == .missingFile)
    #expect(tableError { try editor.changePassword(of: bytes("a"), hash: "*") }?.code == .missingFile)
    #expect(try directory.names().isEmpty)
  }

  @Test func warnings() throws {
    let warnings = try editor.add(
      name: bytes("caf\u{E9}"), hash: Sample.des, home: directory.path + "/no", isReadOnly: false)
    #expect(warnings.contains { $0.contains("weak hash kind des") })
    #expect(warnings.contains { $0.contains("not a directory") })
    let twin = try editor.add(name: bytes("cafe\u{301}"), hash: "*", home: "/tmp", isReadOnly: false)
    #expect(twin.contains { $0.contains("looks like") })
    #expect(try editor.load().entries.count == 2)
    let changed = try editor.changePassword(of: bytes("cafe\u{301}"), hash: Sample.md5)
    #expect(changed.contains { $0.contains("md5-crypt") })
  }

  @Test func concurrentEditsLoseNothing() async throws {
    let editor = editor
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<40 {
        group.addTask {
          do {
            try editor.add(name: bytes("u\(number)"), hash: "*", home: "/h", isReadOnly: false)
            if number % 2 == 0 { try editor.remove(bytes("u\(number)")) }
          } catch {
            Issue.record(error)
          }
        }
      }
    }
    let names = try editor.load().entries.map { String(decoding: $0.name, as: UTF8.self) }
    #expect(names.sorted() == (0..<40).filter { $0 % 2 == 1 }.map { "u\($0)" }.sorted())
    #expect(try directory.names() == ["users"])
  }

  @Test func imports() throws {
    _ = try directory.file("users", "# mine\na:*:/mine:rw\n")
    let file = "a:\(Sample.md5):1:1::/a:/bin/sh\nb:\(Sample.sha512):1:1::/b:/bin/sh\n"
    let source = try UserImport(bytes(file), source: "passwd")
    let report = try editor.importUsers(source, readOnly: true)
    #expect(report == .init(added: [bytes("b")], replaced: [], kept: [bytes("a")]))
    #expect(try directory.content("users") == "# mine\na:*:/mine:rw\nb:\(Sample.sha512):/b:ro\n")
    let again = try editor.importUsers(source, replacing: true)
    #expect(again == .init(added: [], replaced: [bytes("a"), bytes("b")], kept: []))
    #expect(try directory.content("users") == "# mine\na:\(Sample.md5):/a:rw\nb:\(Sample.sha512):/b:rw\n")
  }
}
