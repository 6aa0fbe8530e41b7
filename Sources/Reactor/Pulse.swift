// Asks a thread to show that it still goes round its loop, and waits for the answer a bounded time.

import Dispatch
import LinuxSystem
import Synchronization

/// The pulse of a thread under watch. One thread answers, one at a time asks.
public final class Pulse: Sendable {
  private let asked = Atomic<UInt64>(0)
  private let answered = Atomic<UInt64>(0)
  private let arrival = DispatchSemaphore(value: 0)

  public init() {}

  /// Called by the thread under watch in each round; costs two loads when nobody has asked.
  public func answer() {
    let wanted = asked.load(ordering: .acquiring)
    guard answered.load(ordering: .relaxed) != wanted else { return }
    answered.store(wanted, ordering: .releasing)
    arrival.signal()
  }

  /// Asks, has `ring` wake the thread, and waits for its answer.
  ///
  /// - Returns: False when it did not come within `limit`.
  public func check(within limit: Duration, ring: () -> Void) -> Bool {
    let wanted = asked.add(1, ordering: .acquiringAndReleasing).newValue
    ring()
    let deadline = DispatchTime.now() + .nanoseconds(Int(clamping: limit.inNanoseconds))
    // An answer to an earlier question, late, may have left its signal behind: the number decides.
    while answered.load(ordering: .acquiring) < wanted {
      if arrival.wait(timeout: deadline) == .timedOut { return answered.load(ordering: .acquiring) >= wanted }
    }
    return true
  }
}
