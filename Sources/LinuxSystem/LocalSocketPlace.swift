// Who may connect to a Unix socket beside its owner, and who could put another one in its place.

import CLinux
import Glibc

extension LocalSocket {
  /// Lets nobody connect to the socket at `path` but its owner and root. Source: chmod(2).
  public static func allowNobody(at path: String) throws(SystemError) {
    // With a list of access control the mode of the group would be the most that those in the list may have.
    try check(weft_chmod(path, 0o600), "chmod")
  }

  /// Lets `user` connect to the socket at `path`, whose owner may do so in any case, and nobody else but root: an access control list,
  /// which the owner may set without any privilege. Source: acl(5), setxattr(2).
  ///
  /// - Throws: EOPNOTSUPP on a file system without such lists; EINVAL if `user` is not known in this user namespace.
  public static func allow(_ user: UInt32, at path: String) throws(SystemError) {
    let (readAndWrite, nobody) = (UInt16(6), UInt32.max)
    // The file's owner, the user, the file's group, the most that the two last may have, and others.
    let entries: [(tag: UInt16, may: UInt16, user: UInt32)] = [
      (0x01, readAndWrite, nobody), (0x02, readAndWrite, user), (0x04, 0, nobody), (0x10, readAndWrite, nobody),
      (0x20, 0, nobody),
    ]
    var list: [UInt8] = []
    // The kernel's own form of the list: version 2, little-endian.
    func put<Value: FixedWidthInteger>(_ value: Value) {
      withUnsafeBytes(of: value.littleEndian) { list.append(contentsOf: $0) }
    }
    put(UInt32(2))
    for entry in entries {
      put(entry.tag)
      put(entry.may)
      put(entry.user)
    }
    try check(weft_set_path_attribute(path, "system.posix_acl_access", list, list.count), "setxattr")
  }

  /// Why others than `owners` and root could put a socket of their own at `path`, in words that follow it; nil if they could not, or if
  /// there is no such directory.
  ///
  /// Nobody else may write in the directory it is in, nor in those above. In these a sticky bit will do: what is not theirs they cannot
  /// rename.
  public static func placeFault(_ path: String, owners: Set<UInt32>) -> String? {
    let parts = File.absolutePath(path).split(separator: "/")
    guard var directory = try? File.resolvedPath("/" + parts.dropLast().joined(separator: "/")) else { return nil }
    var isFirst = true
    while true {
      guard let status = try? File.status(at: directory) else { return nil }
      let isSticky = status.mode & 0o1000 != 0
      if status.owner != 0, !owners.contains(status.owner) {
        return
          "is in \(directory), which belongs to uid \(status.owner): that user could put another socket in its place"
      }
      if status.mode & 0o022 != 0, isFirst || !isSticky {
        return
          "is in \(directory), where others may write (mode \(String(status.mode & 0o7777, radix: 8))): they could put "
          + "another socket in its place"
      }
      guard directory != "/", let slash = directory.lastIndex(of: "/") else { return nil }
      directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
      isFirst = false
    }
  }
}
