// A directory tree nobody can leave: every path of a client is resolved beneath one root directory by the kernel.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// A root directory and what is reached beneath it.
///
/// What is looked up is opened with openat2(2) and `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`: `..` and absolute symbolic links stay
/// inside. What changes a directory opens the parent that way and then names only the last component, which is never followed.
/// No path is checked first and used later. Every method throws the ``SystemError`` of the call that failed.
public final class Jail: Sendable {
  private let root: Descriptor
  /// Whose rights every call has and who owns what it makes; nil: this process's own.
  public let credentials: FileCredentials?
  private static let resolve: UInt64 = {
    #if WEFT_TEST_HOOKS
      // A hole for the tests of what stands behind the jail; no release build has it.
      if getenv("WEFT_JAIL_HOLE") != nil { return 0 }
    #endif
    return UInt64(WEFT_RESOLVE_IN_ROOT | WEFT_RESOLVE_NO_MAGICLINKS)
  }()

  /// Opens the operator's directory `path` as a root.
  ///
  /// - Parameter credentials: whose rights count in it, for a local user of the system.
  public init(root path: String, as credentials: FileCredentials? = nil) throws(SystemError) {
    self.credentials = credentials
    let own = try credentials?.assume()
    defer { own?.giveBack() }
    root = try File.open(path, flags: WEFT_O_PATH | O_DIRECTORY)
  }

  /// Makes the calling thread act as the jail's user, until ``leave(_:)`` at the end of the same call: every method that reaches the
  /// file system begins with the two, and none of them ever suspends. They may be nested.
  ///
  /// - Returns: who the thread was; nil when nothing had to change.
  func enter() throws(SystemError) -> FileCredentials? { try credentials?.assume() }

  /// The same for methods that have no error to throw.
  func enterOrStay() throws(SystemError) -> (credentials: FileCredentials?, Void) { (try enter(), ()) }

  /// Gives the calling thread back what ``enter()`` found.
  func leave(_ own: FileCredentials?) { own?.giveBack() }

