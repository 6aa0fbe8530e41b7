// Tests what signals do: reload with good and bad files, the orderly end, the quick one.

import Accounts
import DaemonSettings
import FTPServer
import Glibc
import LinuxSystem
import Logging
import ServerLog
import Synchronization
import TestSupport
import Testing
import UnitSupport

@testable import DaemonSupport

/// A server that only notes what it is told; a drain ends when the test says so.
private final class FakeServer: ServerControl {
  let reloads = Mutex<[(ServerConfiguration, AccountSource)]>([])
  let graces = Mutex<[Duration]>([])
  private let drained = AsyncStream<Void>.makeStream()

  var activeSessions: Int { 2 }
  var activeTransfers: Int { 1 }

  func reload(configuration: ServerConfiguration, accounts: AccountSource) {
    reloads.withLock { $0.append((configuration, accounts)) }
  }

  func drain(grace: Duration) async -> Int {
    graces.withLock { $0.append(grace) }
    for await _ in drained.stream { break }
    return 1
  }

  func finishDrain() { drained.continuation.yield() }
}

@Suite struct DaemonTests {
  private let directory: TemporaryDirectory
  private let pipe: Pipe
  private let server = FakeServer()
  private let daemon: Daemon
  private let log: DaemonLog

  init() throws {
    directory = try TemporaryDirectory()
    pipe = try Pipe(isBlocking: true)
    let path = try directory.write("f.yaml", "accounts:\n  user: alice\n  root: \(directory.path)\n")
    let sources = SettingsSources(configPath: path)
    log = DaemonLog(descriptor: pipe.writeNumber)
    daemon = Daemon(server: server, sources: sources, loaded: try sources.load(), hash: "$y$hash", log: log)
  }

  private func write(_ more: String) throws {
    try directory.write("f.yaml", "accounts:\n  user: alice\n  root: \(directory.path)\n" + more)
  }

  private func logged(_ count: Int) -> [String] { pipe.lines(count).map { String($0.dropFirst(25)) } }

