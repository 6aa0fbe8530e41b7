// A tree of files and directories as plain values, from this host or from a server.

import FTPProtocol
import LinuxSystem

/// What is beneath a directory: relative paths, with `/` between components, and what is known of each.
public struct FileTree: Sendable, Equatable {
  /// One file or directory.
  public struct Entry: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case file, directory, link, other }

    public var kind: Kind
    /// Bytes; nil if the listing did not tell.
    public var size: UInt64?
    /// When the contents were last changed; nil if the listing did not tell.
    public var modified: ListedTime?
    /// The permission bits, 0o777; nil if the listing did not tell.
    public var mode: UInt16?
    /// Where a symbolic link points to, as the text it is; nil if nobody tells.
    public var linkTarget: [UInt8]?

    /// An entry as it is.
    public init(_ kind: Kind, size: UInt64? = nil, modified: ListedTime? = nil) {
      self.kind = kind
      self.size = size
      self.modified = modified
    }
  }

  /// What is done with symbolic links.
  public enum Links: String, Sendable, Hashable, CaseIterable {
    /// They are told as ``Entry/Kind-swift.enum/link``, and a mirror leaves them alone.
    case skip
    /// What they lead to counts in their place.
    case follow
    /// They are told as ``Entry/Kind-swift.enum/link``, and a mirror makes links of them on the other side.
    case keep
  }

  /// By relative path.
  public var entries: [[UInt8]: Entry] = [:]
  /// What was passed over, and why.
  public var skipped: [(path: [UInt8], reason: String)] = []

  /// An empty tree.
  public init() {}

  public static func == (one: FileTree, other: FileTree) -> Bool { one.entries == other.entries }

  /// The most levels that are entered.
  static let depthLimit = 100
  /// The most entries that are kept.
  static let entryLimit = 5_000_000

  static func join(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
    directory.isEmpty ? name : directory + [0x2F] + name
  }

  /// The last component of a relative path.
  static func name(_ path: [UInt8]) -> [UInt8] { path.lastIndex(of: 0x2F).map { Array(path[($0 + 1)...]) } ?? path }

  /// The relative path of the directory a path is in; empty for the root.
  static func parent(_ path: [UInt8]) -> [UInt8] { Array(path[..<(path.lastIndex(of: 0x2F) ?? 0)]) }

  /// Whether a link at `path` stays beneath the root of the tree: its text is relative and never goes above the root.
  static func staysInside(_ path: [UInt8], target: [UInt8]) -> Bool {
    if target.isEmpty || target.first == 0x2F || target.contains(0) { return false }
    var depth = path.split(separator: 0x2F).count - 1
    for name in target.split(separator: 0x2F) {
      if name.elementsEqual([0x2E]) { continue }
      depth += name.elementsEqual([0x2E, 0x2E]) ? -1 : 1
      if depth < 0 { return false }
    }
    return true
  }
}
