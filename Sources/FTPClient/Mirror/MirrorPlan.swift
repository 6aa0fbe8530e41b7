// What has to be done so that one tree becomes like another. Pure: two trees in, a plan out.

import FTPProtocol

/// How a mirror decides and what it may do.
public struct MirrorOptions: Sendable, Hashable {
  /// What makes two files the same.
  public enum Comparison: Sendable, Hashable {
    /// The same size, and the times not further apart than ``timeWindow``.
    case sizeAndTime
    /// The same size.
    case size
    /// The same size and the same digest, which the server computes.
    case digest
  }

  public var comparison = Comparison.sizeAndTime
  /// Seconds that times may differ: servers keep whole seconds.
  public var timeWindow: Int64 = 1
  /// The target cannot be given times: a file of the same size that is not older than its source is taken for its copy.
  public var targetKeepsNoTimes = false
  /// Seconds that the clock of such a target is ahead of the clock that the times of the source come from.
  public var clockDifference: Int64 = 0
  /// What is done with symbolic links. To have them followed upwards, the local directory has to be opened so
  /// (``LocalDirectory/init(_:followingLinks:)``).
  public var links = FileTree.Links.skip
  /// The copies get the permission bits (0o777) of their sources, and so do directories and files that are the same otherwise.
  public var keepsModes = false
  /// Removes what the source does not have, after everything was copied.
  public var deletes = false
  /// With more to delete than this, nothing is deleted; nil: no limit.
  public var deletionLimit: Int?
  /// Shell patterns for names and for paths; what fits one is left alone on both sides, unless it fits ``includes``.
  public var excludes: [String] = []
  /// Which files of the source are copied; others are left alone on both sides.
  public var filter = FileFilter()
  /// Files of the same size that are known to differ, for ``Comparison/digest``.
  var differing: Set<[UInt8]> = []
  public var includes: [String] = []

  public init() {}

  /// Whether a path is none of the mirror's business: it is excluded, or a part of a download.
  public func isWanted(_ path: [UInt8]) -> Bool {
    let name = path.lastIndex(of: 0x2F).map { Array(path[($0 + 1)...]) } ?? path
    if name.first == 0x2E, name.suffix(11).elementsEqual(".weftp-part".utf8) { return false }
    func fits(_ patterns: [String]) -> Bool {
      patterns.contains { pattern in
        let glob = Glob(Array(pattern.utf8), matchesHidden: true)
        return glob.matches(name) || glob.matches(path)
      }
    }
    return !fits(excludes) || fits(includes)
  }
}

/// A list of what is to be done, in order.
public struct MirrorPlan: Sendable, Equatable {
  /// A file to copy.
  public struct Copy: Sendable, Hashable {
    public let path: [UInt8]
    public let entry: FileTree.Entry
    /// It replaces a file of the target.
    public let replaces: Bool
  }

  /// Something of the target to remove.
  public struct Deletion: Sendable, Hashable {
    public let path: [UInt8]
    public let isDirectory: Bool
  }

  /// A symbolic link to make.
  public struct Link: Sendable, Hashable {
    public let path: [UInt8]
    /// Where it points to, as the text it is.
    public let target: [UInt8]
    /// It replaces a link of the target.
    public let replaces: Bool
  }

  /// Permission bits to set when everything is copied.
  public struct Mode: Sendable, Hashable {
    public let path: [UInt8]
    /// 0o777.
    public let mode: UInt16
  }

  /// Directories to make, each behind the one it is in.
  public private(set) var directories: [[UInt8]] = []
  public private(set) var copies: [Copy] = []
  public private(set) var links: [Link] = []
  /// What is in a directory before the directory: it may be one that nobody may write to.
  public private(set) var modes: [Mode] = []
  /// Files, and directories behind what is in them.
  public private(set) var deletions: [Deletion] = []
  /// Files that are the same on both sides.
  public private(set) var unchanged = 0
  /// Paths that are a file on one side and a directory, or something else, on the other; and links that are not kept, or lead out.
  public private(set) var conflicts: [[UInt8]] = []

  /// Bytes to copy, as far as they are known.
  public var bytes: UInt64 { copies.reduce(0) { $0 &+ ($1.entry.size ?? 0) } }

  /// Whether there is nothing to do.
  public var isEmpty: Bool {
    directories.isEmpty && copies.isEmpty && links.isEmpty && modes.isEmpty && deletions.isEmpty
  }

  /// Compares two trees.
  public init(from source: FileTree, to target: FileTree, _ options: MirrorOptions = MirrorOptions()) {
    for (path, entry) in source.entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let other = target.entries[path]
      if entry.kind == .file, !options.filter.admits(size: entry.size, modified: entry.modified) { continue }
      switch (entry.kind, other?.kind) {
      case (.directory, nil): directories.append(path)
      case (.directory, .directory?): break
      case (.file, nil): copies.append(Copy(path: path, entry: entry, replaces: false))
      case (.file, .file?):
        if let other, MirrorPlan.isSame(entry, other, options, path) {
          unchanged += 1
        } else {
          copies.append(Copy(path: path, entry: entry, replaces: true))
        }
      case (.link, nil), (.link, .link?): take(path, entry, other, options)
      default: conflicts.append(path)
      }
      if options.keepsModes, let mode = entry.mode, other == nil || (other?.kind == entry.kind && other?.mode != mode) {
        modes.append(Mode(path: path, mode: mode))
      }
    }
    modes.reverse()
    guard options.deletes else { return }
    // Backwards, what is in a directory comes before it.
    for (path, entry) in target.entries.sorted(by: { $1.key.lexicographicallyPrecedes($0.key) })
    where source.entries[path] == nil {
      deletions.append(Deletion(path: path, isDirectory: entry.kind == .directory))
    }
  }

  private mutating func take(
    _ path: [UInt8], _ entry: FileTree.Entry, _ other: FileTree.Entry?, _ options: MirrorOptions
  ) {
    guard options.links == .keep, let target = entry.linkTarget, FileTree.staysInside(path, target: target) else {
      return conflicts.append(path)
    }
    if other?.linkTarget == target {
      unchanged += 1
    } else {
      links.append(Link(path: path, target: target, replaces: other != nil))
    }
  }

  private static func isSame(
    _ one: FileTree.Entry, _ other: FileTree.Entry, _ options: MirrorOptions, _ path: [UInt8]
  ) -> Bool {
    guard let size = one.size, size == other.size else { return false }
    if options.comparison == .size { return true }
    if options.comparison == .digest { return !options.differing.contains(path) }
    guard let source = one.modified, let target = other.modified else { return false }
    // A listing that tells minutes or days can say no more than that.
    let window =
      switch min(source.precision, target.precision) {
      case .day: Int64(86_400)
      case .minute: max(options.timeWindow, 60)
      case .second, .fraction: options.timeWindow
      }
    let (difference, overflow) = source.seconds.subtractingReportingOverflow(target.seconds)
    if overflow { return false }
    // Its time is when it was copied, by the clock of the target.
    if options.targetKeepsNoTimes {
      return difference <= window.subtractingReportingOverflow(options.clockDifference).partialValue
    }
    return difference.magnitude <= window.magnitude
  }
}
