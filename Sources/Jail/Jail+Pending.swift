// Pending files: created without a name, or under a temporary one, and given their final name in one step.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization

/// A file that is not complete yet: before ``Jail/commit(_:)`` nobody sees it under its final name, whatever fails.
///
/// If the file system supports it (O_TMPFILE), the file has no name at all until then, so nothing is left if the process ends.
public struct PendingFile: ~Copyable, Sendable {
  /// Open for reading and writing.
  public let descriptor: Descriptor
  /// The directory in which all its names are.
  let parent: HeldDirectory
  /// Its temporary name; nil if it has none.
  public internal(set) var name: [UInt8]?
  let finalName: [UInt8]
  /// There was a file of the final name when this one was made.
  var replaces = false
  /// Whether a file of the final name may be replaced at all.
  var mayReplace = true
  /// Whether it is on a file system in memory, where nothing has to be synced.
  public internal(set) var isInMemory = false

  init(descriptor: consuming Descriptor, parent: consuming HeldDirectory, name: [UInt8]?, finalName: [UInt8]) {
    self.descriptor = descriptor
    self.parent = parent
    self.name = name
    self.finalName = finalName
  }
}

extension Jail {
  /// How the names of pending files begin on file systems without O_TMPFILE. If a crash leaves such a file behind, it can be removed
  /// like any other file.
  public static let pendingPrefix = ".weftpd-"
  /// The same as bytes.
  public static let pendingBytes = Array(pendingPrefix.utf8)

  /// Creates an empty file that will become `path`.
  ///
  /// - Parameters:
  ///   - mode: its exact permission bits, whatever the process's umask is; nil for 0666 less that umask.
  ///   - unnamed: whether it may be without a name.
  ///   - replacesLink: whether a symbolic link of the final name is replaced; otherwise ELOOP, and ENXIO for anything else that is no
  ///     regular file.
  /// - Throws: EISDIR if the final name is a directory, EACCES if it is a file that may not be written, EBUSY for the root.
  public func makePending(
    for path: VirtualPath, mode: UInt32?, unnamed: Bool = File.canNameUnnamed, replacesLink: Bool = true
  ) throws(SystemError) -> PendingFile {
    try standing { (at) throws(SystemError) -> PendingFile in
      var place = path
      let parent = try at.openParent(of: path, at: &place)
      let final = path.lastComponent.map { Array($0) } ?? []
      let present = try at.requireReplaceable(parent.number(at), final)
      if !replacesLink, let present, !present.isRegular {
        throw SystemError(code: present.isSymbolicLink ? ELOOP : ENXIO, call: "openat2")
      }
      let mayReplace = at.rule?.mayReplace(place) ?? true
      if present != nil, !mayReplace { throw SystemError(code: EEXIST, call: "openat2") }
      var file = try at.makePending(in: parent, final, mode, unnamed: unnamed)
      file.mayReplace = mayReplace
      file.replaces = present != nil
      file.isInMemory = isInMemory(file.parent, file: file.descriptor.number)
      return file
    }
  }

  /// Gives the file its final name, and replaces the file that has that name in one step.
  ///
  /// - Throws: also an error that the file system has delayed until now (quota, network); ENOENT if its temporary name was removed;
  ///   EEXIST if there is a file of that name and none may be replaced; ECANCELED if `goesOn` says no when all but the name is done.
  public func commit(
    _ pending: borrowing PendingFile, _ how: CommitOptions = CommitOptions(), goesOn: () -> Bool = { true }
  ) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      let file = pending.descriptor.number
      if pending.name != nil, !at.hasItsName(pending) { throw SystemError(code: ENOENT, call: "renameat2") }
      // A file without a name is linked first, and finds out then that there is another.
      let replaces = how.replaces && pending.mayReplace
      if replaces, how.carriesAttributes, pending.name != nil { try at.carryAttributes(to: pending) }
      // First the contents, then the name: whatever fails, the name never leads to a file that lacks some.
      switch how.sync {
      case .nothing: break
      case .lateErrors: try File.flush(file)
      case .everything: try File.syncContents(file)
      }
      guard goesOn() else { throw SystemError(code: ECANCELED, call: "linkat") }
      try at.place(pending, pending.finalName, replacing: replaces, carrying: how.carriesAttributes)
      // Whoever still holds it open does not keep others from appending to it.
      if pending.name != nil { File.unlock(file) }
    }
  }

  /// Waits until the name that ``commit(_:_:)`` gave the file is on the disk.
  public func syncName(of pending: borrowing PendingFile) throws(SystemError) {
    try standing { (at) throws(SystemError) in try at.syncDirectory(of: pending) }
  }

  /// Removes the file without giving it its final name.
  public func discard(_ pending: borrowing PendingFile) {
    guard let name = pending.name else { return }
    try? standing { (at) throws(SystemError) in
      if at.hasItsName(pending) { try at.remove(in: pending.parent.number(at), name) }
    }
  }
}

