// Calls for files that have no name yet (O_TMPFILE, linkat) or that several processes want to use (flock).

import CLinux
import Glibc

extension File {
  /// Whether a file without a name can be given one later, which needs /proc. Source: open(2) on O_TMPFILE.
  public static let canNameUnnamed = exists("/proc/self/fd")

  /// Creates a file without a name on the file system of `directory`. It vanishes with its last descriptor, unless
  /// ``link(_:in:name:)`` gives it a name. Source: open(2), O_TMPFILE.
  ///
  /// - Returns: nil if the file system does not support such files.
  public static func makeUnnamed(in directory: Int32, mode: UInt32) throws(SystemError) -> Descriptor? {
    do throws(SystemError) {
      return try open(
        beneath: directory, ".", flags: O_RDWR | WEFT_O_TMPFILE | O_DIRECTORY, mode: mode,
        resolve: UInt64(WEFT_RESOLVE_BENEATH))
    } catch  where error.code == EOPNOTSUPP || error.code == EISDIR || error.code == EINVAL {
      return nil
    }
  }

  /// A file in memory that holds `bytes`, to be read from its beginning and never changed. Sources: memfd_create(2), lseek(2).
  public static func memory(_ name: String, _ bytes: [UInt8]) throws(SystemError) -> Descriptor {
    let file = Descriptor(
      owning: try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
        try check(weft_sealed_memory(name, buffer.baseAddress, buffer.count), "memfd_create")
      })
    _ = weft_lseek(file.number, 0, SEEK_SET)
    return file
  }

  /// Gives an open file a name. Source: linkat(2): with AT_EMPTY_PATH, or else through /proc/self/fd, which needs no privilege.
  ///
  /// - Throws: EEXIST if the name exists already; ENOENT for a file whose last name was removed.
  public static func link(_ file: Int32, in directory: Int32, name: UnsafePointer<CChar>) throws(SystemError) {
    let result = weft_linkat(file, "", directory, name, Int32(WEFT_AT_EMPTY_PATH))
    guard result == -ENOENT || result == -EPERM || result == -EACCES else {
      try check(result, "linkat")
      return
    }
    try check(weft_linkat(AT_FDCWD, "/proc/self/fd/\(file)", directory, name, Int32(AT_SYMLINK_FOLLOW)), "linkat")
  }

  /// Takes the lock of an open file, which lasts as long as the file is open, also against other processes. Source: flock(2).
  ///
  /// - Returns: false if somebody else has the lock. Also true if the file system does not support locks.
  public static func lock(_ file: Int32) throws(SystemError) -> Bool {
    let result = weft_flock(file, LOCK_EX | LOCK_NB)
    if result == -EWOULDBLOCK { return false }
    if result == -EOPNOTSUPP || result == -ENOSYS || result == -ENOLCK { return true }
    try check(result, "flock")
    return true
  }

  /// Gives back the lock of an open file. Source: flock(2).
  public static func unlock(_ file: Int32) { _ = weft_flock(file, LOCK_UN) }

  /// A second descriptor of an open file. Source: fcntl(2), F_DUPFD_CLOEXEC.
  public static func duplicate(_ file: Int32) throws(SystemError) -> Descriptor {
    Descriptor(owning: try check(weft_fcntl_int(file, F_DUPFD_CLOEXEC, 0), "fcntl"))
  }

  /// Throws the errors that close(2) would report, but leaves the file open: it closes a second descriptor of the file.
  public static func flush(_ file: Int32) throws(SystemError) {
    let other = try check(weft_fcntl_int(file, F_DUPFD_CLOEXEC, 0), "fcntl")
    try Descriptor(owning: other).close()
  }
}
