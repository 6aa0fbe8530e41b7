// What a reload of the accounts does to sessions that run: they end, go on with other rights, or do not notice.

import Accounts
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct SessionReviewTests {
  private static func accounts(_ lines: String...) throws -> AccountSource {
    let table = try UserTable.parse(Array((lines.joined(separator: "\n") + "\n").utf8), source: "users")
    return AccountSource(directory: table)
  }

  private static func line(
    _ home: TemporaryDirectory, _ options: String = "rw", name: String = "bob", hash: String = SampleHash.ofSecret
  ) -> String { "\(name):\(hash):\(home.path):\(options)" }

  /// A hash of `other`.
  private static func newHash() throws -> String { try PasswordHash.make(Array("other".utf8)) }

  /// Runs `body` beside a server with these accounts.
  private func withServer(
    _ accounts: AccountSource, _ body: @Sendable (FTPServer, SocketAddress) throws -> Void
  ) async throws {
    try await FTPServerTests.withServer(accounts) { server, address in try body(server, address) }
  }

  private func loggedIn(_ address: SocketAddress, _ password: String = "secret") throws -> FTPClient {
    let client = try FTPClient(address)
    try client.expect(220)
    try client.logIn("bob", password)
    return client
  }

  /// What can happen to bob in the table.
  enum Change: String, CaseIterable, Sendable {
    case removed, locked, otherPassword, secondFactor, otherHome, needsTLS
  }

  private func changed(_ change: Change, _ home: TemporaryDirectory) throws -> AccountSource {
    switch change {
    case .removed: try Self.accounts(Self.line(home, name: "carol"))
    case .locked: try Self.accounts(Self.line(home, hash: "*"))
    case .otherPassword: try Self.accounts(Self.line(home, hash: Self.newHash()))
    case .secondFactor: try Self.accounts(Self.line(home, "rw,totp=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"))
    case .otherHome: try Self.accounts("bob:\(SampleHash.ofSecret):/usr:rw")
    case .needsTLS: try Self.accounts(Self.line(home, "rw,tls=required"))
    }
  }

  @Test(arguments: Change.allCases)
  func anIdleSessionEnds(_ change: Change) async throws {
    let home = try TemporaryDirectory()
    let accounts = try changed(change, home)
    try await withServer(try Self.accounts(Self.line(home))) { server, address in
      let client = try loggedIn(address)
      let reloaded = MonotonicTime.now
      server.reload(configuration: ServerConfiguration(), accounts: accounts)
      #expect(try client.expect(421).text == "Your account has changed. Log in again.")
      #expect(try client.nextReply() == nil)
      #expect(MonotonicTime.now.since(reloaded) < 10_000_000_000)
    }
  }

  @Test(arguments: [Change.removed, .otherPassword])
  func itsTransferIsBrokenOff(_ change: Change) async throws {
    let home = try TemporaryDirectory()
    try home.makeSparse("big", size: 1 << 30)
    let accounts = try changed(change, home)
    try await withServer(try Self.accounts(Self.line(home))) { server, address in
      let client = try loggedIn(address)
      try client.command("TYPE I", expecting: 200)
      let data = try client.passive()
      try client.command("RETR big", expecting: 150)
      #expect(try !data.receive().isEmpty)
      server.reload(configuration: ServerConfiguration(), accounts: accounts)
      try client.expect(426)
      try client.expect(421)
      #expect(try client.nextReply() == nil)
    }
  }

  /// After USER or REIN nobody is logged in, and the transfer that still runs is that of whoever was.
  @Test(arguments: ["USER carol", "USER nobody", "REIN"])
  func aTransferThatIsCompletedUnderTheOldRightsIsBrokenOffToo(_ command: String) async throws {
    let home = try TemporaryDirectory()
    try home.makeSparse("big", size: 1 << 30)
    let (before, after) = (
      try Self.accounts(Self.line(home), Self.line(home, name: "carol")), try changed(.removed, home)
    )
    try await withServer(before) { server, address in
      let client = try loggedIn(address)
      try client.command("TYPE I", expecting: 200)
      let data = try client.passive()
      try client.command("RETR big", expecting: 150)
      #expect(try !data.receive().isEmpty)
      try client.command(command, expecting: command == "REIN" ? 220 : 331)
      server.reload(configuration: ServerConfiguration(), accounts: after)
      try client.expect(426)
      try client.expect(421)
      #expect(try client.nextReply() == nil)
    }
  }

  @Test func whoOnlyMayNotWriteAnyMoreLosesThatAtTheNextCommand() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try Self.accounts(Self.line(home))) { server, address in
      let client = try loggedIn(address)
      try client.command("MKD one", expecting: 257)
      server.reload(configuration: ServerConfiguration(), accounts: try Self.accounts(Self.line(home, "ro")))
      try client.command("MKD two", expecting: 550)
      try client.command("RNFR one", expecting: 550)
      server.reload(configuration: ServerConfiguration(), accounts: try Self.accounts(Self.line(home)))
      try client.command("MKD two", expecting: 257)
    }
  }

  @Test func whatIsNotAboutTheUserIsNotNoticed() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try Self.accounts(Self.line(home))) { server, address in
      let client = try loggedIn(address)
      try client.command("MKD one", expecting: 257)
      try client.command("CWD one", expecting: 250)
      var configuration = ServerConfiguration()
      configuration.greeting = "another"
      server.reload(
        configuration: configuration, accounts: try Self.accounts(Self.line(home), Self.line(home, name: "carol")))
      #expect(try client.command("PWD", expecting: 257).text.contains("/one"))
      // A connection that was open learns of new users, and keeps its settings.
      try client.command("REIN", expecting: 220)
      try client.logIn("carol", "secret")
    }
  }

  @Test func openConnectionsAndREINAskTheTableInForce() async throws {
    let home = try TemporaryDirectory()
    let hash = try Self.newHash()
    try await withServer(try Self.accounts(Self.line(home), Self.line(home, name: "dave"))) { server, address in
      let (early, named, other) = (try FTPClient(address), try FTPClient(address), try FTPClient(address))
      for client in [early, named, other] { try client.expect(220) }
      try named.command("USER bob", expecting: 331)
      try other.logIn("dave", "secret")
      server.reload(
        configuration: ServerConfiguration(),
        accounts: try Self.accounts(Self.line(home, hash: hash), Self.line(home, name: "dave")))
      try named.command("PASS secret", expecting: 530)
      try early.command("USER bob", expecting: 331)
      try early.command("PASS secret", expecting: 530)
      try early.logIn("bob", "other")
      try other.command("REIN", expecting: 220)
      try other.command("USER bob", expecting: 331)
      try other.command("PASS secret", expecting: 530)
      try other.logIn("bob", "other")
    }
  }

  @Test func theTextOfACCTIsAskedAnewToo() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try Self.accounts(Self.line(home, "rw,account=one"))) { server, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.command("USER bob", expecting: 331)
      try client.command("PASS secret", expecting: 332)
      server.reload(
        configuration: ServerConfiguration(), accounts: try Self.accounts(Self.line(home, "rw,account=two")))
      try client.command("ACCT one", expecting: 530)
    }
  }

  @Test func anonymousUsersGoWhenTheirDirectoryDoes() async throws {
    let home = try TemporaryDirectory()
    try await withServer(AccountSource(anonymousRoot: home.path)) { server, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("anonymous", "a@b")
      server.reload(configuration: ServerConfiguration(), accounts: AccountSource(anonymousRoot: home.path))
      try client.command("PWD", expecting: 257)
      server.reload(configuration: ServerConfiguration(), accounts: AccountSource())
      try client.expect(421)
    }
  }

  @Test func aMountThatWasTakenAwayIsLeft() async throws {
    let (home, mount) = (try TemporaryDirectory(), try TemporaryDirectory())
    try await withServer(try Self.accounts(Self.line(home, "rw,mounts=m=\(mount.path)"))) { server, address in
      let (inside, outside) = (try loggedIn(address), try loggedIn(address))
      try inside.command("SMNT m", expecting: 250)
      server.reload(configuration: ServerConfiguration(), accounts: try Self.accounts(Self.line(home)))
      try inside.expect(421)
      try outside.command("SMNT m", expecting: 202)
    }
  }

  @Test func aDirectoryThatTakesItsTimeIsAskedToo() async throws {
    let home = try TemporaryDirectory()
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readAndWrite)
    let (before, after) = (ScriptedDirectory(), ScriptedDirectory())
    before.answer("bob", .success(bob))
    try await withServer(AccountSource(directory: before)) { server, address in
      let client = try loggedIn(address)
      server.reload(configuration: ServerConfiguration(), accounts: AccountSource(directory: after))
      // Nothing is known yet: the session goes on.
      try client.command("NOOP", expecting: 200)
      after.answer("bob", .success(nil))
      try client.expect(421)
    }
    #expect(after.asked == [Array("bob".utf8)])
  }
}
