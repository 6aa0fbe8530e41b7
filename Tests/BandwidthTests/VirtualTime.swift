// Time that passes only when a test lets it, and transfers that live in it.

import Synchronization

@testable import Bandwidth

/// A clock of the test's.
final class VirtualTime: Sendable {
  private let state = Mutex<Int64>(0)

  /// Nanoseconds.
  var now: Int64 {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  var clock: RateClock { RateClock(now: { self.now }) }

  static let second: Int64 = 1_000_000_000
}

/// A transfer that moves all it may, at once or as fast as its client takes it.
final class VirtualTransfer {
  let throttle: Throttle
  /// Bytes per second that the client takes; nil: any number.
  let clientRate: Int?
  /// Nanoseconds by which every wake comes late.
  let lateness: Int64
  private(set) var moved = 0
  fileprivate var due: Int64 = 0

  init(_ throttle: Throttle, clientRate: Int? = nil, lateness: Int64 = 0) {
    self.throttle = throttle
    self.clientRate = clientRate
    self.lateness = lateness
  }

  /// Does what can be done now, and says when to go on.
  fileprivate func go(at now: Int64) {
    let delay = throttle.ask(for: .max)
    if delay > 0 {
      due = now + delay + lateness
      return
    }
    let bytes = throttle.credit
    throttle.spend(bytes)
    moved += bytes
    due = now + (clientRate.map { Int64(bytes) * VirtualTime.second / Int64($0) } ?? 0)
  }

  func startCounting() { moved = 0 }
}

extension VirtualTime {
  /// Lets time pass for transfers.
  func run(_ transfers: [VirtualTransfer], for nanoseconds: Int64) {
    let end = now + nanoseconds
    for transfer in transfers { transfer.due = max(transfer.due, now) }
    while let next = transfers.min(by: { $0.due < $1.due }), next.due < end {
      now = max(now, next.due)
      for transfer in transfers where transfer.due <= now { transfer.go(at: now) }
    }
    now = end
  }
}
