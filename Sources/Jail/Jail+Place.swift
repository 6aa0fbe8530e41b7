// Where on the host a jail's root is, for whoever decides whether it may be served.

import Glibc
import LinuxSystem

extension Jail {
  /// The absolute path of the directory that is open as the root, with every symbolic link resolved. Nothing can have put another
  /// directory in its place since it was opened.
  ///
  /// Source: proc_pid_fd(5)
  public func place() throws(SystemError) -> [UInt8] {
    try standing { (at) throws(SystemError) in
      try File.linkTarget(in: AT_FDCWD, name: "/proc/self/fd/\(at.root)")
    }
  }
}
