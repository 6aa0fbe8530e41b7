// Sees to it that an upload's end does not have to wait long for the disk: it waits on the way.

import LinuxSystem

/// How far a file that grows has been told to be written, and up to where that has been waited for.
///
/// A client that has sent all waits for the final reply, FileZilla for 20 seconds, curl for 60. So no more than ``window`` bytes are ever on
/// their way to the disk: at 5 MB/s that is six seconds. A disk that is faster than the network never holds anybody up.
struct WriteBehind {
  private static let window: Int64 = 32 * 1024 * 1024
  private var told: Int64
  private var settled: Int64

  /// - Parameter start: where the upload begins.
  init(from start: Int64) { (told, settled) = (start, start) }

  /// The bytes up to `end` are in the file: has the kernel begin to write them.
  mutating func advance(to end: Int64, of file: Int32) {
    if end <= told { return }
    File.startWriting(file, told..<end)
    told = end
  }

  /// The bytes that have to be on the disk before more are taken; nil if there are few on the way.
  mutating func overdue() -> Range<Int64>? {
    guard told - settled > Self.window else { return nil }
    let range = settled..<(told - Self.window / 2)
    settled = range.upperBound
    return range
  }
}
