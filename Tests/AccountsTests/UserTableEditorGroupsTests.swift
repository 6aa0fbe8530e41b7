// UserTableEditor's groups: added, changed and removed in a YAML table, with what their members have of them.

import TestSupport
import Testing

@testable import Accounts

@Suite struct UserTableEditorGroupsTests {
  private let directory: TemporaryDirectory
  private let editor: UserTableEditor

  init() throws {
    directory = try TemporaryDirectory()
    editor = UserTableEditor(path: try directory.file("users.yaml"))
  }

  private func content() throws -> String { try directory.content("users.yaml") }

  @Test func usersAndTheFirstGroupsAtOnce() throws {
    try editor.add(name: bytes("old"), hash: "*", home: "/srv")
    let group = AccountGroup(name: "staff", home: "/srv/%u", permissions: .readOnly)
    let entry = UserEntry(
      name: bytes("new"), hash: "*", home: "/srv/new", permissions: .readOnly, groups: [SharedGroup(group)])
    let report = try editor.takeOver(AccountListing(entries: [entry], groups: [group], warnings: []), replacing: false)
    #expect(report.added.count == 1 && report.groups == ["staff"])
    let table = try editor.load()
    #expect(table.entries.map(\.name) == [bytes("old"), bytes("new")] && table.groups.map(\.name) == ["staff"])
  }

  @Test func groupsAndMembers() throws {
    try editor.addGroup("staff", set: [("home", "/srv/%u"), ("access", "ro"), ("group-sessions", "9")])
    #expect(try content() == "groups:\n  staff:\n    home: /srv/%u\n    access: ro\n    group-sessions: 9\n")
    try editor.checkAddMember(name: bytes("a"), home: nil, groups: ["staff"])
    _ = try editor.addMember(name: bytes("a"), hash: "*", home: nil, isReadOnly: nil, groups: ["staff"])
    #expect(try content().hasSuffix("users:\n  a:\n    password: '*'\n    groups: [staff]\n"))
    let entry = try editor.entry(named: bytes("a"))
    #expect(entry.home == "/srv/a" && entry.isReadOnly)
    let changes = try editor.updateGroup("staff", set: [("home", "/home/%u"), ("sessions", "2")])
    #expect(changes.map(\.key) == ["home", "sessions"])
    #expect(try editor.entry(named: bytes("a")).home == "/home/a")
    #expect(try editor.entry(named: bytes("a")).options.sessions == 2)
  }

  @Test func changes() throws {
    try editor.addGroup("g", set: [("home", "/srv/%u"), ("access", "ro")])
    let changes = try editor.updateGroup(
      "g", set: [("access", "rw"), ("rate-down", "1MiB;0800-1800=2MiB")], unset: ["home"])
    #expect(
      changes == [
        EntryChange(key: "access", before: "ro", after: "rw"), EntryChange(key: "home", before: "/srv/%u", after: nil),
        EntryChange(key: "rate-down", before: nil, after: "1MiB;0800-1800=2MiB"),
      ])
    #expect(try content() == "groups:\n  g:\n    access: rw\n    rate-down: [1MiB, 0800-1800=2MiB]\n")
    #expect(try editor.updateGroup("g", unset: ["home"]).isEmpty)
    #expect(try editor.group(named: "g").permissions == .readAndWrite)
  }

  @Test func removal() throws {
    _ = try directory.file(
      "users.yaml", "groups:\n  g: {home: /g, access: ro}\n  h: {}\nusers:\n  a: {password: '*', groups: [g]}\n")
    #expect(tableError { try editor.removeGroup("g") }?.description.contains("has 1 member (a)") == true)
    try editor.removeGroup("h")
    #expect(
      try content() == "groups:\n  g: {home: /g, access: ro}\nusers:\n  a: {password: '*', groups: [g]}\n")
    #expect(tableError { try editor.removeGroup("h") }?.code == .unknownUser)
    // What a member needs cannot be taken away.
    #expect(tableError { _ = try editor.updateGroup("g", unset: ["home"]) }?.description.contains("lacks home") == true)
    try editor.remove(bytes("a"))
    try editor.removeGroup("g")
    #expect(try editor.load().groups.isEmpty)
  }

  @Test func mistakes() throws {
    try editor.addGroup("g")
    #expect(try content() == "groups:\n  g: {}\n")
    #expect(tableError { try editor.addGroup("g") }?.code == .userExists)
    #expect(tableError { try editor.addGroup("a;b") }?.code == .invalidEntry)
    #expect(tableError { try editor.addGroup("h", set: [("home", "x"), ("size", "1")]) }?.code == .invalidEntry)
    #expect(tableError { _ = try editor.updateGroup("h", unset: ["tls"]) }?.code == .unknownUser)
    #expect(tableError { try editor.checkAddMember(name: bytes("a"), home: nil, groups: ["g"]) }?.code == .invalidEntry)
    #expect(tableError { try editor.checkAddMember(name: bytes("a"), home: "/a", groups: ["x"]) }?.code == .unknownUser)
    #expect(try content() == "groups:\n  g: {}\n")
  }

  @Test func linesHaveNoGroups() throws {
    let lines = UserTableEditor(path: try directory.file("users", "a:*:/a:rw\n"))
    #expect(tableError { try lines.addGroup("g") }?.description.contains("weftpd user convert") == true)
    let error = tableError { _ = try lines.update(bytes("a"), set: [("groups", "g")]) }
    #expect(error?.description.contains("only a YAML table has groups") == true)
    let comma = tableError { _ = try lines.update(bytes("a"), set: [("welcome", "a,b")]) }
    #expect(comma?.description.contains("weftpd user convert") == true)
    let new = UserTableEditor(path: try directory.file("other"))
    #expect(tableError { try new.addGroup("g") }?.description.contains("ends in .yaml") == true)
    #expect(try directory.names().sorted() == ["users"])
  }
}
