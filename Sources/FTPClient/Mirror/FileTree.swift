// A tree of files and directories as plain values, from this host or from a server.

import CLinux
import FTPProtocol
import LinuxSystem

/// What is beneath a directory: relative paths, with `/` between components, and what is known of each.
public struct FileTree: Sendable, Equatable {
  /// One file or directory.
  public struct Entry: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case file, directory, other }

    public var kind: Kind
    /// Bytes; nil if the listing did not tell.
    public var size: UInt64?
    /// When the contents were last changed; nil if the listing did not tell.
    public var modified: ListedTime?

    /// An entry as it is.
    public init(_ kind: Kind, size: UInt64? = nil, modified: ListedTime? = nil) {
      self.kind = kind
      self.size = size
      self.modified = modified
    }
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
}

extension FileTree {
  /// Reads what is beneath a directory of this host. Links are not followed, and are told as ``Entry/Kind-swift.enum/other``.
  ///
  /// - Parameter isWanted: asked for each relative path; a directory that is not wanted is not entered.
  public static func read(
    _ root: LocalDirectory, where isWanted: (_ path: [UInt8], _ isDirectory: Bool) -> Bool = { _, _ in true }
  ) throws(ClientError) -> FileTree {
    var tree = FileTree()
    var pending: [(directory: LocalDirectory, path: [UInt8], depth: Int)] = [(root, [], 0)]
    while let (directory, path, depth) = pending.popLast() {
      for name in try directory.names() {
        guard let status = try directory.status(name) else { continue }
        let inner = join(path, name)
        guard isWanted(inner, status.isDirectory) else { continue }
        let modified = ListedTime(
          seconds: status.modified, nanoseconds: status.modifiedNanoseconds, precision: .fraction)
        if status.isDirectory {
          tree.entries[inner] = Entry(.directory)
          guard depth < depthLimit else {
            tree.skipped.append((inner, "too deep"))
            continue
          }
          pending.append((try directory.directory(name), inner, depth + 1))
        } else {
          tree.entries[inner] = Entry(status.isRegular ? .file : .other, size: status.size, modified: modified)
        }
      }
    }
    return tree
  }

  /// Reads what is beneath a directory of a server, level by level. A name that would lead elsewhere is passed over.
  ///
  /// - Parameter pool: where further sessions come from, if the directories are many.
  public static func read(
    _ session: ClientSession, _ root: RemotePath, pool: SessionPool? = nil,
    isolation: isolated (any Actor)? = #isolation,
    where isWanted: (_ path: [UInt8], _ isDirectory: Bool) -> Bool = { _, _ in true }
  ) async throws(ClientError) -> FileTree {
    var tree = FileTree()
    var level: [[UInt8]] = [[]]
    var depth = 0
    while !level.isEmpty {
      let listings = try await session.lists(level.map { $0.isEmpty ? root : root.appending($0) }, pool: pool)
      var next: [[UInt8]] = []
      for (path, entries) in zip(level, listings) {
        for entry in entries {
          guard let inner = try tree.add(entry, in: path, beneath: root, isWanted), entry.kind == .directory else {
            continue
          }
          if depth < depthLimit { next.append(inner) } else { tree.skipped.append((inner, "too deep")) }
        }
      }
      level = next
      depth += 1
    }
    return tree
  }

  /// Adds what a listing told.
  ///
  /// - Returns: its relative path; nil if it is passed over.
  private mutating func add(
    _ entry: ListedEntry, in path: [UInt8], beneath root: RemotePath,
    _ isWanted: (_ path: [UInt8], _ isDirectory: Bool) -> Bool
  ) throws(ClientError) -> [UInt8]? {
    guard entry.isSafeName else {
      skipped.append((FileTree.join(path, entry.name), "an unsafe name"))
      return nil
    }
    let inner = FileTree.join(path, entry.name)
    let isDirectory = entry.kind == .directory
    guard isWanted(inner, isDirectory) else { return nil }
    guard entries.count < FileTree.entryLimit else {
      throw ClientError(.protocolViolation, "there are more than \(FileTree.entryLimit) files beneath \(root)")
    }
    let kind: Entry.Kind = isDirectory ? .directory : entry.kind == .file ? .file : .other
    entries[inner] = Entry(kind, size: entry.size, modified: entry.modified)
    return inner
  }
}
