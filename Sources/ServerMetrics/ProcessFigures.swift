// What the kernel tells of this process: processor time, memory, descriptors.

import Glibc
import LinuxSystem

/// Figures of the process. Source: proc(5), clock_gettime(2), getrlimit(2).
enum ProcessFigures {
  /// Seconds of user and system time.
  static var processorSeconds: Double {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static var residentBytes: Int? {
    guard let fields = fields(of: "/proc/self/statm"), fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Seconds since 1970.
  static var startTime: Double {
    guard let text = text(of: "/proc/self/stat"), let end = text.lastIndex(of: ")") else { return 0 }
    // The 22nd field; the second, in parentheses, may hold blanks.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let ticks = Double(fields[19]), let uptime = Self.fields(of: "/proc/uptime")?.first,
      let up = Double(uptime)
    else { return 0 }
    return Double(WallClock.seconds) - up + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  static var openDescriptors: Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Not `.`, `..` and the directory itself.
    return max(0, count - 3)
  }

  static var descriptorLimit: UInt64 {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return UInt64(limit.rlim_cur)
  }

  private static func fields(of path: String) -> [Substring]? { text(of: path)?.split(separator: " ") }

  private static func text(of path: String) -> String? {
    guard let file = try? File.open(path, flags: O_RDONLY) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(file.number, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
