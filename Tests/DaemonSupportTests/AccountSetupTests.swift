// Tests who may log in by which settings.

import Accounts
import DaemonSettings
import FTPServer
import TestSupport
import Testing

@testable import DaemonSupport

@Suite struct AccountSetupTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func setup(_ assignments: String..., hash: String? = nil) throws -> AccountSetup {
    try AccountSetup(SettingsSources(assignments: assignments).load(), hash: hash)
  }

  @Test func theOneUser() throws {
    let setup = try setup(
      "accounts.user=älice", "accounts.root=\(directory.path)", "accounts.read-only=yes", hash: "$y$h")
    #expect(setup.source.single?.name == Array("älice".utf8))
    #expect(setup.source.single?.permissions == .readOnly)
    #expect(setup.source.isReadOnly)
    #expect(setup.source.anonymousRoot == nil)
    #expect(setup.warnings.isEmpty)
  }

  @Test func withoutAHashThereIsNoUser() throws {
    #expect(try setup("accounts.user=alice", "accounts.root=\(directory.path)").source.single == nil)
  }

  @Test func anonymousHasItsOwnRootOrTheCommonOne() throws {
    #expect(
      try setup("accounts.anonymous=yes", "accounts.root=\(directory.path)").source.anonymousRoot == directory.path)
    #expect(
      try setup("accounts.anonymous=yes", "accounts.root=\(directory.path)", "accounts.anonymous-root=/tmp").source
        .anonymousRoot == "/tmp")
    #expect(try setup("accounts.anonymous=no", "accounts.anonymous-root=/tmp").source.anonymousRoot == nil)
  }

  @Test func theTableAndWhatIsOddInIt() throws {
    let hash = try PasswordHash.make(Array("x".utf8))
    let table = try directory.write(
      "users", "bob:\(hash):\(directory.path):rw\ncarl:\(hash):/no/such/home:ro\n")
    let setup = try setup("accounts.table=\(table)")
    #expect(setup.tableCount == 2)
    #expect(setup.source.table.entry(named: Array("bob".utf8))?.home == directory.path)
    #expect(
      setup.warnings.map(\.description) == ["\(table):2: the home \"/no/such/home\" of carl does not exist"])
  }

  @Test func aUserInTheTableTooIsSaid() throws {
    let table = try directory.write("users", "bob:*:\(directory.path):rw\n")
    let setup = try setup(
      "accounts.table=\(table)", "accounts.user=bob", "accounts.root=\(directory.path)", hash: "$y$h")
    #expect(setup.warnings.map(\.key) == ["accounts.user"])
  }

  @Test func aRootNobodyUsesIsSaid() throws {
    #expect(try setup("accounts.root=\(directory.path)").warnings.map(\.key) == ["accounts.root"])
  }

  @Test func aTableThatIsMissingNamesWhoAskedForIt() {
    #expect {
      try setup("accounts.table=/no/such/table")
    } throws: {
      "\($0)".hasPrefix("--set: accounts.table: /no/such/table: cannot")
    }
  }

  @Test func allLinesOfABadTable() throws {
    let table = try directory.write("users", "one\n\ntwo\n")
    #expect {
      try setup("accounts.table=\(table)")
    } throws: {
      ($0 as? SettingsError)?.problems.map(\.origin) == [.file(path: table, line: 1), .file(path: table, line: 3)]
    }
  }

  @Test func hostsHaveTheirOwnAccounts() throws {
    let table = try directory.write("users", "bob:*:\(directory.path):rw\n")
    let loaded = try SettingsSources(assignments: [
      "accounts.user=alice", "accounts.root=\(directory.path)", "accounts.anonymous=yes", "hosts.names=a,b,c,d",
      "hosts.a.users=\(table)", "hosts.b.root=/tmp", "hosts.c.users=\(table)", "hosts.c.anonymous-root=/tmp",
    ]).load()
    let source = try AccountSetup(loaded, hash: "*").source
    let hosts = source.hosts
    #expect(hosts["a"]?.single == nil)
    #expect(hosts["a"]?.anonymousRoot == nil)
    #expect(hosts["a"]?.table.entries.count == 1)
    #expect(hosts["b"]?.single?.home == "/tmp")
    #expect(hosts["b"]?.anonymousRoot == "/tmp")
    #expect(hosts["c"]?.anonymousRoot == "/tmp")
    #expect(hosts["d"]?.single?.home == source.single?.home)
    #expect(throws: SettingsError.self) {
      let bad = try SettingsSources(assignments: ["hosts.names=a", "hosts.a.users=/nonexistent"]).load()
      _ = try AccountSetup(bad, hash: nil)
    }
  }
}
