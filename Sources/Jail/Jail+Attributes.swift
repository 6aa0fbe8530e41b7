// What a file of the jail is besides its contents: permissions, group, times, when it was made.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// Attributes to be set together; nil leaves one as it is.
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
  /// Sets several attributes of what `path` leads to, or none: after a failure those set before are set back.
  ///
  /// The file is looked up once, inside the root, and everything is done to that one descriptor: a link put in its place meanwhile
  /// changes nothing.
  public func change(_ path: VirtualPath, _ changes: FileChanges) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      let file = try at.open(path, flags: WEFT_O_PATH)
      let before = try File.status(file.number)
      do throws(SystemError) {
        if let group = changes.group { try File.setGroup(file.number, group) }
        if let permissions = changes.permissions { try File.setPermissions(file.number, permissions) }
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

  /// When `path` was made, a link at its end not followed. Throws ENODATA when the file system does not keep it.
  public func birthTime(of path: VirtualPath) throws(SystemError) -> FileTime {
    try standing { (at) throws(SystemError) in
      let file = try at.open(path, flags: WEFT_O_PATH | O_NOFOLLOW)
      return try File.birthTime(in: file.number, name: "")
    }
  }

  /// The text of the symbolic link `path`. Throws EINVAL if it is none.
  public func linkTarget(of path: VirtualPath) throws(SystemError) -> [UInt8] {
    try standing { (at) throws(SystemError) in
      let link = try at.open(path, flags: WEFT_O_PATH | O_NOFOLLOW)
      return try File.linkTarget(in: link.number, name: "")
    }
  }

  /// Makes a symbolic link. Its text is kept as it is; whoever follows it later stays inside the root.
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
