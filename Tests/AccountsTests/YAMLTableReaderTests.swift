// YAMLTableReader: what a YAML table says, and every mistake with its line and the nearest key, all at once.

import TestSupport
import Testing

@testable import Accounts

@Suite struct YAMLTableReaderTests {
  private func parse(_ text: String) throws(UserTableError) -> UserTable {
    try UserTable.parse(bytes(text), source: "users.yaml")
  }

  private let text = """
    # Everything a table can say.
    users:
      alice:
        password: \(Sample.yescrypt)
        home: /srv/alice
        access: rw
        groups: [staff, night]
        from: [192.0.2.0/24, "2001:db8::/32"]
        sessions: 2
      bob: {password: '*', groups: staff}
      "c d": {password: "!x", home: "/srv/c d", access: ro}
    groups:
      staff:
        home: /srv/ftp/%u
        access: ro
        tls: required
        sessions: 5
        group-sessions: 50
        permissions:
          - /in: [list, write]
          - /: ro
      night:
        hours: 2200-0600
        enabled: true

    """

  @Test func entries() throws {
    let table = try parse(text)
    #expect(table.entries.map(\.name) == ["alice", "bob", "c d"].map(bytes))
    #expect(table.groups.map(\.name) == ["staff", "night"])
    let alice = try #require(table.entry(named: bytes("alice")))
    #expect(alice.hash == Sample.yescrypt && alice.home == "/srv/alice" && !alice.isReadOnly && alice.line == 3)
    #expect(alice.groups.map(\.group.name) == ["staff", "night"])
    #expect(alice.ownOptions.texts == ["from": "192.0.2.0/24;2001:db8::/32", "sessions": "2"])
    #expect(alice.options.sessions == 2 && alice.options.tlsDemand == .data && alice.options.hours != nil)
    #expect(alice.options.permissionRules.count == 2)
    #expect(alice.options.groupSessions == nil)
    #expect(table.group(named: "staff")?.options.groupSessions == 50)
    #expect(table.group(named: "staff")?.line == 13)
  }

  @Test func whatGroupsHandOn() throws {
    let table = try parse(text)
    let bob = try #require(table.entry(named: bytes("bob")))
    #expect(bob.home == "/srv/ftp/bob" && bob.isReadOnly && bob.isLocked)
    #expect(bob.options.sessions == 5 && bob.ownOptions.isEmpty)
    #expect(table.entry(named: bytes("c d"))?.options.isEmpty == true)
    let entry = UserEntry(
      name: bytes("bob"), hash: "*", home: "/srv/ftp/bob", permissions: .readOnly, groups: bob.groups, line: bob.line)
    #expect(entry == bob)
  }

  @Test func everyOption() throws {
    let options = AccountOptionsTests.good.map { key, text in
      let value = UserAttribute.byKey[key].map { YAMLOptionText.value(text, $0).flow } ?? ""
      return "    \(key): \(value)\n"
    }
    let group = "groups:\n  g:\n" + options.joined()
    let table = try parse(group)
    let wanted = try AccountOptions(
      Dictionary(uniqueKeysWithValues: AccountOptionsTests.good.map { ($0.key, $0.text) }))
    #expect(table.groups.first?.options == wanted)
    let ofUsers = options.filter { line in
      !UserAttribute.all.contains { $0.isForGroups && line.contains(" \($0.key):") }
    }
    let user = "users:\n  u:\n    password: '*'\n    home: /u\n    access: rw\n" + ofUsers.joined()
    #expect(try parse(user).entries.first?.ownOptions.texts.count == UserAttribute.ofUsers.count)
  }

  @Test func emptyTables() throws {
    for text in ["", "# nothing\n", "users:\n", "users: {}\ngroups:\n", "---\n"] {
      #expect(try parse(text).entries.isEmpty)
    }
  }

