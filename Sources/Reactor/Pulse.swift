// Asks a thread whether it still runs its loop, and waits a limited time for the answer.

import Dispatch
import LinuxSystem
import Synchronization

/// The pulse of a watched thread. One thread answers; only one thread at a time may ask.
public final class Pulse: Sendable {
  private let asked = Atomic<UInt64>(0)
  private let answered = Atomic<UInt64>(0)
  private let arrival = DispatchSemaphore(value: 0)

  public init() {}

  /// The watched thread calls this in each round of its loop; it costs two loads if nobody has asked.
  public func answer() {
    let wanted = asked.load(ordering: .acquiring)
    guard answered.load(ordering: .relaxed) != wanted else { return }
    answered.store(wanted, ordering: .releasing)
    arrival.signal()
  }

  /// Asks, wakes the thread with `ring`, and waits for its answer.
  ///
  /// - Returns: false if no answer came within `limit`.
  public func check(within limit: Duration, ring: () -> Void) -> Bool {
    let wanted = asked.add(1, ordering: .acquiringAndReleasing).newValue
    ring()
    let deadline = DispatchTime.now() + .nanoseconds(Int(clamping: limit.inNanoseconds))
    // A late answer to an earlier question may have left a signal behind, so only the number counts.
    while answered.load(ordering: .acquiring) < wanted {
      if arrival.wait(timeout: deadline) == .timedOut { return answered.load(ordering: .acquiring) >= wanted }
    }
    return true
  }
}
