// File and directory calls relative to a directory descriptor, each once.

import CLinux
import Glibc

/// The status of a file, from statx(2).
public struct FileStatus: Sendable, Hashable {
  /// The S_IFMT bits and the twelve permission bits.
  public let mode: UInt32
  public let links: UInt32
  public let owner: UInt32
  public let group: UInt32
  /// Bytes.
  public private(set) var size: UInt64
  /// Bytes of the disk that it takes, reserved ones included.
  public let allocated: UInt64
  public let inode: UInt64
  public let device: UInt64
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public let modified: Int64
  public let modifiedNanoseconds: UInt32
  /// When contents or attributes last changed; no call can set this time.
  public let changed: Int64
  public let changedNanoseconds: UInt32

  init(_ raw: weft_stat) {
    mode = raw.mode
    links = raw.links
    owner = raw.owner
    group = raw.group
    size = raw.size
    allocated = raw.allocated
    inode = raw.inode
    device = raw.device
    modified = raw.modified
    modifiedNanoseconds = raw.modified_nanoseconds
    changed = raw.changed
    changedNanoseconds = raw.changed_nanoseconds
  }

  /// ``device`` in the format of stat(2), st_dev. Source: makedev(3).
  public var deviceNumber: UInt64 {
    let (major, minor) = (device >> 32, device & 0xFFFF_FFFF)
    return (major & 0xFFF) << 8 | (minor & 0xFF) | (minor & ~0xFF) << 12 | (major & ~0xFFF) << 32
  }

  /// The same, of `size` bytes: for a file of which only the beginning counts.
  public func resized(to size: UInt64) -> FileStatus {
    var status = self
    status.size = size
    return status
  }

  /// Whether both are of one file.
  public func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }

  public var isDirectory: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
  public var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
  public var isSymbolicLink: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFLNK) }
  /// The twelve permission bits.
  public var permissions: UInt32 { mode & 0o7777 }
}

public enum File {
  /// Opens `path` beneath `directory`; `resolve` are the RESOLVE_ flags. Source: openat2(2) (Linux 5.6).
  public static func open(
    beneath directory: Int32, _ path: UnsafePointer<CChar>, flags: Int32, mode: UInt32 = 0, resolve: UInt64
  ) throws(SystemError) -> Descriptor {
    let all = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
    return Descriptor(
      owning: try retrying("openat2") { weft_openat2(directory, path, all, UInt64(mode), resolve) })
  }

