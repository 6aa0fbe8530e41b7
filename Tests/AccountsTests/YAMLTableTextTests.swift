// YAMLTableText: every edit of a YAML table changes what it names, keeps the rest byte for byte, and refuses what it cannot do.

import Glibc
import TestSupport
import Testing

@testable import Accounts

@Suite struct YAMLTableTextTests {
  private let directory: TemporaryDirectory
  private let editor: UserTableEditor
  private static let text = """
    # Our users.
    groups:
      staff:  # all of us
        home: /srv/%u
        access: ro
    users:
      # The boss.
      a:
        password: '*'   # locked
        home: /a
        access: rw
        tls: required   # since 2020
        permissions:
          # uploads
          - /in: [list, write]
          - /: ro

      b: {password: '*', groups: [staff]}  # no home

    """

  init() throws {
    directory = try TemporaryDirectory()
    editor = UserTableEditor(path: try directory.file("users.yaml", Self.text, mode: 0o640))
  }

  private func content() throws -> String { try directory.content("users.yaml") }

  @Test func addMakesTheTable() throws {
    let editor = UserTableEditor(path: try directory.file("new.yaml"))
    try editor.add(name: bytes("a"), hash: Sample.yescrypt, home: "/tmp", isReadOnly: true)
    #expect(
      try directory.content("new.yaml")
        == "users:\n  a:\n    password: \(Sample.yescrypt)\n    home: /tmp\n    access: ro\n")
    #expect(try TableFile.read(path: editor.path).mode == 0o600)
  }

  @Test func editsKeepTheRest() throws {
    try editor.add(name: bytes("c"), hash: "*", home: "/c c", isReadOnly: false)
    var expected = Self.text + "  c:\n    password: '*'\n    home: /c c\n    access: rw\n"
    #expect(try content() == expected)
    try editor.changePassword(of: bytes("a"), hash: Sample.bcrypt)
    expected = expected.replacing("'*'   # locked", with: "\(Sample.bcrypt)   # locked")
    #expect(try content() == expected)
    try editor.changePassword(of: bytes("b"), hash: "!")
    expected = expected.replacing("b: {password: '*'", with: "b: {password: '!'")
    #expect(try content() == expected)
    try editor.remove(bytes("c"))
    #expect(try content() == expected.replacing("  c:\n    password: '*'\n    home: /c c\n    access: rw\n", with: ""))
    #expect(try TableFile.read(path: editor.path).mode == 0o640)
  }

  @Test func changesOfSingleParts() throws {
    let changes = try editor.update(
      bytes("a"),
      set: [
        ("access", "ro"), ("groups", "staff"), ("from", "192.0.2.1;2001:db8::/32"), ("welcome", "Hello, you: there"),
      ],
      unset: ["permissions"])
    #expect(changes.map(\.key) == ["access", "groups", "from", "permissions", "welcome"])
    #expect(
      try content()
        == Self.text.replacing("access: rw", with: "access: ro").replacing(
          """
              permissions:
                # uploads
                - /in: [list, write]
                - /: ro

          """,
          with: """
                groups: [staff]
                from: [192.0.2.1, '2001:db8::/32']
                welcome: 'Hello, you: there'

            """))
    #expect(try editor.entry(named: bytes("a")).home == "/a")
    _ = try editor.update(bytes("a"), unset: ["groups", "from", "welcome", "tls"])
    #expect(try editor.entry(named: bytes("a")).ownOptions.isEmpty)
    #expect(try editor.entry(named: bytes("a")).groups.isEmpty)
  }

  @Test func whatGroupsGiveIsNotWritten() throws {
    _ = try editor.updateGroup("staff", set: [("tls", "required"), ("sessions", "3")])
    _ = try editor.update(bytes("b"), set: [("umask", "027")])
    let line = try content().split(separator: "\n").first { $0.hasPrefix("  b:") }
    #expect(line == "  b: {password: '*', groups: [staff], umask: 027}  # no home")
    let changes = try editor.update(bytes("b"), unset: ["umask", "tls"])
    #expect(changes.map(\.key) == ["umask"])
    #expect(try content().contains("  b: {password: '*', groups: [staff]}  # no home\n"))
  }

  @Test func mistakesChangeNothing() throws {
    let edits: [() throws -> Void] = [
      { _ = try editor.update(bytes("a"), set: [("groups", "stuff")]) },
      { _ = try editor.update(bytes("a"), set: [("group-sessions", "5")]) },
      { _ = try editor.update(bytes("a"), set: [("welcome", "a\u{1B}b")]) },
      { _ = try editor.update(bytes("b"), unset: ["groups"]) }, { try editor.rename(bytes("a"), to: [0xE9]) },
      { try editor.add(name: [0xE9], hash: "*", home: "/e") },
    ]
    for edit in edits { #expect(tableError(edit)?.code == .invalidEntry) }
    let near = tableError { _ = try editor.update(bytes("a"), set: [("groups", "stuff")]) }
    #expect(near?.description.contains("did you mean staff?") == true)
    #expect(try content() == Self.text)
  }

  @Test func renaming() throws {
    try editor.rename(bytes("a"), to: bytes("the boss"))
    #expect(try content() == Self.text.replacing("  a:\n", with: "  the boss:\n"))
    #expect(tableError { try editor.rename(bytes("b"), to: bytes("the boss")) }?.code == .userExists)
    try editor.rename(bytes("b"), to: bytes("*"))
    #expect(try content().contains("  '*': {password: '*', groups: [staff]}  # no home\n"))
  }

  @Test func anchorsAreNotTornAway() throws {
    let text = "users:\n  a: &a\n    password: '*'\n    home: /a\n    access: rw\n  b: *a\n"
    _ = try directory.file("users.yaml", text, mode: 0o600)
    #expect(tableError { try editor.remove(bytes("a")) }?.code == .invalidEntry)
    #expect(tableError { try editor.changePassword(of: bytes("b"), hash: "!") }?.code == .invalidEntry)
    let error = tableError { _ = try editor.update(bytes("a"), set: [("home", "/x")]) }
    #expect(error?.description.contains("b would change, too") == true, "\(error?.description ?? "")")
    #expect(try content() == text)
    try editor.remove(bytes("b"))
    #expect(try content() == text.replacing("  b: *a\n", with: ""))
  }

  @Test func brokenTablesAreLeftAlone() throws {
    _ = try directory.file("users.yaml", Self.text + "nonsense: 1\n")
    #expect(tableError { try editor.remove(bytes("a")) }?.code == .malformed)
    #expect(try content() == Self.text + "nonsense: 1\n")
  }

  @Test(arguments: UserAttribute.ofUsers.map(\.key))
  func everyOptionIsSetAndTakenAway(key: String) throws {
    let text = try #require(AccountOptionsTests.good.first { $0.key == key }?.text)
    for user in ["a", "b"] {
      let before = try content()
      if user == "a", ["tls", "permissions"].contains(key) { continue }
      #expect(try editor.update(bytes(user), set: [(key, text)]).map(\.key) == [key])
      #expect(try editor.entry(named: bytes(user)).ownOptions.texts[key] == text)
      #expect(try editor.update(bytes(user), set: [(key, text)]).isEmpty)
      _ = try editor.update(bytes(user), unset: [key])
      #expect(try content() == before)
    }
  }

  @Test func concurrentEditsLoseNothing() async throws {
    let editor = editor
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<24 {
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
    #expect(try editor.load().entries.count == 14)
    #expect(try content().hasPrefix(Self.text))
    #expect(try directory.names() == ["users.yaml"])
  }
}
