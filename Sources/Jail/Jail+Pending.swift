// Files that are made without a name, or under another one, and take their final name in one step, or none.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// A file being made: until ``Jail/commit(_:)`` nobody sees it under its final name, whatever fails.
///
/// Where the file system can (O_TMPFILE), it has no name at all meanwhile: should the process end, nothing is left of it.
public struct PendingFile: ~Copyable, Sendable {
  /// Open for reading and writing.
  public let descriptor: Descriptor
  /// The directory of all its names.
  let parent: Descriptor
  /// The name it has meanwhile; nil: none.
  public fileprivate(set) var name: [UInt8]?
  let finalName: [UInt8]
}

extension Jail {
  /// How the names of pending files begin on file systems without O_TMPFILE. One that a crash has left behind can be removed like any
  /// other file.
  public static let pendingPrefix = ".weftpd-"

  /// Makes an empty file that will become `path`.
  ///
  /// - Parameters:
  ///   - mode: the permission bits it gets whatever the process's umask is; nil for 0666 less that umask.
  ///   - unnamed: whether it may do without a name.
  /// - Throws: EISDIR if a directory has the final name, EBUSY for the root.
  public func makePending(
    for path: VirtualPath, mode: UInt32?, unnamed: Bool = File.canNameUnnamed
  ) throws(SystemError) -> PendingFile {
    let own = try enter()
    defer { leave(own) }
    let parent = try openParent(of: path)
    let final = path.lastComponent.map { Array($0) } ?? []
    try refuseDirectory(parent.number, final)
    // Only its owner may use it until it has its bits.
    let first = mode.map { $0 & 0o600 } ?? 0o666
    if unnamed, let file = try File.makeUnnamed(in: parent.number, mode: first) {
      if let mode { try File.setPermissions(file.number, mode) }
      return PendingFile(descriptor: file, parent: parent, name: nil, finalName: final)
    }
    let (name, descriptor) = try withNewName { (name) throws(SystemError) -> Int32 in
      try File.open(
        beneath: parent.number, name, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: first,
        resolve: UInt64(WEFT_RESOLVE_BENEATH)
      ).release()
    }
    let file = Descriptor(owning: descriptor)
    if let mode { try File.setPermissions(file.number, mode) }
    return PendingFile(descriptor: file, parent: parent, name: name, finalName: final)
  }

