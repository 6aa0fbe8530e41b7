// Tests who may log in by which settings.

import Accounts
import DaemonSettings
import FTPServer
import LinuxSystem
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
      "users", "bob:\(hash):\(directory.path):rw\ncarl:\(hash):/no/such/home:ro\n", mode: 0o600)
    let setup = try setup("accounts.table=\(table)")
    #expect(setup.tableCount == 2)
    #expect(setup.table.entry(named: Array("bob".utf8))?.home == directory.path)
    #expect(setup.source.directory.entryNow(named: Array("bob".utf8)) == .known(setup.table.entries[0]))
    #expect(
      setup.warnings.map(\.description) == ["\(table):2: the home \"/no/such/home\" of carl does not exist"])
  }

  // MARK: - Roots

  @Test func withoutCommonRootsHomesMayBeAnywhere() throws {
    let table = try directory.write("users", "bob:*:\(directory.path):rw,mounts=tmp=/tmp\n", mode: 0o600)
    let setup = try setup("accounts.table=\(table)")
    #expect(setup.source.roots == nil)
    #expect(setup.roots.map(\.path) == [directory.path, "/tmp"].sorted())
    #expect(setup.warnings.isEmpty)
  }

  @Test func commonRootsTakeThePlaceOfHomes() throws {
    let real = try File.resolvedPath(directory.path)
    let table = try directory.write(
      "users", "bob:*:\(real):rw,mounts=etc=/etc;here=\(real)\ncarl:*:/usr:ro\n", mode: 0o600)
    let setup = try setup(
      "accounts.table=\(table)", "accounts.roots=\(real)", "accounts.anonymous=yes", "accounts.root=/tmp",
      "hosts.names=a", "hosts.a.users=\(table)")
    #expect(setup.roots.map(\.path) == [real, "/tmp"].sorted())
    #expect(setup.roots.map(\.isReadOnly) == [real, "/tmp"].sorted().map { $0 == "/tmp" })
    let roots = try #require(setup.source.roots)
    #expect(roots.contain(Array("\(real)/new".utf8)))
    #expect(roots.contain(Array(try File.resolvedPath("/tmp").utf8)))
    #expect(!roots.contain(Array("/usr".utf8)))
    let outside = "is outside accounts.roots and will be refused; move it, or add its directory and restart weftpd"
    let expected = [
      "\(table):1: the mount \"/etc\" of bob \(outside)", "\(table):2: the home \"/usr\" of carl \(outside)",
    ]
    #expect(setup.warnings.map(\.description) == expected + expected)
  }

  @Test func aCommonRootHasToBeThere() {
    #expect {
      try SettingsSources(assignments: ["accounts.roots=/no/such/directory"]).load()
    } throws: {
      "\($0)".contains("accounts.roots") && "\($0)".contains("does not exist")
    }
  }

  @Test func aUserInTheTableTooIsSaid() throws {
    let table = try directory.write("users", "bob:*:\(directory.path):rw\n", mode: 0o600)
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
    let table = try directory.write("users", "one\n\ntwo\n", mode: 0o600)
    #expect {
      try setup("accounts.table=\(table)")
    } throws: {
      ($0 as? SettingsError)?.problems.map(\.origin) == [.file(path: table, line: 1), .file(path: table, line: 3)]
    }
  }

  @Test func hostsHaveTheirOwnAccounts() throws {
    let table = try directory.write("users", "bob:*:\(directory.path):rw\n", mode: 0o600)
    let loaded = try SettingsSources(assignments: [
      "accounts.user=alice", "accounts.root=\(directory.path)", "accounts.anonymous=yes", "hosts.names=a,b,c,d",
      "hosts.a.users=\(table)", "hosts.b.root=/tmp", "hosts.c.users=\(table)", "hosts.c.anonymous-root=/tmp",
    ]).load()
    let setup = try AccountSetup(loaded, hash: "*")
    let (source, hosts) = (setup.source, setup.source.hosts)
    #expect(hosts["a"]?.single == nil)
    #expect(hosts["a"]?.anonymousRoot == nil)
    #expect(setup.hostTables.mapValues(\.entries.count) == ["a": 1, "c": 1])
    #expect(setup.sources.map(\.table.entries.count) == [0, 1, 0, 1, 0])
    let bob = Array("bob".utf8)
    #expect(hosts["a"]?.directory.entryNow(named: bob) == .known(setup.hostTables["a"]?.entries.first))
    #expect(hosts["b"]?.directory.entryNow(named: bob) == .known(nil))
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
