// What sessions do with the files and directories of a jail: look up, open, make, remove, rename.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

// MARK: looking up

extension Jail {
  /// Opens `path` with the O_ `flags` given, following symbolic links inside the root.
  public func open(_ path: VirtualPath, flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Descriptor {
    try standing { (at) throws(SystemError) in try at.open(path, flags: flags, mode: mode) }
  }

  /// Opens `path` only for questions about it (O_PATH), which needs no permission to read it.
  public func lookUp(_ path: VirtualPath) throws(SystemError) -> Descriptor { try open(path, flags: WEFT_O_PATH) }

  /// The status of what `path` leads to, or of the link itself if `followingLink` is false and it is one.
  public func status(of path: VirtualPath, followingLink: Bool = true) throws(SystemError) -> FileStatus {
    try standing { (at) throws(SystemError) in try at.status(of: path, followingLink: followingLink) }
  }

  /// Opens a regular file for reading. Devices, sockets and FIFOs are recognised by their status and never opened.
  ///
  /// - Throws: EISDIR for a directory, ENXIO for anything else that is not a regular file.
  public func openForReading(_ path: VirtualPath) throws(SystemError) -> OpenFile {
    try standing { (at) throws(SystemError) in
      if let rule = at.rule { return try at.openForReading(path, by: rule) }
      try at.requireRegular(try at.status(of: path))
      return try at.openRegular(path, flags: O_RDONLY)
    }
  }

  /// Opens a regular file of a directory for reading, which may be used by the rule; what the rule says of the file's own name does not
  /// matter. No link is followed.
  ///
  /// - Throws: ELOOP for a link, EISDIR and ENXIO as ``openForReading(_:)``.
  public func openForReading(_ name: [UInt8], ofDirectory directory: VirtualPath) throws(SystemError) -> OpenFile {
    try standing { (at) throws(SystemError) in
      let folder = try at.open(directory, flags: WEFT_O_PATH | O_DIRECTORY)
      let number = folder.number
      try at.requireRegular(try at.status(in: number, name))
      let file = try withCString(name) { (name) throws(SystemError) -> Int32 in
        try File.open(
          beneath: number, name, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
          resolve: UInt64(WEFT_RESOLVE_BENEATH | WEFT_RESOLVE_NO_SYMLINKS)
        ).release()
      }
      _ = consume folder
      let descriptor = Descriptor(owning: file)
      let status = try File.status(descriptor.number)
      try at.requireRegular(status)
      return OpenFile(descriptor: descriptor, status: status)
    }
  }

  /// Opens a regular file for writing, and creates it with `mode` if there is none.
  ///
  /// Call ``requireWritableKind(_:)`` first: it prevents devices, sockets and FIFOs from being opened. If one of them has replaced the
  /// file since then, O_NONBLOCK prevents blocking, and the descriptor is closed again.
  ///
  /// - Parameters:
  ///   - truncating: empties the file.
  ///   - exclusive: fails with EEXIST if the name is there already.
  /// - Throws: EISDIR for a directory, ENXIO for anything else that is not a regular file.
  public func openForWriting(
    _ path: VirtualPath, truncating: Bool, exclusive: Bool = false, mode: UInt32 = 0o666
  ) throws(SystemError) -> OpenFile {
    try standing { (at) throws(SystemError) in
      try at.openForWriting(path, truncating: truncating, exclusive: exclusive, mode: mode)
    }
  }

  /// Checks, without opening it, that `path` can be written as a file: it does not exist or is a regular file, and its directory exists.
  ///
  /// - Returns: the size in bytes of the existing file, 0 if there is none.
  @discardableResult
  public func requireWritableKind(_ path: VirtualPath) throws(SystemError) -> UInt64 {
    try standing { (at) throws(SystemError) -> UInt64 in
      do throws(SystemError) {
        let status = try at.status(of: path)
        try at.requireRegular(status)
        return status.size
      } catch  where error.code == ENOENT {
        if path.parent.isRoot { return 0 }
        let parent = try at.status(of: path.parent)
        if !parent.isDirectory { throw SystemError(code: ENOTDIR, call: "openat2") }
        return 0
      }
    }
  }

  /// Where in the jail the open directory of a path is: links on the way have been followed.
  public func place(of directory: Int32, openedAs path: VirtualPath) throws(SystemError) -> VirtualPath {
    try standing { (at) throws(SystemError) in try at.place(of: directory, at.ground(of: path)) }
  }

  /// Opens a directory to read its names.
  public func openDirectory(_ path: VirtualPath) throws(SystemError) -> DirectoryReader {
    DirectoryReader(try open(path, flags: O_RDONLY | O_DIRECTORY | O_NONBLOCK))
  }

  /// Whether the jail's user may access `path` in the given `mode` (R_OK, W_OK, X_OK).
  public func isAccessible(_ path: VirtualPath, mode: Int32) -> Bool {
    let answer = try? standing { (at) throws(SystemError) -> Bool in
      let file = try at.open(path, flags: WEFT_O_PATH)
      return File.isAccessible(in: file.number, name: "", mode: mode)
    }
    return answer ?? false
  }
}

// MARK: changing

extension Jail {
  public func makeDirectory(_ path: VirtualPath, mode: UInt32 = 0o777) throws(SystemError) {
    try standing { (at) throws(SystemError) in try at.makeDirectory(path, mode: mode) }
  }

