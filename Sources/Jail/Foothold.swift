// How paths are resolved beneath a root, and what is asked about and opened there.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

extension Foothold {
  private static let resolve: UInt64 = {
    #if WEFT_TEST_HOOKS
      // Switches the jail off, so that tests can check the barrier behind it (Landlock). Not in release builds.
      if getenv("WEFT_JAIL_HOLE") != nil { return 0 }
    #endif
    return UInt64(WEFT_RESOLVE_IN_ROOT | WEFT_RESOLVE_NO_MAGICLINKS)
  }()

  /// Opens `path` with the O_ `flags` given, following symbolic links inside the root.
  func open(_ path: VirtualPath, flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Descriptor {
    if let rule { return try openRuled(path, rule, flags: flags, mode: mode) }
    return try open(ground(of: path), flags: flags, mode: mode)
  }

  /// The same, whatever the rule of the jail says.
  ///
  /// - Parameter followsLinks: whether symbolic links on the way are followed; otherwise they are ELOOP.
  func open(
    _ ground: Ground, flags: Int32, mode: UInt32 = 0, followsLinks: Bool = true
  ) throws(SystemError) -> Descriptor {
    let root = ground.root
    let resolve = followsLinks ? Self.resolve : Self.resolve | UInt64(WEFT_RESOLVE_NO_SYMLINKS)
    var attempts = 0
    while true {
      do {
        let number = try withCString(ground.relative) { (name) throws(SystemError) -> Int32 in
          try File.open(beneath: root, name, flags: flags, mode: mode, resolve: resolve).release()
        }
        return Descriptor(owning: number)
      } catch  where error.code == EAGAIN && attempts < 16 {
        // openat2(2): because of a rename elsewhere the kernel could not tell whether a ".." stays inside, and wants another try.
        attempts += 1
      }
    }
  }

  /// Opens the parent of `path` and passes its descriptor and the last component to `body`. The root has no parent: EBUSY.
  func inParent<Result>(
    of path: VirtualPath, _ body: (Int32, UnsafePointer<CChar>) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    guard let last = path.lastComponent else { throw SystemError(code: EBUSY, call: "openat2") }
    let parent = try openParent(of: path)
    let number = parent.number(self)
    return try withCString(Array(last)) { (name) throws(SystemError) in try body(number, name) }
  }

  /// The status of what `path` leads to, or of the link itself if `followingLink` is false and it is one.
  func status(of path: VirtualPath, followingLink: Bool = true) throws(SystemError) -> FileStatus {
    if let status = try statusInRoot(path), !followingLink || !status.isSymbolicLink { return status }
    let file = try open(path, flags: WEFT_O_PATH | (followingLink ? 0 : O_NOFOLLOW))
    return try File.status(file.number)
  }

  /// The status of a name in the root itself, links not followed; nil for deeper paths.
  ///
  /// One component that is not followed needs no resolving, so one call is enough instead of three.
  func statusInRoot(_ path: VirtualPath) throws(SystemError) -> FileStatus? {
    guard !path.isRoot, !path.bytes.dropFirst().contains(0x2F), !isBranch(path) else { return nil }
    if let rule { try judge(path, by: rule) }
    let root = root
    return try withCString(path.relativeBytes) { (name) throws(SystemError) in try File.status(in: root, name: name) }
  }

  /// Opens a file and requires that it is a regular one. The file may have been replaced since the caller looked at it; callers pass
  /// O_NONBLOCK, so that opening a FIFO in its place does not block.
  ///
  /// - Throws: EISDIR for a directory, ENXIO for anything else that is not a regular file.
  func openRegular(_ path: VirtualPath, flags: Int32, mode: UInt32 = 0) throws(SystemError) -> OpenFile {
    let file = try open(path, flags: flags | O_NONBLOCK | O_NOCTTY, mode: mode)
    let status = try File.status(file.number)
    try requireRegular(status)
    return OpenFile(descriptor: file, status: status)
  }

  /// Opens a regular file for writing; see ``Jail/openForWriting(_:truncating:exclusive:mode:)``.
  func openForWriting(
    _ path: VirtualPath, truncating: Bool, exclusive: Bool, mode: UInt32
  ) throws(SystemError) -> OpenFile {
    let how = O_CREAT | (exclusive ? O_EXCL : 0) | (truncating ? O_TRUNC : 0)
    return try openRegular(path, flags: O_WRONLY | how, mode: mode)
  }

  func requireRegular(_ status: FileStatus) throws(SystemError) {
    if status.isDirectory { throw SystemError(code: EISDIR, call: "openat2") }
    if !status.isRegular { throw SystemError(code: ENXIO, call: "openat2") }
  }

  func makeDirectory(_ path: VirtualPath, mode: UInt32) throws(SystemError) {
    try inParent(of: path) { (parent, name) throws(SystemError) in
      try File.makeDirectory(in: parent, name: name, mode: mode)
    }
  }
}

/// An open regular file with its status at the time of opening.
public struct OpenFile: ~Copyable {
  public let descriptor: Descriptor
  public let status: FileStatus

  /// Closes the file and throws an error that the file system has delayed until now (quota, network).
  public consuming func close() throws(SystemError) { try descriptor.close() }

  /// Gives up the descriptor to the caller.
  public consuming func takeDescriptor() -> Descriptor { descriptor }
}

/// Calls `body` with `bytes`, which contain no NUL, as a C string.
func withCString<Result>(
  _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) throws(SystemError) -> Result
) throws(SystemError) -> Result {
  // On the stack, unless it is longer than any name may be.
  try withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) {
    (buffer) throws(SystemError) -> Result in
    guard let base = buffer.baseAddress else { throw SystemError(code: EINVAL, call: "openat2") }
    UnsafeMutableRawPointer(base).copyMemory(from: bytes, byteCount: bytes.count)
    base[bytes.count] = 0
    return try body(base)
  }
}
