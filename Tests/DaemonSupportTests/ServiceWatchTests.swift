// Tests that the watchdog is fed only while threads turn, and that the status is sent when it changes.

import Logging
import ServerLog
import Synchronization
import TestSupport
import Testing
import UnitSupport

@testable import DaemonSupport

@Suite(.timeLimit(.minutes(5))) struct ServiceWatchTests {
  private let directory: TemporaryDirectory
  private let manager: DatagramReceiver
  private let pipe: Pipe
  private let log: DaemonLog

  init() throws {
    directory = try TemporaryDirectory()
    manager = try DatagramReceiver(directory.path + "/notify")
    pipe = try Pipe(isBlocking: true)
    log = DaemonLog(descriptor: pipe.writeNumber)
  }

  /// The values a watch looks at, for the test to change.
  private final class Server: Sendable {
    let stuck = Mutex<[String]>([])
    let limits = Mutex<[Duration]>([])
    let status = Mutex("0 sessions")
  }

  private func watch(_ server: Server, watchdog: String?) throws -> ServiceWatch {
    var environment = ["NOTIFY_SOCKET": manager.address]
    environment["WATCHDOG_USEC"] = watchdog
    let notifier = try #require(ServiceNotifier(environment: environment))
    let watch = ServiceWatch(
      notifier, logger: log.logger(), statusPause: .milliseconds(5),
      stuckThreads: { limit in
        server.limits.withLock { $0.append(limit) }
        return server.stuck.withLock { $0 }
      }, status: { server.status.withLock { $0 } })
    try watch.start()
    return watch
  }

  @Test func theWatchdogIsFedUntilAThreadHangsAndAgainWhenItGoesOn() throws {
    let server = Server()
    let watch = try watch(server, watchdog: "40000")
    for _ in 0..<3 { try manager.wait(for: "WATCHDOG=1") }
    #expect(server.limits.withLock { $0.first } == .milliseconds(10))
    server.stuck.withLock { $0 = ["reactor"] }
    #expect(pipe.lines(1).first?.hasSuffix("reactor did not answer in time; the watchdog is not notified") == true)
    // What was on its way is passed over; then the two next checks feed nothing.
    while try manager.next(patience: .zero) != nil {}
    let checks = server.limits.withLock { $0.count }
    while server.limits.withLock({ $0.count }) < checks + 3 { _ = pipe.lines(1) }
    #expect(try manager.next(patience: .zero) == nil)
    server.stuck.withLock { $0 = [] }
    try manager.wait(for: "WATCHDOG=1")
    watch.stop()
  }

  @Test func theStatusIsSentWhenItChanges() throws {
    let server = Server()
    let watch = try watch(server, watchdog: nil)
    #expect(try manager.nextLines() == ["STATUS=0 sessions"])
    server.status.withLock { $0 = "1 session" }
    #expect(try manager.nextLines() == ["STATUS=1 session"])
    // Nothing changes: nothing is sent, however often it looks.
    #expect(try manager.next(patience: .milliseconds(50)) == nil)
    #expect(server.limits.withLock { $0.isEmpty })
    watch.stop()
  }
}