  /// Runs `body`, which works on descriptors that came from here, with the rights of the jail's user. It runs on the calling thread.
  public func acting<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    let own = try enter()
    defer { leave(own) }
    return try body()
  }

  // MARK: looking up

  /// Opens `path` with the O_ `flags` given, following symbolic links inside the root.
  public func open(_ path: VirtualPath, flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Descriptor {
    let own = try enter()
    defer { leave(own) }
    let root = root.number
    var attempts = 0
    while true {
      do {
        let number = try withCString(path.relativeBytes) { (name) throws(SystemError) -> Int32 in
          try File.open(beneath: root, name, flags: flags, mode: mode, resolve: Self.resolve).release()
        }
        return Descriptor(owning: number)
      } catch  where error.code == EAGAIN && attempts < 16 {
        // openat2(2): a rename elsewhere made a ".." of a symbolic link undecidable; the kernel asks for another try.
        attempts += 1
      }
    }
  }

  /// Opens `path` to ask about it only (O_PATH): that needs no right to read it.
  public func lookUp(_ path: VirtualPath) throws(SystemError) -> Descriptor { try open(path, flags: WEFT_O_PATH) }

  /// The status of what `path` leads to, or of the link itself if `followingLink` is false and it is one.
  public func status(of path: VirtualPath, followingLink: Bool = true) throws(SystemError) -> FileStatus {
    let own = try enter()
    defer { leave(own) }
    if let status = try statusInRoot(path), !followingLink || !status.isSymbolicLink { return status }
    let file = try open(path, flags: WEFT_O_PATH | (followingLink ? 0 : O_NOFOLLOW))
    return try File.status(file.number)
  }

  /// The status of a name in the root itself, links not followed; nil for deeper paths.
  ///
  /// With one component and no following there is nothing to resolve, so one call does for three.
  private func statusInRoot(_ path: VirtualPath) throws(SystemError) -> FileStatus? {
    guard !path.isRoot, !path.bytes.dropFirst().contains(0x2F) else { return nil }
    let root = root.number
    return try withCString(path.relativeBytes) { (name) throws(SystemError) in try File.status(in: root, name: name) }
  }

  /// Opens a regular file for reading. Devices, sockets and FIFOs are told from their status and never opened.
  ///
  /// - Throws: EISDIR for a directory, ENXIO for anything else that is not a regular file.
  public func openForReading(_ path: VirtualPath) throws(SystemError) -> OpenFile {
    let own = try enter()
    defer { leave(own) }
    try requireRegular(try status(of: path))
    let file = try open(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    let status = try File.status(file.number)
    // What was a file a moment ago may have been replaced meanwhile; O_NONBLOCK kept that from blocking.
    try requireRegular(status)
    return OpenFile(descriptor: file, status: status)
  }

  /// Opens a regular file for writing, made with `mode` if there is none.
  ///
  /// Call ``requireWritableKind(_:)`` before: it keeps devices, sockets and FIFOs from being opened. Should one have come into the
  /// place meanwhile, O_NONBLOCK keeps this from blocking and the open is undone.
  ///
  /// - Parameters:
  ///   - truncating: empties the file.
  ///   - exclusive: fails with EEXIST if the name is there already.
  /// - Throws: EISDIR for a directory, ENXIO for anything else that is not a regular file.
  public func openForWriting(
    _ path: VirtualPath, truncating: Bool, exclusive: Bool = false, mode: UInt32 = 0o666
  ) throws(SystemError) -> OpenFile {
    let own = try enter()
    defer { leave(own) }
    let how = O_CREAT | (exclusive ? O_EXCL : 0) | (truncating ? O_TRUNC : 0)
    let file = try open(path, flags: O_WRONLY | O_NONBLOCK | O_NOCTTY | how, mode: mode)
    let status = try File.status(file.number)
    try requireRegular(status)
    return OpenFile(descriptor: file, status: status)
  }

  /// Says whether `path` may be written as a file, without opening it: nothing there or a regular file, in a directory that exists.
  ///
  /// - Returns: the size in bytes of the file that is there, 0 if there is none.
  @discardableResult
  public func requireWritableKind(_ path: VirtualPath) throws(SystemError) -> UInt64 {
    let own = try enter()
    defer { leave(own) }
    do {
      let status = try status(of: path)
      try requireRegular(status)
      return status.size
    } catch  where error.code == ENOENT {
      if path.parent.isRoot { return 0 }
      let parent = try status(of: path.parent)
      if !parent.isDirectory { throw SystemError(code: ENOTDIR, call: "openat2") }
      return 0
    }
  }

  /// Opens a directory to read its names.
  public func openDirectory(_ path: VirtualPath) throws(SystemError) -> DirectoryReader {
    let own = try enter()
    defer { leave(own) }
    return DirectoryReader(try open(path, flags: O_RDONLY | O_DIRECTORY | O_NONBLOCK))
  }

  /// Whether this process may use `path` as `mode` (R_OK, W_OK, X_OK) asks.
  public func isAccessible(_ path: VirtualPath, mode: Int32) -> Bool {
    guard let own = try? enterOrStay() else { return false }
    defer { leave(own.credentials) }
    guard let file = try? open(path, flags: WEFT_O_PATH) else { return false }
    return File.isAccessible(in: file.number, name: "", mode: mode)
  }

  func requireRegular(_ status: FileStatus) throws(SystemError) {
    if status.isDirectory { throw SystemError(code: EISDIR, call: "openat2") }
    if !status.isRegular { throw SystemError(code: ENXIO, call: "openat2") }
  }

  // MARK: changing

  public func makeDirectory(_ path: VirtualPath, mode: UInt32 = 0o777) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    try inParent(of: path) { (parent, name) throws(SystemError) in
      try File.makeDirectory(in: parent, name: name, mode: mode)
    }
  }

  /// Removes a file, or a symbolic link itself.
  public func removeFile(_ path: VirtualPath) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    try inParent(of: path) { (parent, name) throws(SystemError) in try File.remove(in: parent, name: name) }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ path: VirtualPath) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    try inParent(of: path) { (parent, name) throws(SystemError) in try File.removeDirectory(in: parent, name: name) }
  }

  /// Renames a file, directory or link; what has the new name is replaced as rename(2) says.
  public func rename(_ path: VirtualPath, to target: VirtualPath) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    try inParent(of: path) { (parent, name) throws(SystemError) in
      try inParent(of: target) { (newParent, newName) throws(SystemError) in
        try File.rename(in: parent, name, to: newParent, newName)
      }
    }
  }

  /// Sets the permission bits of what `path` leads to.
  public func setPermissions(_ path: VirtualPath, _ mode: UInt32) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    let file = try open(path, flags: WEFT_O_PATH)
    try File.setPermissions(file.number, mode)
  }

  /// Sets the modification time of what `path` leads to.
  public func setModificationTime(
    _ path: VirtualPath, seconds: Int64, nanoseconds: UInt32
  ) throws(SystemError) {
    let own = try enter()
    defer { leave(own) }
    let file = try open(path, flags: WEFT_O_PATH)
    try File.setModificationTime(file.number, seconds: seconds, nanoseconds: nanoseconds)
  }

  /// Bytes that may still be written where `path` is.
  public func availableBytes(at path: VirtualPath) throws(SystemError) -> UInt64 {
    let own = try enter()
    defer { leave(own) }
    let directory = try open(path, flags: WEFT_O_PATH | O_DIRECTORY)
    return try File.availableBytes(directory.number)
  }

  /// Opens the parent of `path` in the jail and hands over its descriptor with the last component. The root has no parent: EBUSY.
  func inParent(
    of path: VirtualPath, _ body: (Int32, UnsafePointer<CChar>) throws(SystemError) -> Void
  ) throws(SystemError) {
    guard let last = path.lastComponent else { throw SystemError(code: EBUSY, call: "openat2") }
    let parent = try open(path.parent, flags: WEFT_O_PATH | O_DIRECTORY)
    try withCString(Array(last)) { (name) throws(SystemError) in try body(parent.number, name) }
  }
}

/// An open regular file with its status at the time of opening.
public struct OpenFile: ~Copyable {
  public let descriptor: Descriptor
  public let status: FileStatus

  /// Closes and reports what the file system has kept back until now (quota, network).
  public consuming func close() throws(SystemError) { try descriptor.close() }

  /// Hands the descriptor over.
  public consuming func takeDescriptor() -> Descriptor { descriptor }
}

/// Hands `bytes`, which hold no NUL, over as a C string.
func withCString<Result>(
  _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) throws(SystemError) -> Result
) throws(SystemError) -> Result {
  var terminated = bytes
  terminated.append(0)
  return try terminated.withUnsafeBufferPointer { (buffer) throws(SystemError) -> Result in
    guard let base = buffer.baseAddress else { throw SystemError(code: EINVAL, call: "openat2") }
    return try base.withMemoryRebound(to: CChar.self, capacity: buffer.count, body)
  }
}
