// Calls for files that have no name yet, or whose name several processes want: O_TMPFILE, linkat, flock.

import CLinux
import Glibc

extension File {
  /// Whether a file without a name can be given one here: that needs /proc. Source: open(2) on O_TMPFILE.
  public static let canNameUnnamed = exists("/proc/self/fd")

  /// Makes a file without a name on the file system of `directory`: it is gone with its last descriptor, unless it is given a name by
  /// ``link(_:in:name:)``. Source: open(2), O_TMPFILE.
  ///
  /// - Returns: nil where the file system has no such files.
  public static func makeUnnamed(in directory: Int32, mode: UInt32) throws(SystemError) -> Descriptor? {
    do throws(SystemError) {
      return try open(
        beneath: directory, ".", flags: O_RDWR | WEFT_O_TMPFILE | O_DIRECTORY, mode: mode,
        resolve: UInt64(WEFT_RESOLVE_BENEATH))
    } catch  where error.code == EOPNOTSUPP || error.code == EISDIR || error.code == EINVAL {
      return nil
    }
  }

  /// Gives an open file a name. Source: linkat(2): with AT_EMPTY_PATH, else by way of /proc/self/fd, which any process may.
  ///
  /// - Throws: EEXIST if the name is there already; ENOENT for a file whose last name was removed.
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
  /// - Returns: false if somebody else has it. True, too, where the file system knows no locks.
  public static func lock(_ file: Int32) throws(SystemError) -> Bool {
    let result = weft_flock(file, LOCK_EX | LOCK_NB)
    if result == -EWOULDBLOCK { return false }
    if result == -EOPNOTSUPP || result == -ENOSYS || result == -ENOLCK { return true }
    try check(result, "flock")
    return true
  }

  /// Asks for the errors that close(2) would report, and leaves the file open: another descriptor of it is closed.
  public static func flush(_ file: Int32) throws(SystemError) {
    let other = try check(weft_fcntl_int(file, F_DUPFD_CLOEXEC, 0), "fcntl")
    try Descriptor(owning: other).close()
  }
}
