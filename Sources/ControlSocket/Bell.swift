// Wakes a thread that waits in poll(2), at most once for many who ring.

import LinuxSystem
import Synchronization

/// An eventfd that any thread may ring.
final class Bell: Sendable {
  private let counter: Descriptor
  private let isRung = Atomic(false)

  /// - Throws: when there is no descriptor left.
  init() throws(SystemError) { counter = try File.eventCounter() }

  /// What the thread polls.
  var number: Int32 { counter.number }

  /// Wakes the thread, unless that has been done since it was last awake.
  func ring() {
    if !isRung.exchange(true, ordering: .acquiringAndReleasing) { File.signal(counter.number) }
  }

  /// The thread is awake: it hears what is rung from now on.
  func silence() {
    File.takeSignals(counter.number)
    isRung.store(false, ordering: .sequentiallyConsistent)
  }
}
