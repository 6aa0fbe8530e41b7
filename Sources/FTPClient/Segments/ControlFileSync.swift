// Syncs parts on a thread of their own: a session's turn must not wait for the disk.

import Dispatch

enum ControlFileSync {
  /// Syncs what has come, if it is time, without waiting for it.
  ///
  /// - Parameter part: stays open as long as the transfer runs; ``ControlFile/settle()`` waits for a sync that is under way.
  static func sync(_ record: ControlFile, _ part: Int32) {
    guard record.isDue() else { return }
    DispatchQueue.global(qos: .utility).async { record.sync(part) }
  }
}