  /// Opens a path given by the operator (a root directory, a settings file), never a client's path. Source: openat(2).
  public static func open(_ path: String, flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Descriptor {
    Descriptor(owning: try retrying("openat") { weft_openat(AT_FDCWD, path, flags | O_CLOEXEC, mode) })
  }

  /// Makes `descriptor` refer to what `other` refers to. Its number stays the same, and it is close-on-exec. Source: dup3(2).
  public static func replace(_ descriptor: Int32, by other: Int32) throws(SystemError) {
    try retrying("dup3") { weft_dup3(other, descriptor) }
  }

  /// Whether a path given by the operator exists. Source: faccessat(2).
  public static func exists(_ path: String) -> Bool { weft_faccessat(AT_FDCWD, path, F_OK, 0) == 0 }

  /// Whether `path` is a file that this process may run. Source: faccessat(2), X_OK.
  public static func isExecutable(_ path: String) -> Bool {
    guard weft_faccessat(AT_FDCWD, path, X_OK, 0) == 0, let status = try? status(at: path) else { return false }
    return status.mode & UInt32(S_IFMT) == UInt32(S_IFREG)
  }

  /// Whether this process may do `rights` (R_OK, W_OK, X_OK) with the open directory `directory`, by its owner, mode and mount; Landlock
  /// is not asked. Source: faccessat(2).
  public static func allows(_ rights: Int32, in directory: Int32) -> Bool {
    weft_faccessat(directory, ".", rights, 0) == 0
  }

  /// The status of what a path given by the operator leads to. Source: statx(2).
  public static func status(at path: String) throws(SystemError) -> FileStatus {
    var raw = weft_stat()
    try check(weft_statx(AT_FDCWD, path, 0, &raw), "statx")
    return FileStatus(raw)
  }

  /// The status of an open descriptor. Source: statx(2) with AT_EMPTY_PATH.
  public static func status(_ file: Int32) throws(SystemError) -> FileStatus {
    var raw = weft_stat()
    try check(weft_statx(file, "", Int32(WEFT_AT_EMPTY_PATH), &raw), "statx")
    return FileStatus(raw)
  }

  /// The status of `name` in `directory`, of the link itself when it is one. Source: statx(2) with AT_SYMLINK_NOFOLLOW.
  public static func status(
    in directory: Int32, name: UnsafePointer<CChar>
  ) throws(SystemError) -> FileStatus {
    var raw = weft_stat()
    try check(weft_statx(directory, name, Int32(AT_SYMLINK_NOFOLLOW) | Int32(WEFT_AT_NO_AUTOMOUNT), &raw), "statx")
    return FileStatus(raw)
  }

  /// Reads at `offset`; 0 is the end of the file. Source: pread(2).
  public static func read(
    _ file: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(SystemError) -> Int {
    try retrying("pread") { weft_pread(file, buffer.baseAddress, buffer.count, offset) }
  }

  /// Reads the bytes in a pipe, at least one. Source: read(2).
  public static func read(pipe: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try retrying("read") { weft_read(pipe, buffer.baseAddress, buffer.count) }
  }

  /// Writes all of `buffer` at `offset`, however many calls it takes. Source: pwrite(2).
  public static func write(_ file: Int32, _ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
      done += try retrying("pwrite") { weft_pwrite(file, rest.baseAddress, rest.count, offset + Int64(done)) }
    }
  }

  /// The target of a symbolic link, at most 4,095 bytes. Source: readlinkat(2).
  public static func linkTarget(in directory: Int32, name: UnsafePointer<CChar>) throws(SystemError) -> [UInt8] {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { (buffer) throws(SystemError) -> [UInt8] in
      let count = try check(weft_readlinkat(directory, name, buffer.baseAddress, 4095), "readlinkat")
      return buffer[..<count].map { UInt8(bitPattern: $0) }
    }
  }

  public static func makeDirectory(in directory: Int32, name: UnsafePointer<CChar>, mode: UInt32) throws(SystemError) {
    try check(weft_mkdirat(directory, name, mode), "mkdirat")
  }

  /// Removes a file or link. Source: unlinkat(2).
  public static func remove(in directory: Int32, name: UnsafePointer<CChar>) throws(SystemError) {
    try check(weft_unlinkat(directory, name, 0), "unlinkat")
  }

  /// Removes an empty directory. Source: unlinkat(2) with AT_REMOVEDIR.
  public static func removeDirectory(in directory: Int32, name: UnsafePointer<CChar>) throws(SystemError) {
    try check(weft_unlinkat(directory, name, Int32(AT_REMOVEDIR)), "unlinkat")
  }

  /// Renames a file. A file that has the new name is replaced; with `replacing` false this throws EEXIST. Source: renameat2(2).
  public static func rename(
    in directory: Int32, _ name: UnsafePointer<CChar>, to target: Int32, _ newName: UnsafePointer<CChar>,
    replacing: Bool = true
  ) throws(SystemError) {
    try check(
      weft_renameat2(directory, name, target, newName, replacing ? 0 : WEFT_RENAME_NOREPLACE), "renameat2")
  }

  public static func truncate(_ file: Int32, to size: Int64) throws(SystemError) {
    try retrying("ftruncate") { weft_ftruncate(file, size) }
  }

  /// Sets the permission bits of an open descriptor, one opened with O_PATH included.
  ///
  /// Source: fchmodat2(2) with AT_EMPTY_PATH (Linux 6.6); older kernels by way of /proc/self/fd, see open(2) on O_PATH.
  public static func setPermissions(_ file: Int32, _ mode: UInt32) throws(SystemError) {
    let result = weft_fchmodat2(file, mode)
    if result == -ENOSYS || result == -EINVAL {
      try check(weft_chmod("/proc/self/fd/\(file)", mode), "chmod")
    } else {
      try check(result, "fchmodat2")
    }
  }

  /// Sets the modification time of an open descriptor, one opened with O_PATH included. Source: utimensat(2) (Linux 5.8).
  public static func setModificationTime(
    _ file: Int32, seconds: Int64, nanoseconds: UInt32
  ) throws(SystemError) {
    try check(weft_utimens(file, seconds, Int64(nanoseconds)), "utimensat")
  }

  /// Whether this process may access `name` in the given `mode` (R_OK, W_OK, X_OK); an empty `name` means `directory` itself.
  public static func isAccessible(in directory: Int32, name: UnsafePointer<CChar>, mode: Int32) -> Bool {
    weft_faccessat(directory, name, mode, Int32(AT_EACCESS) | Int32(WEFT_AT_EMPTY_PATH)) == 0
  }

  /// The free space in bytes for unprivileged users on the file system of `file`. Source: fstatvfs(3).
  public static func availableBytes(_ file: Int32) throws(SystemError) -> UInt64 { try space(file).free }

  /// How many bytes the file system of `file` has, and how many of them unprivileged users can still store. Source: fstatvfs(3).
  public static func space(_ file: Int32) throws(SystemError) -> (total: UInt64, free: UInt64) {
    var available: UInt64 = 0
    var total: UInt64 = 0
    try check(weft_fstatvfs(file, &available, &total), "fstatvfs")
    return (total, available)
  }

  /// The same for the directory at `path`, which need not be readable.
  public static func space(at path: String) throws(SystemError) -> (total: UInt64, free: UInt64) {
    let directory = try open(path, flags: WEFT_O_PATH | O_DIRECTORY | O_CLOEXEC)
    return try space(directory.number)
  }

  /// Moves at most `count` bytes between a pipe and a socket or file in the kernel; `offset` is the file's. Source: splice(2).
  @inlinable
  public static func splice(from source: Int32, to target: Int32, count: Int) throws(SystemError) -> Progress {
    try Socket.progress("splice") {
      weft_splice(source, nil, target, nil, count, WEFT_SPLICE_MOVE | WEFT_SPLICE_NONBLOCK)
    }
  }

  /// Moves at most `count` bytes from a pipe into a file at `offset`, which is advanced. Source: splice(2).
  @inlinable
  public static func splice(fromPipe source: Int32, toFile file: Int32, offset: inout Int64, count: Int)
    throws(SystemError) -> Int
  {
    while true {
      let result = weft_splice(source, nil, file, &offset, count, WEFT_SPLICE_MOVE)
      if result >= 0 { return result }
      if result != -Int(EINTR) { throw SystemError(code: Int32(truncatingIfNeeded: -result), call: "splice") }
    }
  }

  /// A pipe, both ends non-blocking and close-on-exec, that holds `capacity` bytes where the system allows. Source: pipe(2), fcntl(2) F_SETPIPE_SZ.
  public static func pipe(capacity: Int32) throws(SystemError) -> (read: Int32, write: Int32, capacity: Int) {
    var ends: [Int32] = [0, 0]
    try check(weft_pipe(&ends), "pipe2")
    let granted = weft_fcntl_int(ends[1], WEFT_F_SETPIPE_SZ, capacity)
    return (ends[0], ends[1], granted > 0 ? Int(granted) : 65536)
  }
}
