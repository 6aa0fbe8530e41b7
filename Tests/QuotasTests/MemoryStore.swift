// A store whose contents a test sees, and what tests do with a ledger.

import Synchronization

@testable import Quotas

/// Keeps counts in memory, across ledgers.
final class MemoryStore: QuotaStore {
  struct Contents {
    var tallies: [String: StoredTally] = [:]
    var traffic: [TrafficKey: Int64] = [:]
    var requests: Set<String> = []
    var failure: QuotaStoreError?
  }

  let contents = Mutex(Contents())

  subscript(directory: String) -> StoredTally? { contents.withLock { $0.tallies[directory] } }

  private func use<Value: Sendable>(
    _ body: (inout sending Contents) -> Value
  ) throws(QuotaStoreError) -> Value {
    if let failure = contents.withLock({ $0.failure }) { throw failure }
    return contents.withLock { body(&$0) }
  }

  func tally(of directory: String) throws(QuotaStoreError) -> StoredTally? { try use { $0.tallies[directory] } }

  func save(_ tallies: [StoredTally]) throws(QuotaStoreError) {
    try use { contents in
      for tally in tallies { contents.tallies[tally.directory] = tally }
    }
  }

  func traffic(_ key: TrafficKey) throws(QuotaStoreError) -> Int64 { try use { $0.traffic[key] ?? 0 } }

  func add(_ bytes: [TrafficKey: Int64]) throws(QuotaStoreError) -> [TrafficKey: Int64] {
    try use { contents in
      for (key, count) in bytes { contents.traffic[key, default: 0] += count }
      return contents.traffic.filter { bytes[$0.key] != nil }
    }
  }

  func requests() throws(QuotaStoreError) -> [String] { try use { Array($0.requests) } }
  func fulfilled(_ directory: String) throws(QuotaStoreError) { try use { _ = $0.requests.remove(directory) } }
}

/// What lies on a disk that is none.
final class Disk: Sendable {
  let usage = Mutex<[String: QuotaUsage]>([:])
  let counts = Mutex<[String]>([])
  let time = Mutex<Int64>(0)

  func ledger(_ store: any QuotaStore) -> QuotaLedger {
    QuotaLedger(
      store, clock: { self.time.withLock { $0 } },
      counting: { directory in
        self.counts.withLock { $0.append(directory) }
        return self.usage.withLock { $0[directory] ?? QuotaUsage() }
      }, tell: { _ in })
  }
}

extension QuotaLedger {
  /// Begins a change if it may begin now.
  func tryToEnter(_ entry: QuotaEntry) -> Bool { enter(entry, wake: {}) }

  /// Waits for the turn.
  func waitToEnter(_ entry: QuotaEntry) async {
    while true {
      let hasBegun = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
        if enter(entry, wake: { continuation.resume(returning: false) }) { continuation.resume(returning: true) }
      }
      if hasBegun { return }
    }
  }

  /// A change from its begin to its end.
  func change(_ usage: QuotaUsage, in tallies: [String]) async {
    let entry = QuotaEntry(tallies)
    await waitToEnter(entry)
    settle(usage, in: tallies)
    leave(entry)
  }
}
