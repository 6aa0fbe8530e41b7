// The system's users as the name service knows them.

import Glibc

/// A user of the system.
public struct SystemUser: Sendable, Hashable {
  public let name: String
  public let user: UInt32
  /// The primary group.
  public let group: UInt32
  /// Every group, the primary one among them.
  public let groups: [UInt32]
  public let home: String
  /// The login shell; empty means /bin/sh.
  public let shell: String

  public init(name: String, user: UInt32, group: UInt32, groups: [UInt32], home: String, shell: String) {
    self.name = name
    self.user = user
    self.group = group
    self.groups = groups
    self.home = home
    self.shell = shell
  }
}

public enum UserDatabase {
  /// Users in more groups than this are not found, because no message or call here can carry more.
  public static let groupLimit = 1024

  /// The user called `name`; nil if there is none. It may read files and ask a directory service, so do not call it on a session's
  /// queue.
  ///
  /// Source: getpwnam_r(3), getgrouplist(3).
  /// - Throws: if the name service could not answer, or the user is in too many groups (E2BIG).
  public static func user(named name: String) throws(SystemError) -> SystemUser? {
    try look { (entry, buffer, count, result) in getpwnam_r(name, entry, buffer, count, result) }
  }

  /// The user with the id `number`; nil when there is none. Source: getpwuid_r(3).
  public static func user(_ number: UInt32) throws(SystemError) -> SystemUser? {
    try look { (entry, buffer, count, result) in getpwuid_r(number, entry, buffer, count, result) }
  }

  private typealias Look = (
    UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
  ) -> Int32

  private static func look(_ body: Look) throws(SystemError) -> SystemUser? {
    var size = 4096
    while true {
      var entry = passwd()
      var result: UnsafeMutablePointer<passwd>?
      var buffer = [CChar](repeating: 0, count: size)
      let (code, found) = buffer.withUnsafeMutableBufferPointer {
        (buffer) -> (Int32, (passwd, String, String, String)?) in
        guard let base = buffer.baseAddress else { return (ENOMEM, nil) }
        let code = body(&entry, base, buffer.count, &result)
        guard code == 0, result != nil, let name = entry.pw_name else { return (code, nil) }
        let texts = (entry.pw_dir, entry.pw_shell)
        return (
          0,
          (
            entry, String(cString: name), texts.0.map { String(cString: $0) } ?? "",
            texts.1.map { String(cString: $0) } ?? ""
          )
        )
      }
      switch code {
      case 0:
        guard let (raw, name, home, shell) = found else { return nil }
        return SystemUser(
          name: name, user: raw.pw_uid, group: raw.pw_gid, groups: try groups(of: name, raw.pw_gid), home: home,
          shell: shell)
      case ERANGE where size < 1 << 20: size *= 4
      case EINTR: continue
      // According to getpwnam_r(3), some systems return these for a name that does not exist.
      case ENOENT, ESRCH, EBADF, EPERM: return nil
      default: throw SystemError(code: code, call: "getpwnam_r")
      }
    }
  }

  private static func groups(of name: String, _ primary: UInt32) throws(SystemError) -> [UInt32] {
    var list = [gid_t](repeating: 0, count: groupLimit)
    var count = Int32(groupLimit)
    guard getgrouplist(name, primary, &list, &count) >= 0 else { throw SystemError(code: E2BIG, call: "getgrouplist") }
    return Array(list.prefix(Int(count)))
  }
}
