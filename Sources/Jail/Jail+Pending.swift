// Files that are made under a name of their own and take their final name in one step, or none.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// A file being made beside its final name: until ``Jail/commit(_:replacing:)`` nobody sees it there, whatever fails.
public struct PendingFile: ~Copyable, Sendable {
  public let descriptor: Descriptor
  /// The directory both names are in.
  let parent: Descriptor
  let temporaryName: [UInt8]
  let finalName: [UInt8]
}

extension Jail {
  /// How the names of pending files begin. One that a crash has left behind can be removed like any other file.
  public static let pendingPrefix = ".weftpd-"

  /// Makes an empty file that will become `path`.
  ///
  /// - Parameter mode: the permission bits it gets whatever the process's umask is; nil for 0666 less that umask.
  /// - Throws: EISDIR if a directory has the final name, EBUSY for the root.
  public func makePending(for path: VirtualPath, mode: UInt32?) throws(SystemError) -> PendingFile {
    let own = try enter()
    defer { leave(own) }
    guard let last = path.lastComponent else { throw SystemError(code: EBUSY, call: "openat2") }
    let parent = try open(path.parent, flags: WEFT_O_PATH | O_DIRECTORY)
    let final = Array(last)
    try refuseDirectory(parent.number, final)
    for _ in 0..<100 {
      let temporary = Array(Self.pendingPrefix.utf8) + Random.bytes(8).flatMap { Self.digits($0) }
      do throws(SystemError) {
        let directory = parent.number
        let file = try withCString(temporary) { (name) throws(SystemError) -> Int32 in
          try File.open(
            beneath: directory, name, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
            mode: mode.map { $0 & 0o600 } ?? 0o666,
            resolve: UInt64(WEFT_RESOLVE_BENEATH)
          ).release()
        }
        let descriptor = Descriptor(owning: file)
        if let mode { try File.setPermissions(descriptor.number, mode) }
        return PendingFile(descriptor: descriptor, parent: parent, temporaryName: temporary, finalName: final)
      } catch  where error.code == EEXIST {
        continue
      }
    }
    throw SystemError(code: EEXIST, call: "openat2")
  }

  /// Gives the file its final name, in place of whatever file has it.
  public func commit(_ pending: borrowing PendingFile) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    let parent = pending.parent.number
    let final = pending.finalName
    try withCString(pending.temporaryName) { (old) throws(SystemError) in
      try withCString(final) { (new) throws(SystemError) in try File.rename(in: parent, old, to: parent, new) }
    }
  }

  /// Removes the file: it was to no avail.
  public func discard(_ pending: borrowing PendingFile) {
    guard let own = try? enterOrStay() else { return }
    defer { leave(own.credentials) }
    let parent = pending.parent.number
    _ = try? withCString(pending.temporaryName) { (name) throws(SystemError) in
      try File.remove(in: parent, name: name)
    }
  }

  /// rename(2) would say so, too, but only after all the work.
  private func refuseDirectory(_ parent: Int32, _ name: [UInt8]) throws(SystemError) {
    do throws(SystemError) {
      let status = try withCString(name) { (name) throws(SystemError) in try File.status(in: parent, name: name) }
      if status.isDirectory { throw SystemError(code: EISDIR, call: "openat2") }
    } catch  where error.code == ENOENT {}
  }

  private static func digits(_ byte: UInt8) -> [UInt8] {
    let hexadecimal = Array("0123456789abcdef".utf8)
    return [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
  }
}

extension Jail {
  /// Opens the regular file `path` itself for reading: a symbolic link in its place is not followed (ELOOP).
  ///
  /// - Throws: EISDIR for a directory, ENXIO for anything else that is not a regular file.
  public func openUnfollowed(_ path: VirtualPath) throws(SystemError) -> OpenFile {
    let own = try enter()
    defer { leave(own) }
    let status = try status(of: path, followingLink: false)
    if status.isSymbolicLink { throw SystemError(code: ELOOP, call: "openat2") }
    try requireRegular(status)
    let file = try open(path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
    let opened = try File.status(file.number)
    try requireRegular(opened)
    return OpenFile(descriptor: file, status: opened)
  }

  /// Removes the file `path` if it is still the one of `status`.
  ///
  /// - Returns: false, and nothing is removed, if another has taken its place.
  public func removeFile(_ path: VirtualPath, ifStill status: FileStatus) throws(SystemError) -> Bool {
    let own = try enter()
    defer { leave(own) }
    guard let last = path.lastComponent else { throw SystemError(code: EBUSY, call: "openat2") }
    let parent = try open(path.parent, flags: WEFT_O_PATH | O_DIRECTORY)
    return try withCString(Array(last)) { (name) throws(SystemError) -> Bool in
      let now = try File.status(in: parent.number, name: name)
      guard now.device == status.device, now.inode == status.inode else { return false }
      try File.remove(in: parent.number, name: name)
      return true
    }
  }
}
