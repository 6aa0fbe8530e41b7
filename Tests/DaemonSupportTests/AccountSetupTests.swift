// Tests who may log in by which settings, and where the password of the one user comes from.

import Accounts
import FTPServer
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

  // MARK: - The password

  @Test func givenPasswords() throws {
    let direct = try SingleUserPassword(environment: ["WEFTPD_PASSWORD": "pä:ß"])
    #expect(direct.bytes == Array("pä:ß".utf8))
    #expect(!direct.isGenerated)
    let file = try directory.write("password", "from file\r\nsecond line\n")
    #expect(try SingleUserPassword(environment: ["WEFTPD_PASSWORD_FILE": file]).bytes == Array("from file".utf8))
  }

  @Test func passwordsThatAreRefused() throws {
    let empty = try directory.write("password", "\nx")
    for environment in [
      ["WEFTPD_PASSWORD": ""], ["WEFTPD_PASSWORD": "secret", "WEFTPD_PASSWORD_FILE": "/x"],
      ["WEFTPD_PASSWORD_FILE": "/no/such/file"], ["WEFTPD_PASSWORD_FILE": empty],
    ] {
      #expect {
        try SingleUserPassword(environment: environment)
      } throws: {
        $0 is SettingsError && !"\($0)".contains("secret")
      }
    }
  }

  @Test func generatedPasswordsAreLongDifferentAndReadable() throws {
    var seen: Set<[UInt8]> = []
    for _ in 0..<200 {
      let password = try SingleUserPassword(environment: [:])
      #expect(password.isGenerated)
      #expect(password.bytes.count == 23)
      #expect(password.bytes.allSatisfy { !"01lo".utf8.contains($0) && $0 < 0x7F && $0 > 0x20 })
      seen.insert(password.bytes)
    }
    #expect(seen.count == 200)
    // All 32 characters take part.
    #expect(Set(seen.joined()).count == 33)
  }
}