  /// Gives the file its final name, in place of whatever file has it.
  ///
  /// - Throws: what the file system has kept back until now (quota, network), too; ENOENT if somebody has taken its name away.
  public func commit(_ pending: borrowing PendingFile) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    try File.flush(pending.descriptor.number)
    if pending.name != nil, !hasItsName(pending) { throw SystemError(code: ENOENT, call: "renameat2") }
    try place(pending, pending.finalName)
  }

  /// Removes the file: it was to no avail.
  public func discard(_ pending: borrowing PendingFile) {
    guard let name = pending.name, let own = try? enterOrStay() else { return }
    defer { leave(own.credentials) }
    if hasItsName(pending) { try? remove(in: pending.parent.number, name) }
  }

  private func openParent(of path: VirtualPath) throws(SystemError) -> Descriptor {
    if path.isRoot { throw SystemError(code: EBUSY, call: "openat2") }
    return try open(path.parent, flags: WEFT_O_PATH | O_DIRECTORY)
  }

  /// rename(2) would say so, too, but only after all the work.
  private func refuseDirectory(_ parent: Int32, _ name: [UInt8]) throws(SystemError) {
    do throws(SystemError) {
      if try status(in: parent, name).isDirectory { throw SystemError(code: EISDIR, call: "openat2") }
    } catch  where error.code == ENOENT {}
  }

  private func status(in parent: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus {
    try withCString(name) { (name) throws(SystemError) in try File.status(in: parent, name: name) }
  }

  private func remove(in parent: Int32, _ name: [UInt8]) throws(SystemError) {
    try withCString(name) { (name) throws(SystemError) in try File.remove(in: parent, name: name) }
  }

  /// Whether its name is still its own: a client may have renamed or removed what was there.
  private func hasItsName(_ pending: borrowing PendingFile) -> Bool {
    guard let name = pending.name else { return false }
    return isSame(pending.descriptor.number, pending.parent.number, name)
  }

  private func isSame(_ file: Int32, _ parent: Int32, _ name: [UInt8]) -> Bool {
    guard let named = try? status(in: parent, name), let own = try? File.status(file) else { return false }
    return named.inode == own.inode && named.device == own.device
  }

  /// Moves the file to `name`, or gives it that as its first.
  private func place(
    _ pending: borrowing PendingFile, _ name: [UInt8], replacing: Bool = true
  ) throws(SystemError) {
    let parent = pending.parent.number
    if let old = pending.name { return try rename(in: parent, old, name, replacing: replacing) }
    let file = pending.descriptor.number
    do throws(SystemError) {
      return try withCString(name) { (name) throws(SystemError) in try File.link(file, in: parent, name: name) }
    } catch  where error.code == EEXIST && replacing {}
    // linkat(2) replaces nothing, rename(2) does.
    let (between, _) = try withNewName { (name) throws(SystemError) in try File.link(file, in: parent, name: name) }
    do throws(SystemError) { try rename(in: parent, between, name) } catch {
      try? remove(in: parent, between)
      throw error
    }
  }

  private func rename(
    in parent: Int32, _ old: [UInt8], _ new: [UInt8], replacing: Bool = true
  ) throws(SystemError) {
    try withCString(old) { (old) throws(SystemError) in
      try withCString(new) { (new) throws(SystemError) in
        try File.rename(in: parent, old, to: parent, new, replacing: replacing)
      }
    }
  }

  /// Runs `make` with names nobody has until one is free.
  private func withNewName<Value>(
    _ make: (UnsafePointer<CChar>) throws(SystemError) -> Value
  ) throws(SystemError) -> ([UInt8], Value) {
    for _ in 0..<100 {
      let name = Array(Self.pendingPrefix.utf8) + Random.bytes(8).flatMap { Self.digits($0) }
      do throws(SystemError) { return (name, try withCString(name, make)) } catch  where error.code == EEXIST {}
    }
    throw SystemError(code: EEXIST, call: "openat2")
  }

  private static func digits(_ byte: UInt8) -> [UInt8] {
    let hexadecimal = Array("0123456789abcdef".utf8)
    return [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
  }
}

// MARK: - files that are kept for another try

extension Jail {
  /// Lets the file have `name` until it is done, in place of what an earlier try has left there: should this process end, it can be
  /// gone on with. Whoever holds the lock of the file that is called so is the only one to change that name.
  ///
  /// - Throws: EBUSY if somebody is at work on a file of that name.
  public func keep(_ pending: inout PendingFile, as name: [UInt8]) throws(SystemError) {
    if pending.name == name { return }
    let own = try enter()
    defer { leave(own) }
    guard try File.lock(pending.descriptor.number) else { throw SystemError(code: EBUSY, call: "flock") }
    for _ in 0..<16 {
      do throws(SystemError) {
        try place(pending, name, replacing: false)
        pending.name = name
        return
      } catch  where error.code == EEXIST {}
      guard let present = try lockPresent(in: pending.parent.number, name) else { continue }
      try place(pending, name)
      pending.name = name
      _ = consume present
      return
    }
    throw SystemError(code: EBUSY, call: "linkat")
  }

  /// Goes on with a file that was kept under `name` beside `path`.
  ///
  /// - Throws: ENOENT if there is none, EBUSY if somebody is at work on it, ELOOP or ENXIO if it is no regular file.
  public func resumePending(for path: VirtualPath, keptAs name: [UInt8]) throws(SystemError) -> PendingFile {
    let own = try enter()
    defer { leave(own) }
    let parent = try openParent(of: path)
    let final = path.lastComponent.map { Array($0) } ?? []
    try refuseDirectory(parent.number, final)
    guard let file = try lockPresent(in: parent.number, name) else { throw SystemError(code: ENOENT, call: "openat2") }
    return PendingFile(descriptor: file, parent: parent, name: name, finalName: final)
  }

  /// Removes what an earlier try has left under `name`, unless it is this file itself or somebody is at work on it.
  public func removeKept(_ name: [UInt8], beside pending: borrowing PendingFile) {
    guard pending.name != name, let own = try? enterOrStay() else { return }
    defer { leave(own.credentials) }
    let parent = pending.parent.number
    if let present = try? lockPresent(in: parent, name) {
      try? remove(in: parent, name)
      _ = consume present
    }
  }

  /// Opens the regular file `name` and takes its lock; nil if there is none, or it lost its name meanwhile.
  private func lockPresent(in parent: Int32, _ name: [UInt8]) throws(SystemError) -> Descriptor? {
    let number: Int32
    do throws(SystemError) {
      number = try withCString(name) { (name) throws(SystemError) -> Int32 in
        try File.open(
          beneath: parent, name, flags: O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
          resolve: UInt64(WEFT_RESOLVE_BENEATH)
        ).release()
      }
    } catch  where error.code == ENOENT {
      return nil
    }
    let file = Descriptor(owning: number)
    try requireRegular(try File.status(number))
    guard try File.lock(number) else { throw SystemError(code: EBUSY, call: "flock") }
    guard isSame(number, parent, name) else { return nil }
    return file
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
