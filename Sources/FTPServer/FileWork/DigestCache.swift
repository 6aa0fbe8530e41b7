// Remembers digests of files that have not changed since.

import LinuxSystem
import Synchronization
import TransportSecurity

/// A bounded table of digests; when it is full, the oldest entry goes.
///
/// The key holds the time of the last change besides size and modification time: a client can set the latter back (MFMT), the former
/// nobody can. See docs/decisions/0017.
final class DigestCache: Sendable {
  struct Key: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: UInt64
    let modified: FileTime
    let changed: FileTime
    let algorithm: DigestAlgorithm
    let range: Range<UInt64>

    init(_ status: FileStatus, _ algorithm: DigestAlgorithm, _ range: Range<UInt64>) {
      device = status.device
      inode = status.inode
      size = status.size
      modified = FileTime(seconds: status.modified, nanoseconds: status.modifiedNanoseconds)
      changed = FileTime(seconds: status.changed, nanoseconds: status.changedNanoseconds)
      self.algorithm = algorithm
      self.range = range
    }
  }

  private struct State {
    var digests: [Key: [UInt8]] = [:]
    /// The keys in the order they came, as a ring.
    var order: [Key] = []
    var oldest = 0
  }

  /// A file changed less than this many seconds ago could change again without its time stamps telling: the kernel's are coarse.
  private static let settling: Int64 = 2

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int = 4096) { self.limit = max(1, limit) }

  var count: Int { state.withLock { $0.digests.count } }

  func digest(_ key: Key) -> [UInt8]? { state.withLock { $0.digests[key] } }

  /// Remembers a digest, unless the file has only just changed.
  func remember(_ digest: [UInt8], for key: Key, now: Int64 = WallClock.seconds) {
    let (age, overflow) = now.subtractingReportingOverflow(max(key.changed.seconds, key.modified.seconds))
    // A time in the future tells nothing of the age.
    guard !overflow, age >= Self.settling else { return }
    record(digest, for: key)
  }

  /// Remembers the digest of a file that nobody else could open until now, however new it is.
  func record(_ digest: [UInt8], for key: Key) {
    state.withLock { state in
      guard state.digests.updateValue(digest, forKey: key) == nil else { return }
      if state.order.count < limit { return state.order.append(key) }
      state.digests[state.order[state.oldest]] = nil
      state.order[state.oldest] = key
      state.oldest = (state.oldest + 1) % limit
    }
  }
}
