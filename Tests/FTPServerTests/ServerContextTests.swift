// Tests of the state that sessions share: jails by home, snapshots.

import Accounts
import Glibc
import LinuxSystem
import Logging
import Reactor
import TestSupport
import Testing
import UnitSupport

@testable import FTPServer

@Suite struct ServerContextTests {
  let context: ServerContext

  init() throws { context = try makeContext() }

  @Test func aHomeIsOpenedOnce() throws {
    let directory = try TemporaryDirectory()
    let snapshot = context.snapshot
    let jail = try snapshot.jails.jail(directory.path)
    #expect(try snapshot.jails.jail(directory.path) === jail)
    #expect(throws: HomeError.self) { try snapshot.jails.jail("\(directory.path)/missing") }
  }

  /// A link beneath the roots leads where it leads: what is compared is what was opened.
  @Test func aHomeOutsideTheRootsIsRefused() throws {
    let (inside, outside) = (try TemporaryDirectory(), try TemporaryDirectory())
    inside.directory("home")
    #expect(symlink(outside.path, "\(inside.path)/link") == 0)
    #expect(symlink("\(inside.path)/home", "\(outside.path)/back") == 0)
    var accounts = AccountSource()
    accounts.roots = AccountRoots([inside.path])
    let snapshot = ServerContext.Snapshot(configuration: ServerConfiguration(), accounts: accounts)
    for home in [inside.path, "\(inside.path)/home", "\(outside.path)/back"] {
      #expect(throws: Never.self) { try snapshot.jails.jail(home) }
    }
    for home in [outside.path, "\(inside.path)/link", "\(inside.path)/../"] {
      do throws(HomeError) {
        _ = try snapshot.jails.jail(home)
        Issue.record("\(home) was served")
      } catch .outsideRoots {} catch { Issue.record(error) }
    }
  }

  @Test func aReloadLeavesOldSnapshotsAlone() {
    let old = context.snapshot
    var configuration = ServerConfiguration()
    configuration.greeting = "new"
    context.snapshot = .init(configuration: configuration, accounts: AccountSource())
    #expect(old.configuration.greeting != "new")
    #expect(context.snapshot.configuration.greeting == "new")
  }
}

/// The shared state of a server that has no listener.
func makeContext(
  _ configuration: ServerConfiguration = ServerConfiguration(), _ accounts: AccountSource = AccountSource()
) throws -> ServerContext {
  ServerContext(
    reactor: try Reactor(), snapshot: .init(configuration: configuration, accounts: accounts), logger: quietLogger())
}

func quietLogger() -> Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