  @Test(arguments: [
    ("    qouta: 1GiB", 6, "unknown key 'qouta'; did you mean quota?"),
    ("    tls: maybe", 6, "(maybe); expected required"),
    ("    totp: JBSWY3DP", 6, "'totp' has a value that cannot be; expected a secret"),
    ("    home: /b", 6, "'home' is given twice, first in line 4"),
    ("    groups: [stff]", 6, "no group 'stff'; did you mean staff?"),
    ("    groups: [staff, staff]", 6, "stands here twice"), ("    groups: {a: b}", 6, "is a mapping"),
    ("    group-sessions: 5", 6, "is for groups only"), ("    from: [192.0.2.0/24,\n      x]", 6, "expected networks"),
    ("    hide:\n      - [a]", 7, "a list in its list"), ("    [a]: b", 6, "a key must be a plain word"),
    ("  a: {password: '*'}", 6, "already in line 2"), ("  b: {home: /b, access: ro}", 6, "lacks password"),
    ("  b: {password: '*', access: ro}", 6, "lacks home"), ("  b: {password: '*', home: /b}", 6, "lacks access"),
    ("  b: {password: '', home: /b, access: ro}", 6, "the password is empty"),
    ("  b: {password: hunter2, home: /b, access: ro}", 6, "clear text"),
    ("  b: {password: !$6$x, home: /b, access: ro}", 6, "needs quotes"), ("  b: x", 6, "expected keys"),
    ("  ftp: {password: '*', home: /b, access: ro}", 6, "anonymous login"),
    ("  b: {password: '*', home: b, access: ro}", 6, "absolute path"),
    ("  b: {password: '*', home: /b, access: all}", 6, "expected ro"), ("user: {}", 6, "did you mean users?"),
    ("groups: {}", 6, "a second time"), ("  b: {password: '*', home: [], access: ro}", 6, "not a text"),
  ])
  func mistakes(line: String, number: Int, expected: String) throws {
    let good = "users:\n  a:\n    password: '*'\n    home: /a\n    access: rw\n"
    let error = try #require(tableError { _ = try parse(good + line + "\ngroups:\n  staff: {}\n") })
    #expect(error.code == .malformed)
    let problem = try #require(error.problems.first { $0.message.contains(expected) }, "\(error.description)")
    #expect(problem.line == number || expected == "a second time", "\(error.description)")
    #expect(!error.description.contains("hunter2") && !error.description.contains("JBSWY"))
  }

  @Test func allMistakesAtOnce() throws {
    let error = try #require(
      tableError {
        _ = try parse(
          "users:\n  a: {home: x, tls: y}\n  b: {password: '*'}\ngroups:\n  'a;b': {}\n  g: {password: x, acess: ro}\n")
      })
    #expect(error.problems.map(\.line) == [2, 2, 3, 3, 5, 6, 6])
    #expect(error.description.contains("users.yaml:6: group g: unknown key 'acess'; did you mean access?"))
  }

  @Test func whatIsNoYAML() throws {
    let star = try #require(tableError { _ = try parse("users:\n  a:\n    password: *\n") })
    #expect(star.problems.map(\.line) == [3])
    #expect(star.description.contains("a value that begins with * or & needs quotes"))
    #expect(tableError { _ = try parse("- a\n") }?.description.contains("expected users:") == true)
    let latin = bytes("users:\n  a: ") + [0xE9, 0x0A]
    let error = try #require(tableError { _ = try UserTable.parse(latin, source: "u.yaml") })
    #expect(error.problems.first == .init(line: 2, message: "is not UTF-8 text"))
  }

  @Test func weakHashesAreNamed() throws {
    let table = try parse("users:\n  a: {password: \(Sample.md5), home: /a, access: ro}\n")
    #expect(table.warnings.first?.contains("users.yaml:2: a: weak hash kind md5-crypt") == true)
  }

  @Test func aNameIsNoDirectoryOfItsOwn() throws {
    let error = tableError {
      _ = try parse("groups:\n  g: {home: /s/%u, access: ro}\nusers:\n  '..': {password: '*', groups: g}\n")
    }
    #expect(error?.description.contains("lacks home") == true)
  }

  @Test func aLargeTableIsFoundByName() throws {
    var text = "groups:\n  g: {home: /srv/%u, access: rw, charset: CP932}\nusers:\n"
    for number in 0..<10_000 { text += "  user\(number): {password: '*', groups: [g], sessions: 5}\n" }
    let table = try parse(text)
    #expect(table.entries.count == 10_000)
    let entry = try #require(table.entry(named: bytes("user7777")))
    #expect(entry.home == "/srv/user7777" && entry.options.charset == "CP932" && entry.options.sessions == 5)
    #expect(table.entry(named: bytes("user10000")) == nil)
  }
}
