// Which database settings name, and what keeps it from being used.

import Accounts
import DaemonSettings
import TestSupport
import Testing

@testable import DaemonSupport

@Suite struct AccountDatabaseTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func load(_ assignments: [String]) throws -> LoadedSettings {
    try SettingsSources(assignments: assignments).load()
  }

  private func complaint(_ assignments: [String]) throws -> String {
    let loaded = try load(assignments)
    do throws(SettingsError) {
      _ = try AccountDatabase.make(loaded)
      return ""
    } catch {
      return error.description
    }
  }

  private var postgres: [String] {
    ["accounts.backend=postgres", "accounts.postgres.connection=host=/nowhere dbname=x", "accounts.roots=/tmp"]
  }

  @Test func tablesNeedNone() throws { #expect(try AccountDatabase.make(try load([])) == nil) }

  @Test func anSQLiteFileHasToBeUsable() throws {
    let path = directory.path(of: "users.db")
    let settings = ["accounts.backend=sqlite", "accounts.sqlite=\(path)"]
    #expect(try complaint(settings).hasPrefix("--set: accounts.sqlite: \(path): cannot examine it"))
    try directory.write("users.db", "no database", mode: 0o600)
    #expect(try complaint(settings).contains("file is not a database"))
  }

  @Test func postgresNeedNotBeThere() throws {
    let database = try #require(try AccountDatabase.make(try load(postgres)))
    #expect(database.place == "PostgreSQL (host=/nowhere dbname=x)")
    #expect(AccountDatabase.inspectPostgres(try load(postgres))?.first?.contains("Nobody can log in by it") == true)
    #expect(AccountDatabase.inspectPostgres(try load([])) == nil)
  }

  @Test func howPostgresIsReached() throws {
    let secret = try directory.write("password", "correct horse\nsecond line\n", mode: 0o600)
    let options = try AccountDatabase.options(try load(postgres + ["accounts.postgres.password-file=\(secret)"]))
    #expect(options?.password == "correct horse")
    #expect(options?.tls == .verifyFull)
    let empty = try directory.write("empty", "\nx\n", mode: 0o600)
    #expect(
      try complaint(postgres + ["accounts.postgres.password-file=\(empty)"]).contains("has no text in its first line"))
    #expect(
      try complaint(postgres + ["accounts.postgres.password-file=/nowhere"]).contains("accounts.postgres.password-file")
    )
    #expect(try complaint(postgres + ["accounts.postgres.root-certificate=/nowhere"]).contains("does not exist"))
    #expect(
      try complaint(
        Array(postgres.dropFirst(2)) + ["accounts.backend=postgres", "accounts.postgres.connection=password=x"]
      )
      .contains("contains a password"))
  }
}
