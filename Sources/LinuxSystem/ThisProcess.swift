// The arguments, user, groups and threads of this process.

import CLinux
import Glibc

/// What the kernel reports about this process.
public enum ThisProcess {
  /// The arguments the program was started with, without its name, as glibc passed them.
  ///
  /// `CommandLine.arguments` reads /proc/self/cmdline instead, and has none where /proc is not mounted: a chroot, some containers.
  /// Source: execve(2).
  public static var arguments: [String] {
    (0..<weft_argument_count()).dropFirst().compactMap { weft_argument($0).map { String(cString: $0) } }
  }

  /// Source: geteuid(2).
  public static var user: UInt32 { geteuid() }
  /// Source: getegid(2).
  public static var group: UInt32 { getegid() }

  /// The supplementary groups of the calling thread. Source: getgroups(2).
  public static var groups: [UInt32] {
    let count = weft_getgroups(0, nil)
    guard count > 0 else { return [] }
    var list = [UInt32](repeating: 0, count: Int(count))
    let filled = weft_getgroups(list.count, &list)
    return Array(list.prefix(max(0, Int(filled))))
  }

  /// The threads this process has now; nil when /proc cannot be read. Source: proc_pid_task(5).
  public static func threadCount() -> Int? {
    guard let directory = try? File.open("/proc/self/task", flags: O_RDONLY | O_DIRECTORY) else { return nil }
    var reader = DirectoryReader(directory)
    var count = 0
    while let isName = try? reader.next({ _ in true }) { if isName { count += 1 } }
    return count
  }

  /// Whether the kernel tells this process of `user` by that number: in a user namespace of its own, all users that are not mapped there
  /// are one. Source: user_namespaces(7), "User and group ID mappings".
  public static func knows(user: UInt32) -> Bool {
    guard let file = try? File.open("/proc/self/uid_map", flags: O_RDONLY) else { return true }
    let text = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      String(decoding: buffer[..<((try? File.read(file.number, into: buffer, at: 0)) ?? 0)], as: UTF8.self)
    }
    return isMapped(user, in: text)
  }

  /// The lines of uid_map: the first number inside, the first outside, how many.
  static func isMapped(_ user: UInt32, in map: String) -> Bool {
    map.split(separator: "\n").contains { line in
      let numbers = line.split(separator: " ").compactMap { UInt64($0) }
      return numbers.count == 3 && UInt64(user) >= numbers[0] && UInt64(user) - numbers[0] < numbers[2]
    }
  }

  /// From now on, no execve(2) gives more privileges to this thread or what it starts. Source: PR_SET_NO_NEW_PRIVS(2const).
  public static func renounceNewPrivileges() throws(SystemError) { try check(weft_no_new_privileges(), "prctl") }

  /// The lowest port that can be bound without privilege; 1024 unless the system is configured otherwise. Source: ip(7).
  public static var firstUnprivilegedPort: Int {
    guard let file = try? File.open("/proc/sys/net/ipv4/ip_unprivileged_port_start", flags: O_RDONLY) else {
      return 1024
    }
    let text = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
      let count = (try? File.read(file.number, into: buffer, at: 0)) ?? 0
      return String(decoding: buffer[..<count].prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)
    }
    return Int(text) ?? 1024
  }
}
