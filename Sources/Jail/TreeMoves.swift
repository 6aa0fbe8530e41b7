// Tells whether a directory was moved while a path was looked up.

import FTPProtocol
import LinuxSystem
import Synchronization

/// Counts the renames of this process that may move a directory, so that whoever looks a path up learns whether one came in between.
enum TreeMoves {
  private static let begun = Atomic<UInt>(0)
  private static let ended = Atomic<UInt>(0)

  /// A moment in which no directory is being moved; nil: one is.
  static var moment: UInt? {
    // In this order: what has ended before cannot have begun after.
    let ended = ended.load(ordering: .sequentiallyConsistent)
    let begun = begun.load(ordering: .sequentiallyConsistent)
    return begun == ended ? begun : nil
  }

  /// Whether no move has begun since `moment`.
  static func isUndisturbed(since moment: UInt?) -> Bool {
    moment == begun.load(ordering: .sequentiallyConsistent)
  }

  #if WEFT_TEST_HOOKS
    /// Called when a path has been looked up, so that tests can move something at that very moment. Not in release builds.
    static let lookedUp = Mutex<(@Sendable (VirtualPath) -> Void)?>(nil)
  #endif

  /// Runs `body`, which may move a directory.
  static func during(_ body: () throws(SystemError) -> Void) throws(SystemError) {
    begun.add(1, ordering: .sequentiallyConsistent)
    defer { ended.add(1, ordering: .sequentiallyConsistent) }
    try body()
  }
}
