// Attributes of files in the jail: permissions, group, times, time of creation, symbolic links.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// Attributes to set together; nil leaves an attribute unchanged.
public struct FileChanges: Sendable, Hashable {
  /// The nine permission bits.
  public var permissions: UInt32?
  public var group: UInt32?
  public var modified: FileTime?

  public init(permissions: UInt32? = nil, group: UInt32? = nil, modified: FileTime? = nil) {
    self.permissions = permissions
    self.group = group
    self.modified = modified
  }
}

extension Jail {
  /// Sets all given attributes of the file `path` leads to, or none: after a failure, attributes already set are restored.
  ///
  /// The file is looked up once, inside the root, and all changes are made to that one descriptor, so a link that is swapped in
  /// meanwhile has no effect.
  public func change(_ path: VirtualPath, _ changes: FileChanges) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      let file = try at.open(path, flags: WEFT_O_PATH)
      let before = try File.status(file.number)
      do throws(SystemError) {
        if let group = changes.group { try File.setGroup(file.number, group) }
        if let permissions = changes.permissions { try at.setPermissions(file.number, permissions) }
        if let time = changes.modified {
          try File.setModificationTime(file.number, seconds: time.seconds, nanoseconds: time.nanoseconds)
        }
      } catch {
        if changes.group != nil { try? File.setGroup(file.number, before.group) }
        if changes.permissions != nil { try? File.setPermissions(file.number, before.permissions) }
        throw error
      }
    }
  }

  /// Sets access and modification time of what `path` leads to.
  public func setTimes(_ path: VirtualPath, accessed: Int64, modified: FileTime) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      let file = try at.open(path, flags: WEFT_O_PATH)
      try File.setTimes(file.number, accessed: accessed, modified: modified)
    }
  }

  /// The time `path` was created; a link at its end is not followed. Throws ENODATA if the file system does not record it.
  public func birthTime(of path: VirtualPath) throws(SystemError) -> FileTime {
    try standing { (at) throws(SystemError) in
      let file = try at.open(path, flags: WEFT_O_PATH | O_NOFOLLOW)
      return try File.birthTime(in: file.number, name: "")
    }
  }

  /// The text of the symbolic link `path`. Throws EINVAL if it is not a symbolic link.
  public func linkTarget(of path: VirtualPath) throws(SystemError) -> [UInt8] {
    try standing { (at) throws(SystemError) in
      let link = try at.open(path, flags: WEFT_O_PATH | O_NOFOLLOW)
      return try File.linkTarget(in: link.number, name: "")
    }
  }

  /// Creates a symbolic link. Its text is not checked, because following it later never leaves the root.
  public func makeSymbolicLink(_ path: VirtualPath, target: [UInt8]) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      try at.inParent(of: path) { (parent, name) throws(SystemError) in
        try withCString(target) { (text) throws(SystemError) in
          try File.makeSymbolicLink(in: parent, name: name, target: text)
        }
      }
    }
  }
}

extension Foothold {
  /// Sets permission bits, but never shuts the root: see ``Jail/setPermissions(_:_:)``.
  func setPermissions(_ file: Int32, _ mode: UInt32) throws(SystemError) {
    if mode & 0o500 != 0o500 {
      let status = try File.status(file)
      var isRoot = try File.status(root).isSameFile(as: status)
      if let extras, !isRoot { isRoot = try extras.hasRoot(status) }
      if isRoot { throw SystemError(code: EBUSY, call: "fchmodat2") }
    }
    try File.setPermissions(file, mode)
  }
}

extension JailExtras {
  /// Whether a file is the root of one of the branches.
  fileprivate func hasRoot(_ status: FileStatus) throws(SystemError) -> Bool {
    for branch in branches {
      if try File.status(branch.tree.number).isSameFile(as: status) { return true }
    }
    return false
  }
}
