// Removes what came of broken uploads when nobody has come back for it, in the homes of those who have logged in.

import FTPProtocol
import Jail
import LinuxSystem
import Synchronization

/// Walks through homes, one after the other, on a thread of its own: a quarter of an hour after the first login to each, and again from
/// time to time.
final class PartialSweeper: Sendable {
  private struct State {
    /// When each home is to be walked through next.
    var due: [String: MonotonicTime] = [:]
    var isWalking = false
  }

  /// From the first login to a home to the first walk through it, in nanoseconds.
  private static let delay: Int64 = 900_000_000_000
  private static let limits = TreeLimits(entries: 1_000_000, depth: 128)
  private let state = Mutex(State())

  /// A home that somebody has logged in to.
  func note(_ home: String) {
    // Not at once: what matters then is the work that is waited for.
    state.withLock { if $0.due[home] == nil { $0.due[home] = MonotonicTime.now.advanced(by: Self.delay) } }
  }

  /// Begins a walk, if one is due and none is under way.
  ///
  /// - Parameters:
  ///   - keep: how long what came of broken uploads is kept.
  ///   - pool: where it runs.
  func sweep(
    keeping keep: Duration, _ jails: JailCache, in pool: WorkerPool, _ done: @escaping @Sendable (String, Int) -> Void
  ) {
    let now = MonotonicTime.now
    let home = state.withLock { state -> String? in
      guard !state.isWalking, let home = state.due.first(where: { $0.value <= now })?.key else { return nil }
      state.isWalking = true
      // Twice within the time they are kept, but not more often than every hour.
      state.due[home] = now.advanced(by: max(keep.inNanoseconds / 2, 3_600_000_000_000))
      return home
    }
    guard let home else { return }
    let time = WallClock.seconds - keep.components.seconds
    let ticket = pool.submit(for: .server, concurrency: 1) { turn in
      var removed = 0
      if let jail = try? jails.jail(home) {
        removed =
          (try? jail.sweepReserved(unchangedSince: time, in: .root, Self.limits) {
            turn.pass()
            return false
          }) ?? 0
      }
      self.state.withLock { $0.isWalking = false }
      if removed > 0 { done(home, removed) }
    }
    if ticket == nil { state.withLock { $0.isWalking = false } }
  }
}
