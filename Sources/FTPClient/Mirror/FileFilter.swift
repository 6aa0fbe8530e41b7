// Which files of a tree are meant, by their size and their time.

import FTPProtocol

/// Bounds on the size and the time of files; nil is no bound.
public struct FileFilter: Sendable, Hashable {
  /// Bytes.
  public var minimumSize: UInt64?
  public var maximumSize: UInt64?
  /// Seconds since 1970: changed at this time or later.
  public var newerThan: Int64?
  /// Changed before this time.
  public var olderThan: Int64?

  public init() {}

  /// Whether a file is within the bounds. What is not known of it does not fit a bound.
  public func admits(size: UInt64?, modified: ListedTime?) -> Bool {
    if minimumSize != nil || maximumSize != nil {
      guard let size, size >= minimumSize ?? 0, size <= maximumSize ?? .max else { return false }
    }
    if newerThan != nil || olderThan != nil {
      guard let seconds = modified?.seconds, seconds >= newerThan ?? .min, seconds < olderThan ?? .max else {
        return false
      }
    }
    return true
  }
}
