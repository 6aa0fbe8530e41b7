// Tests every message to the service manager against a fake one.

import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import DaemonSupport

@Suite struct ServiceNotifierTests {
  private let directory: TemporaryDirectory
  private let manager: DatagramReceiver
  private let notifier: ServiceNotifier

  init() throws {
    directory = try TemporaryDirectory()
    manager = try DatagramReceiver(directory.path + "/notify")
    notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.address]))
  }

  @Test func aListenerIsKeptAndForgotten() throws {
    let bell = try Bell()
    #expect(notifier.keep(bell.number, name: "weftpd.listener.x") == nil)
    #expect(try manager.nextLines() == ["FDSTORE=1", "FDNAME=weftpd.listener.x"])
    #expect(notifier.forget("weftpd.listener.x") == nil)
    #expect(try manager.nextLines() == ["FDSTOREREMOVE=1", "FDNAME=weftpd.listener.x"])
    #expect(notifier.storeLimit == 0)
  }

  @Test func whoHasYieldedIsSilent() throws {
    notifier.yield(to: 4711)
    #expect(try manager.nextLines() == ["MAINPID=4711"])
    #expect(notifier.ready("x") == nil)
    notifier.stopping("x")
    notifier.alive()
    #expect(try manager.next(patience: .milliseconds(50)) == nil)
  }

  @Test func everyMessageIsWhatTheManualPageSays() throws {
    #expect(notifier.ready("3 sessions") == nil)
    #expect(try manager.nextLines() == ["READY=1", "MAINPID=\(getpid())", "STATUS=3 sessions"])

    let before = MonotonicTime.now.nanoseconds / 1000
    #expect(notifier.reloading() == nil)
    let reloading = try manager.nextLines()
    #expect(reloading.count == 3)
    #expect(reloading.first == "RELOADING=1")
    #expect(reloading.last == "STATUS=Reloading the settings")
    let parts = reloading[1].split(separator: "=")
    #expect(parts.first == "MONOTONIC_USEC")
    let time = try #require(parts.last.flatMap { Int64($0) })
    #expect(time >= before && time <= MonotonicTime.now.nanoseconds / 1000)

    #expect(notifier.stopping("one\ntwo") == nil)
    #expect(try manager.nextLines() == ["STOPPING=1", "STATUS=one two"])
    #expect(notifier.status("x") == nil)
    #expect(try manager.nextLines() == ["STATUS=x"])
    #expect(notifier.alive() == nil)
    #expect(try manager.nextLines() == ["WATCHDOG=1"])
  }

  @Test func anAbstractNameIsAsGood() throws {
    let manager = try DatagramReceiver("@weftpd-test-\(getpid())-notify")
    let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.address]))
    notifier.alive()
    #expect(try manager.nextLines() == ["WATCHDOG=1"])
  }

  @Test func withoutAManagerThereIsNoNotifier() {
    #expect(ServiceNotifier(environment: [:]) == nil)
    #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET": "vsock:2:1234"]) == nil)
  }

  @Test func aManagerThatIsGoneIsToldAsAnError() throws {
    let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": directory.path + "/none"]))
    #expect(notifier.ready("")?.code == ENOENT)
  }

  @Test(arguments: [
    (["WATCHDOG_USEC": "30000000"], Duration.seconds(30)),
    (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], .seconds(30)),
    (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], nil),
    (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
  ])
  func theWatchdogIsOurs(_ environment: [String: String], _ expected: Duration?) throws {
    var environment = environment
    environment["NOTIFY_SOCKET"] = manager.address
    #expect(try #require(ServiceNotifier(environment: environment, processID: 7)).watchdog == expected)
  }
}
