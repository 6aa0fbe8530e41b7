// One of several servers that share a PostgreSQL in tests: a ledger, and what is on its disk.

import Dispatch
import LinuxSystem
import PostgresClient
import PostgresQuotas
import Synchronization
import TestSupport

@testable import Quotas

/// Files that are none: what a directory holds, seen by all servers or by one.
final class Disk: Sendable {
  let usage = Mutex(QuotaUsage())
  var now: QuotaUsage { usage.withLock { $0 } }
  let counts = Atomic<Int>(0)
}

/// One server of several.
final class Node: Sendable {
  let store: PostgresQuotaStore
  let ledger: QuotaLedger
  let disk: Disk

  init(_ database: PostgresServer, _ name: String, _ disk: Disk, shared: Bool = true, lease: Int = 60) {
    self.disk = disk
    store = PostgresQuotaStore(
      PostgresOptions(database.socketConnection), server: name, areFilesShared: shared, lease: lease)
    ledger = QuotaLedger(
      store, clock: { MonotonicTime.now.nanoseconds },
      counting: { _ in
        disk.counts.add(1, ordering: .relaxed)
        return disk.now
      }, tell: { print("ledger \(name): \($0)") })
  }

  /// Waits until a change may begin.
  func enter(_ entry: QuotaEntry, patience: Duration = .seconds(240)) throws {
    let deadline = Deadline.after(patience)
    while true {
      let bell = DispatchSemaphore(value: 0)
      if ledger.enter(entry, wake: { bell.signal() }) { return }
      try require(!deadline.hasPassed, "the turn does not come")
      _ = bell.wait(timeout: .now() + .milliseconds(500))
    }
  }

  func ask(_ change: QuotaUsage, _ bound: QuotaBound, extra: QuotaUsage = QuotaLedger.chunk) throws -> QuotaOutcome {
    let bell = DispatchSemaphore(value: 0)
    let asked = ledger.ask(
      for: change, extra: extra, in: bound.directories, within: [bound], wake: { bell.signal() })
    if let outcome = asked.outcome { return outcome }
    try require(bell.wait(timeout: .now() + .seconds(60)) == .success, "no answer")
    guard let outcome = asked.request?.outcome else { throw TestFailure("woken without an outcome") }
    return outcome
  }

  /// A file from its reservation to its count.
  /// - Returns: whether there was room for it.
  func store(_ bytes: Int64, _ bound: QuotaBound) throws -> Bool {
    let file = QuotaUsage(bytes: bytes, files: 1)
    let entry = QuotaEntry(bound.directories)
    try enter(entry)
    defer { ledger.leave(entry) }
    guard case .made(let epoch) = try ask(file, bound) else { return false }
    disk.usage.withLock { $0 += file }
    ledger.settle(file, in: bound.directories, reserved: file, epoch: epoch)
    return true
  }

  func remove(_ bytes: Int64, _ bound: QuotaBound) throws {
    let file = QuotaUsage(bytes: bytes, files: 1)
    let entry = QuotaEntry(bound.directories)
    try enter(entry)
    defer { ledger.leave(entry) }
    disk.usage.withLock { $0 -= file }
    ledger.settle(-file, in: bound.directories)
  }

  func usage(_ bound: QuotaBound) -> QuotaUsage? { ledger.standings([bound])?.first?.usage }
}
