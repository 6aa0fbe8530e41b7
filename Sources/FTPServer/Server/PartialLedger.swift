// Counts what is kept of each user's broken uploads, and tells which is to go when it is too much.

import FTPProtocol
import Synchronization

/// The partials that this server has seen since its start; those of before are swept by age.
final class PartialLedger: Sendable {
  struct User: Hashable {
    let host: String?
    let name: [UInt8]
    let home: String
  }

  private let kept = Mutex<[User: [VirtualPath]]>([:])

  /// Something is kept of an upload of `path`.
  ///
  /// - Parameters:
  ///   - limit: how many may be kept.
  ///   - isThere: whether something is still kept of an upload.
  /// - Returns: those of which nothing may be kept any more, the oldest first.
  func note(
    _ path: VirtualPath, of user: User, limit: Int, isThere: (VirtualPath) -> Bool
  ) -> [VirtualPath] {
    let known = kept.withLock { kept -> [VirtualPath] in
      var paths = kept[user] ?? []
      paths.removeAll { $0 == path }
      paths.append(path)
      kept[user] = paths
      return paths
    }
    if known.count <= limit { return [] }
    // Most have been completed since, which is not told here.
    let present = known.filter(isThere)
    let surplus = present.prefix(max(0, present.count - limit))
    let gone = Set(known).subtracting(present).union(surplus)
    kept.withLock { kept in
      kept[user]?.removeAll { gone.contains($0) }
      if kept[user]?.isEmpty == true { kept[user] = nil }
    }
    return Array(surplus)
  }
}