  /// Removes a file, or a symbolic link itself.
  public func removeFile(_ path: VirtualPath) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      try at.inParent(of: path) { (parent, name) throws(SystemError) in try File.remove(in: parent, name: name) }
    }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ path: VirtualPath) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      try at.inParent(of: path) { (parent, name) throws(SystemError) in
        try File.removeDirectory(in: parent, name: name)
      }
    }
  }

  /// Checks that what has the name `path` can get another one: ``rename(_:to:replacing:)`` asks the same.
  ///
  /// - Throws: EBUSY for the root and for a branch, EACCES for a directory that has parts with rules of their own.
  public func requireMovable(_ path: VirtualPath) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      try at.inParent(of: path) { (parent, name) throws(SystemError) in
        let status = try File.status(in: parent, name: name)
        guard status.isDirectory, let rule = at.rule else { return }
        if rule.mayMoveTree(try at.place(of: name, in: parent, near: path)) { return }
        throw SystemError(code: EACCES, call: "renameat2")
      }
    }
  }

  /// Renames a file, directory or link, and replaces whatever has the new name, as rename(2) does. Names on another file system are not
  /// for it: both sides stay as they are.
  ///
  /// - Parameter replacing: whether a file of the new name is replaced.
  /// - Throws: EEXIST if there is one and it is not to be replaced; EXDEV from one file system to another.
  public func rename(_ path: VirtualPath, to target: VirtualPath, replacing: Bool = true) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      try at.inParent(of: path) { (parent, name) throws(SystemError) in
        try at.inParent(of: target) { (newParent, newName) throws(SystemError) in
          var mayReplace = true
          if let rule = at.rule {
            let (old, new) = (
              try at.place(of: name, in: parent, near: path), try at.place(of: newName, in: newParent, near: target)
            )
            if try File.status(in: parent, name: name).isDirectory, !(rule.mayMoveTree(old) && rule.mayMoveTree(new)) {
              throw SystemError(code: EACCES, call: "renameat2")
            }
            mayReplace = rule.mayReplace(new)
          }
          try TreeMoves.during { () throws(SystemError) in
            try File.rename(in: parent, name, to: newParent, newName, replacing: replacing && mayReplace)
          }
        }
      }
    }
  }

  /// Sets the permission bits of what `path` leads to.
  ///
  /// - Throws: EBUSY if that is the root and its owner could not read and enter it any more: nobody could come back to change it again.
  public func setPermissions(_ path: VirtualPath, _ mode: UInt32) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      let file = try at.open(path, flags: WEFT_O_PATH)
      try at.setPermissions(file.number, mode)
    }
  }

  /// Sets the modification time of what `path` leads to.
  public func setModificationTime(
    _ path: VirtualPath, seconds: Int64, nanoseconds: UInt32
  ) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      let file = try at.open(path, flags: WEFT_O_PATH)
      try File.setModificationTime(file.number, seconds: seconds, nanoseconds: nanoseconds)
    }
  }

  /// The free space in bytes on the file system of `path`.
  public func availableBytes(at path: VirtualPath) throws(SystemError) -> UInt64 {
    try standing { (at) throws(SystemError) in
      let directory = try at.open(path, flags: WEFT_O_PATH | O_DIRECTORY)
      return try File.availableBytes(directory.number)
    }
  }
}
