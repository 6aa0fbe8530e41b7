// Reads a tree of this host.

import FTPProtocol
import LinuxSystem

extension FileTree {
  /// Reads what is beneath a directory of this host.
  ///
  /// Links are followed if `root` was opened so (``LocalDirectory/init(_:followingLinks:)``); one that leads to a directory it is itself in
  /// is passed over. Otherwise, and where nothing is at their end, they are told as ``Entry/Kind-swift.enum/link``.
  ///
  /// - Parameter isWanted: asked for each relative path; a directory that is not wanted is not entered.
  public static func read(
    _ root: LocalDirectory, where isWanted: (_ path: [UInt8], _ isDirectory: Bool) -> Bool = { _, _ in true }
  ) throws(ClientError) -> FileTree {
    var tree = FileTree()
    var pending = [try Pending(root, [], above: [])]
    while let place = pending.popLast() {
      for name in try place.directory.names() {
        guard let status = try place.directory.status(name) else { continue }
        let inner = join(place.path, name)
        guard isWanted(inner, status.isDirectory) else { continue }
        tree.entries[inner] = try Entry(status, name, place.directory)
        guard status.isDirectory else { continue }
        if place.above.count >= depthLimit {
          tree.skipped.append((inner, "too deep"))
        } else if place.above.contains(where: status.isSameFile) {
          tree.entries[inner] = nil
          tree.skipped.append((inner, "a link to a directory it is in"))
        } else {
          pending.append(try Pending(try place.directory.directory(name), inner, above: place.above))
        }
      }
    }
    return tree
  }

  /// A directory that is still to be read.
  private struct Pending {
    let directory: LocalDirectory
    let path: [UInt8]
    /// Itself and the directories it is in.
    let above: [FileStatus]

    init(_ directory: LocalDirectory, _ path: [UInt8], above: [FileStatus]) throws(ClientError) {
      self.directory = directory
      self.path = path
      self.above = above + [try directory.status()]
    }
  }
}

extension FileTree.Entry {
  fileprivate init(_ status: FileStatus, _ name: [UInt8], _ directory: LocalDirectory) throws(ClientError) {
    let modified = ListedTime(
      seconds: status.modified, nanoseconds: status.modifiedNanoseconds, precision: .fraction)
    if status.isDirectory {
      self.init(.directory)
    } else if status.isSymbolicLink {
      self.init(.link, modified: modified)
      linkTarget = try directory.linkTarget(name)
      return
    } else {
      self.init(status.isRegular ? .file : .other, size: status.size, modified: modified)
    }
    mode = UInt16(status.permissions & 0o777)
  }
}