extension Foothold {
  fileprivate func makePending(
    in parent: consuming HeldDirectory, _ final: [UInt8], _ mode: UInt32?, unnamed: Bool
  ) throws(SystemError) -> PendingFile {
    let directory = parent.number(self)
    // Until the file has its final bits, only its owner can use it.
    let first = mode.map { $0 & 0o600 } ?? 0o666
    if unnamed, let file = try File.makeUnnamed(in: directory, mode: first) {
      if let mode { try File.setPermissions(file.number, mode) }
      return PendingFile(descriptor: file, parent: parent, name: nil, finalName: final)
    }
    let (name, descriptor) = try withNewName { (name) throws(SystemError) -> Int32 in
      try File.open(
        beneath: directory, name, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: first,
        resolve: UInt64(WEFT_RESOLVE_BENEATH)
      ).release()
    }
    let file = Descriptor(owning: descriptor)
    if let mode { try File.setPermissions(file.number, mode) }
    return PendingFile(descriptor: file, parent: parent, name: name, finalName: final)
  }

  /// Opens the directory that has the name `path`, and asks the jail's rule about that name: whatever is done with it is done in this
  /// directory.
  func openParent(of path: VirtualPath) throws(SystemError) -> HeldDirectory {
    var place = path
    return try openParent(of: path, at: &place)
  }

  /// - Parameter place: under a rule, where in the jail the name is.
  func openParent(of path: VirtualPath, at place: inout VirtualPath) throws(SystemError) -> HeldDirectory {
    if path.isRoot || isBranch(path) { throw SystemError(code: EBUSY, call: "openat2") }
    let parent = path.parent
    if parent.isRoot {
      place = path
      if let rule { try judge(path, by: rule) }
      return .root
    }
    let ground = ground(of: parent)
    guard let rule, let name = path.lastComponent else {
      return HeldDirectory(try open(ground, flags: WEFT_O_PATH | O_DIRECTORY))
    }
    var found = parent
    let directory = try openPlaced(parent, ground, flags: WEFT_O_PATH | O_DIRECTORY, at: &found)
    place = found == parent ? path : try self.place(of: Array(name), beneath: found)
    try judge(place, by: rule)
    return HeldDirectory(directory)
  }

