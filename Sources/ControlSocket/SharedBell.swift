// Wakes the thread of the control socket, at most once for many who ring.

import LinuxSystem
import Synchronization

/// A bell that writes to its descriptor only for the first of those who ring while the thread has not heard it.
final class SharedBell: Sendable {
  private let bell: Bell
  private let isRung = Atomic(false)

  /// - Throws: when there is no descriptor left.
  init() throws(SystemError) { bell = try Bell() }

  /// What the thread polls.
  var number: Int32 { bell.number }

  /// Wakes the thread, unless that has been done since it was last awake.
  func ring() {
    if !isRung.exchange(true, ordering: .acquiringAndReleasing) { bell.ring() }
  }

  /// The thread is awake: it hears what is rung from now on.
  func silence() {
    bell.hush()
    isRung.store(false, ordering: .sequentiallyConsistent)
  }
}
