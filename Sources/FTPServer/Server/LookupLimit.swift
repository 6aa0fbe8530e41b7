// How many questions about accounts may be on their way at once, so that a flood of names does not become a flood of questions.

import Synchronization

/// Counts the look-ups that have not ended. One that nobody waits for any more still counts: its question is still being answered.
final class LookupLimit: Sendable {
  private let running = Atomic<Int>(0)
  private let limit: Int

  /// - Parameter limit: how many there may be; as many as may wait for their password to be verified.
  init(_ limit: Int = 1024) { self.limit = limit }

  /// Whether one more may begin; if so, ``leave()`` has to follow.
  func enter() -> Bool {
    if running.add(1, ordering: .relaxed).oldValue < limit { return true }
    leave()
    return false
  }

  /// One has ended.
  func leave() { running.subtract(1, ordering: .relaxed) }

  /// How many there are now.
  var count: Int { running.load(ordering: .relaxed) }
}
