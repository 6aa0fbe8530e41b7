// Limits of the process's resources: open files, heap arenas, resident code.

import CLinux
import Glibc

public enum ProcessLimits {
  /// Raises the soft limit of open files to the hard one and returns it. Source: getrlimit(2), RLIMIT_NOFILE.
  @discardableResult
  public static func raiseOpenFiles() -> UInt64 {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    guard weft_nofile(&soft, &hard) == 0 else { return 1024 }
    return soft < hard && weft_set_nofile(hard, hard) == 0 ? hard : soft
  }

  /// Keeps the last few descriptors below the present limit free: opening sockets and files to read fails with EMFILE before that.
  ///
  /// libdispatch ends the process if it cannot open /proc/TID/stat, which it reads every second in which its queues have work waiting
  /// (`_dispatch_workq_monitor_pools`).
  public static func reserveDescriptors() { weft_reserve_descriptors(8) }

  /// Whether a descriptor the kernel has just given is one of those kept back.
  static func isReserved(_ number: Int32) -> Bool { weft_is_reserved(number) != 0 }

  /// Keeps glibc's heap small in a process with many threads: limits the number of arenas, and returns free memory above 1 MiB. Source:
  /// mallopt(3).
  public static func limitHeapArenas(to count: Int32) { weft_malloc_settings(count, 1 << 20) }

  /// Returns unused memory of the heap to the system. Source: malloc_trim(3).
  public static func trimHeap() { weft_malloc_trim() }

  /// Drops the program's code from resident memory. Code that is needed again comes back from the page cache; much of it is only needed
  /// at the start. Source: madvise(2), MADV_DONTNEED; proc(5), maps.
  public static func releaseCode() { weft_release_code() }

  /// Names the calling thread (15 bytes) for ps, top and gdb. Source: prctl(2), PR_SET_NAME.
  public static func nameThread(_ name: String) { _ = weft_prctl_name(name) }
}
