// Calls that read or set attributes of files: times, group, links. Also opens a directory without following links.

import CLinux
import Glibc

/// A point in time as file systems store it.
public struct FileTime: Sendable, Hashable {
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public let seconds: Int64
  public let nanoseconds: UInt32

  public init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

extension File {
  /// The time `name` in `directory` was created; an empty `name` means `directory` itself. A link is not followed. Source: statx(2),
  /// STATX_BTIME.
  ///
  /// - Throws: ENODATA if the file system does not record it.
  public static func birthTime(in directory: Int32, name: UnsafePointer<CChar>) throws(SystemError) -> FileTime {
    var seconds: Int64 = 0
    var nanoseconds: UInt32 = 0
    let flags = Int32(AT_SYMLINK_NOFOLLOW) | Int32(WEFT_AT_NO_AUTOMOUNT) | Int32(WEFT_AT_EMPTY_PATH)
    try check(weft_birth_time(directory, name, flags, &seconds, &nanoseconds), "statx")
    return FileTime(seconds: seconds, nanoseconds: nanoseconds)
  }

  /// Sets access and modification time of an open descriptor, one opened with O_PATH included. Source: utimensat(2) (Linux 5.8).
  public static func setTimes(_ file: Int32, accessed: Int64, modified: FileTime) throws(SystemError) {
    try check(weft_set_times(file, accessed, modified.seconds, Int64(modified.nanoseconds)), "utimensat")
  }

  /// Sets the group of an open descriptor, one opened with O_PATH included. Source: fchownat(2) with AT_EMPTY_PATH.
  public static func setGroup(_ file: Int32, _ group: UInt32) throws(SystemError) {
    try check(weft_set_group(file, group), "fchownat")
  }

  /// Makes a symbolic link `name` in `directory` with the text `target`. Source: symlinkat(2).
  public static func makeSymbolicLink(
    in directory: Int32, name: UnsafePointer<CChar>, target: UnsafePointer<CChar>
  ) throws(SystemError) {
    try check(weft_symlinkat(target, directory, name), "symlinkat")
  }

  /// Opens the directory `name` of `directory` to read its names: no link is followed, no mount point crossed. Source: openat2(2).
  ///
  /// - Throws: ELOOP or ENOTDIR if it is not a directory itself, EXDEV if another file system is mounted there.
  ///
  /// - Parameter crossingMounts: whether it may be the root of a file system that is mounted there; otherwise EXDEV.
  public static func openDirectory(
    in directory: Int32, name: UnsafePointer<CChar>, crossingMounts: Bool = false
  ) throws(SystemError) -> Descriptor {
    try open(
      beneath: directory, name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK,
      resolve: WEFT_RESOLVE_BENEATH | WEFT_RESOLVE_NO_SYMLINKS | (crossingMounts ? 0 : WEFT_RESOLVE_NO_XDEV))
  }

  /// Gives an open file another owner and group. Source: fchownat(2) with AT_EMPTY_PATH.
  public static func setOwner(_ file: Int32, _ owner: UInt32, group: UInt32) throws(SystemError) {
    try check(weft_change_owner(file, owner, group), "fchownat")
  }

  /// Gives back what is reserved behind the end of an open file; its times stay. Sources: ftruncate(2), utimensat(2).
  public static func giveBackReserved(_ file: Int32) {
    guard let status = try? status(file), let size = Int64(exactly: status.size), (try? truncate(file, to: size)) != nil
    else { return }
    try? setModificationTime(file, seconds: status.modified, nanoseconds: status.modifiedNanoseconds)
  }

  /// Copies the extended attributes of the file `name`, access control lists included, to `target`, as far as this process may. A
  /// symbolic link is not followed. Sources: listxattr(2), xattr(7), acl(5).
  ///
  /// - Parameter directory: may have been opened with O_PATH.
  public static func copyAttributes(of name: UnsafePointer<CChar>, in directory: Int32, to target: Int32) {
    // Most files have none or a few. The kernel allows 64 KiB of names.
    if copyAttributes(of: name, in: directory, to: target, namesOf: 1024) { return }
    _ = copyAttributes(of: name, in: directory, to: target, namesOf: 65536)
  }

  /// The same for at most `size` bytes of names; false when there are more.
  private static func copyAttributes(
    of name: UnsafePointer<CChar>, in directory: Int32, to target: Int32, namesOf size: Int
  ) -> Bool {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { names in
      let count = weft_list_attributes(directory, name, names.baseAddress, names.count)
      if count == -Int(ERANGE) { return false }
      guard count > 0, let base = names.baseAddress else { return true }
      var position = 0
      while position < count {
        let attribute = base + position
        // The kernel keeps the others itself: labels, capabilities, what belongs to the superuser.
        if strncmp(attribute, "user.", 5) == 0 || strcmp(attribute, "system.posix_acl_access") == 0 {
          _ = weft_copy_attribute(directory, name, target, attribute)
        }
        position += strlen(attribute) + 1
      }
      return true
    }
  }

  /// Gives an open file the extended attribute `name`. Source: fsetxattr(2).
  ///
  /// - Throws: EOPNOTSUPP where the file system has none.
  public static func setAttribute(_ file: Int32, _ name: String, _ value: [UInt8]) throws(SystemError) {
    try check(weft_set_attribute(file, name, value, value.count), "fsetxattr")
  }

  /// The extended attribute `name` of an open file, if it has at most `limit` bytes; nil if there is none. Source: fgetxattr(2).
  public static func attribute(_ file: Int32, _ name: String, limit: Int = 256) -> [UInt8]? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: limit) { buffer in
      let count = weft_get_attribute(file, name, buffer.baseAddress, limit)
      return count < 0 ? nil : Array(buffer[..<count])
    }
  }

  /// Takes the extended attribute `name` from an open file. Source: fremovexattr(2).
  public static func removeAttribute(_ file: Int32, _ name: String) { _ = weft_remove_attribute(file, name) }
}