  @Test func reloadTellsWhatChangedAndHandsItOver() throws {
    try write("passive: {ports: 5000-5100}\nlimits: {sessions: 5}\n")
    daemon.receive(SIGHUP)
    #expect(
      logged(3) == [
        "notice   passive.ports changed from \"49152-65534\" to \"5000-5100\"",
        "notice   limits.sessions changed from \"10000\" to \"5\"",
        "notice   reloaded: 2 settings changed, 0 users in the table",
      ])
    let (configuration, accounts) = try #require(server.reloads.withLock { $0.first })
    #expect(configuration.passivePorts == 5000...5100)
    #expect(configuration.limits.sessions == 5)
    #expect(accounts.single?.name == Array("alice".utf8))
    #expect(accounts.single?.hash == "$y$hash")
    #expect(accounts.single?.home == directory.path)
    #expect(daemon.settings.server.limits.sessions == 5)
  }

  @Test func aBadFileChangesNoSettingAndSaysEverything() throws {
    try write("limits: {sessions: many}\npasive: 1\n")
    #expect(!daemon.reload())
    let lines = logged(3)
    #expect(lines[0].hasPrefix("error    \(directory.path)/f.yaml:4: limits.sessions: \"many\" is not"))
    #expect(lines[1].hasPrefix("error    \(directory.path)/f.yaml:5: pasive: unknown setting"))
    #expect(lines[2] == "error    reload failed; previous settings kept, 0 users read again from the table")
    #expect(server.reloads.withLock { $0.first?.0.limits.sessions } == 10_000)
    #expect(daemon.settings.server.limits.sessions == 10_000)
    try write("limits: {sessions: 3}\n")
    #expect(daemon.reload())
    #expect(daemon.settings.server.limits.sessions == 3)
  }

  @Test func aMistakeElsewhereKeepsNobodyInWhoWasRemoved() throws {
    let table = try directory.write("users", "bob:*:/tmp:rw\ncarol:*:/tmp:rw\n", mode: 0o600)
    try write("  table: \(table)\n")
    #expect(daemon.reload())
    try directory.write("users", "carol:*:/tmp:ro\n", mode: 0o600)
    try write("  table: \(table)\nlimits: {sessions: many}\n")
    #expect(!daemon.reload())
    let accounts = try #require(server.reloads.withLock { $0.last?.1 })
    #expect(accounts.directory.entryNow(named: Array("bob".utf8)) == .known(nil))
    guard case .known(let carol?) = accounts.directory.entryNow(named: Array("carol".utf8)) else {
      Issue.record("carol is missing")
      return
    }
    #expect(carol.isReadOnly)
  }

  @Test func aBadUserTableChangesNothing() throws {
    let table = try directory.write("users", "bob:*:/tmp:rw\n", mode: 0o600)
    try write("  table: \(table)\n")
    #expect(daemon.reload())
    _ = logged(2)
    try directory.write("users", "this is no entry\n", mode: 0o600)
    try write("  table: \(table)\nlimits: {sessions: 3}\n")
    #expect(!daemon.reload())
    let lines = logged(2)
    #expect(lines[0].hasPrefix("error    \(table):1: "))
    #expect(lines[1] == "error    reload failed; previous settings and users kept")
    #expect(daemon.settings.server.limits.sessions == 10_000)
    #expect(server.reloads.withLock { $0.count } == 1)
  }

  @Test func whatNeedsARestartStays() throws {
    try directory.write(
      "f.yaml", "accounts:\n  user: bob\n  root: \(directory.path)\nlisten: 127.0.0.1:99\nlog: {level: error}\n")
    #expect(daemon.reload())
    #expect(
      logged(3) == [
        "warning  listen is still \"127.0.0.1:2121\"; changing it to \"127.0.0.1:99\" needs a restart",
        "warning  accounts.user is still \"alice\"; changing it to \"bob\" needs a restart",
        "notice   log.level changed from \"info\" to \"error\"",
      ])
    #expect(daemon.settings.listen.map(\.description) == ["127.0.0.1:2121"])
    #expect(server.reloads.withLock { $0.first?.1.single?.name } == Array("alice".utf8))
    #expect(log.level == .error)
  }

  @Test func formatAndLevelOfTheLogFollow() throws {
    try write("log: {format: json, level: debug}\n")
    #expect(daemon.reload())
    #expect(log.format == .json)
    #expect(log.level == .debug)
  }

  @Test func aReloadThatLocksEverybodyOutIsDoneAndTold() throws {
    let path = try directory.write("g.yaml", "accounts: {anonymous: yes, root: \(directory.path)}\n")
    let sources = SettingsSources(configPath: path)
    let daemon = Daemon(server: server, sources: sources, loaded: try sources.load(), hash: nil, log: log)
    try directory.write("g.yaml", "accounts: {root: \(directory.path)}\n")
    #expect(daemon.reload())
    #expect(server.reloads.withLock { $0.first?.1.anonymousRoot } == .some(nil))
    #expect(logged(4).contains { $0.contains("nobody could log in") })
  }

  @Test func theFirstSignalDrainsAndEndsWithZero() throws {
    try write("shutdown: {grace: 7}\n")
    #expect(daemon.reload())
    daemon.receive(SIGTERM)
    server.finishDrain()
    #expect(daemon.waitUntilEnd() == 0)
    #expect(server.graces.withLock { $0 } == [.seconds(7)])
    let lines = logged(4)
    #expect(lines.contains("notice   SIGTERM: shutting down, 2 sessions, transfers may take up to 7s"))
    #expect(lines.contains("notice   stopped; sessions cut off: 1"))
  }

  @Test func theSecondSignalEndsAtOnceWithOne() {
    daemon.receive(SIGINT)
    daemon.receive(SIGHUP)
    daemon.receive(SIGTERM)
    // The drain never ends here, and nobody waits for it.
    #expect(daemon.waitUntilEnd() == 1)
    #expect(
      logged(3) == [
        "notice   SIGINT: shutting down, 2 sessions, transfers may take up to 30s",
        "notice   SIGHUP ignored: shutting down",
        "warning  second signal: ending at once, 2 sessions are cut off",
      ])
    #expect(server.reloads.withLock { $0.isEmpty })
  }
}
