// The versions of the tables: what an older one keeps when it becomes new, and what is told of one that does not fit.

import Accounts
import TestSupport
import Testing

@testable import SQLiteAccounts

@Suite struct SQLiteSchemaTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path(of: "users.db")
  }

  @Test func everyOlderVersionKeepsItsUsers() throws {
    for version in 1..<SQLiteSchema.current {
      let path = directory.path(of: "v\(version).db")
      let connection = try SQLiteConnection(path: path, .writing(creating: true))
      try SQLiteSchema.migrate(connection, from: 0, to: version)
      try connection.query("INSERT INTO users VALUES (?, ?, ?, ?)", ["a", "*", "/a", "ro"])
      try connection.query("INSERT INTO user_options VALUES (?, ?, ?)", ["a", "admin", "yes"])
      let editor = StoreEditor(SQLiteStore(path: path))
      #expect(code { _ = try editor.listing() } == .schema)
      #expect(code { _ = try SQLiteDirectory.inspect(path: path) } != nil)
      let (from, to) = try SQLiteStore(path: path).migrate()
      #expect(from == version && to == SQLiteSchema.current)
      let entry = try #require(try editor.listing().entries.first)
      #expect(entry.name == bytes("a") && entry.isReadOnly && entry.options.isAdministrator)
    }
  }

  @Test func migratingAgainChangesNothing() throws {
    let store = SQLiteStore(path: path)
    let (first, again) = (try store.migrate(), try store.migrate())
    #expect(first.from == 0 && first.to == SQLiteSchema.current)
    #expect(again.from == SQLiteSchema.current && again.to == SQLiteSchema.current)
  }

  @Test func aNewerVersionIsLeftAlone() throws {
    let store = SQLiteStore(path: path)
    _ = try store.migrate()
    try SQLiteConnection(path: path, .writing(creating: false)).run("PRAGMA user_version = 99")
    #expect(code { _ = try store.migrate() } == .schema)
    #expect(code { _ = try StoreEditor(store).add(name: bytes("a"), hash: "*", home: "/tmp") } == .schema)
  }
}