  /// Refuses to replace a directory, or a file that may not be written; rename(2) would only need the write bit of the directory.
  ///
  /// - Returns: the status of the file that is there; nil if there is none.
  @discardableResult
  func requireReplaceable(_ parent: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus? {
    do throws(SystemError) {
      let present = try status(in: parent, name)
      if present.isDirectory { throw SystemError(code: EISDIR, call: "openat2") }
      let mayWrite = try withCString(name) { (name) throws(SystemError) in
        File.isAccessible(in: parent, name: name, mode: W_OK)
      }
      if present.isRegular, !mayWrite { throw SystemError(code: EACCES, call: "openat2") }
      return present
    } catch  where error.code == ENOENT {
      return nil
    }
  }

  func status(in parent: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus {
    try withCString(name) { (name) throws(SystemError) in try File.status(in: parent, name: name) }
  }

  func remove(in parent: Int32, _ name: [UInt8]) throws(SystemError) {
    try withCString(name) { (name) throws(SystemError) in try File.remove(in: parent, name: name) }
  }

  /// Whether its temporary name still leads to this file: a client may have renamed or removed it.
  func hasItsName(_ pending: borrowing PendingFile) -> Bool {
    guard let name = pending.name else { return false }
    return isSame(pending.descriptor.number, pending.parent.number(self), name)
  }

  func isSame(_ file: Int32, _ parent: Int32, _ name: [UInt8]) -> Bool {
    guard let named = try? status(in: parent, name), let own = try? File.status(file) else { return false }
    return named.inode == own.inode && named.device == own.device
  }

  /// Renames the file to `name`, or gives it this name if it has none.
  func place(
    _ pending: borrowing PendingFile, _ name: [UInt8], replacing: Bool = true, carrying: Bool = false
  ) throws(SystemError) {
    let parent = pending.parent.number(self)
    if let old = pending.name { return try rename(in: parent, old, name, replacing: replacing) }
    let file = pending.descriptor.number
    // Where there was a file before, there is hardly none now.
    if !replacing || !carrying || !pending.replaces {
      do throws(SystemError) {
        return try withCString(name) { (name) throws(SystemError) in try File.link(file, in: parent, name: name) }
      } catch  where error.code == EEXIST && replacing {}
    }
    if carrying { try carryAttributes(to: pending) }
    // linkat(2) replaces nothing, rename(2) does.
    let (between, _) = try withNewName { (name) throws(SystemError) in try File.link(file, in: parent, name: name) }
    do throws(SystemError) { try rename(in: parent, between, name) } catch {
      try? remove(in: parent, between)
      throw error
    }
  }

  fileprivate func rename(
    in parent: Int32, _ old: [UInt8], _ new: [UInt8], replacing: Bool = true
  ) throws(SystemError) {
    try withCString(old) { (old) throws(SystemError) in
      try withCString(new) { (new) throws(SystemError) in
        try File.rename(in: parent, old, to: parent, new, replacing: replacing)
      }
    }
  }

  private static let random = Mutex(BufferedRandom())

  /// Calls `make` with new random names until one is free.
  fileprivate func withNewName<Value>(
    _ make: (UnsafePointer<CChar>) throws(SystemError) -> Value
  ) throws(SystemError) -> ([UInt8], Value) {
    for _ in 0..<100 {
      let number = Self.random.withLock { $0.next() }
      let name = Jail.pendingName(number)
      do throws(SystemError) { return (name, try withCString(name, make)) } catch  where error.code == EEXIST {}
    }
    throw SystemError(code: EEXIST, call: "openat2")
  }
}

extension Jail {
  /// ``pendingPrefix`` and the sixteen digits of `number`.
  fileprivate static func pendingName(_ number: UInt64) -> [UInt8] {
    let prefix = pendingBytes
    return [UInt8](unsafeUninitializedCapacity: prefix.count + 16) { buffer, count in
      count = prefix.count + 16
      _ = buffer.initialize(from: prefix)
      for place in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 15
        buffer[prefix.count + place] = digit < 10 ? 0x30 + digit : 0x57 + digit
      }
    }
  }
}

extension Jail {
  /// Opens the regular file `path` itself for reading: a symbolic link in its place is not followed (ELOOP).
  ///
  /// - Throws: EISDIR for a directory, ENXIO for anything else that is not a regular file.
  public func openUnfollowed(_ path: VirtualPath) throws(SystemError) -> OpenFile {
    try standing { (at) throws(SystemError) -> OpenFile in
      let status = try at.status(of: path, followingLink: false)
      if status.isSymbolicLink { throw SystemError(code: ELOOP, call: "openat2") }
      try at.requireRegular(status)
      return try at.openRegular(path, flags: O_RDONLY | O_NOFOLLOW)
    }
  }

  /// Removes the file `path` if it is still the one of `status`.
  ///
  /// - Returns: false if another file has taken its place or it was written to; then nothing is removed.
  public func removeFile(_ path: VirtualPath, ifStill status: FileStatus) throws(SystemError) -> Bool {
    try standing { (at) throws(SystemError) in
      try at.inParent(of: path) { (parent, name) throws(SystemError) -> Bool in
        let now = try File.status(in: parent, name: name)
        guard now.device == status.device, now.inode == status.inode, now.size == status.size,
          now.modified == status.modified, now.modifiedNanoseconds == status.modifiedNanoseconds
        else { return false }
        try File.remove(in: parent, name: name)
        return true
      }
    }
  }
}
