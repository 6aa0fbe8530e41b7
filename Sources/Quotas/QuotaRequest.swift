// A reservation that a shared store is asked for.

import Synchronization

/// What came of a reservation.
public enum QuotaOutcome: Sendable, Equatable {
  /// It is made; void when ``QuotaLedger/epoch`` is another.
  case made(epoch: Int)
  /// There is no room.
  case refused
  /// Nobody can tell: the store has not answered for too long.
  case unavailable
}

/// A reservation under way. Whoever waits looks at ``outcome``, and has to ``QuotaLedger/abandon(_:)`` it if it does not wait any more.
public final class QuotaRequest: Sendable {
  let change: QuotaUsage
  let extra: QuotaUsage
  let tallies: [String]
  let bounds: [QuotaBound]
  /// When it began, by the clock of the ledger.
  let start: Int64
  let wake: @Sendable () -> Void

  struct State {
    var outcome: QuotaOutcome?
    var isAbandoned = false
    /// Others have been asked to give something back.
    var hasAskedOthers = false
  }
  let state = Mutex(State())

  init(
    _ change: QuotaUsage, extra: QuotaUsage, in tallies: [String], within bounds: [QuotaBound], at start: Int64,
    wake: @escaping @Sendable () -> Void
  ) {
    (self.change, self.extra, self.tallies, self.bounds) = (change, extra, tallies, bounds)
    (self.start, self.wake) = (start, wake)
  }

  /// What came of it; nil: nothing yet.
  public var outcome: QuotaOutcome? { state.withLock { $0.outcome } }

  /// - Returns: false if nobody waits for it any more.
  func finish(_ outcome: QuotaOutcome) -> Bool {
    let isWanted = state.withLock { state in
      state.outcome = outcome
      return !state.isAbandoned
    }
    if isWanted { wake() }
    return isWanted
  }
}
