// An owned file descriptor: closed exactly once, when its owner lets go of it.

import CLinux
import Glibc

/// A file descriptor with one owner; it is closed when the value ends.
///
/// Every descriptor the daemon opens is close-on-exec. Source: close(2).
public struct Descriptor: ~Copyable, Sendable {
  /// The number the kernel knows it by. Valid as long as this value lives.
  public let number: Int32

  /// Takes ownership of an open descriptor.
  public init(owning number: Int32) { self.number = number }

  deinit { _ = weft_close(number) }

  /// Gives up ownership without closing; the caller now has to close it.
  public consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }

  /// Closes now. An error of close(2) is reported by the file systems that delay writes (NFS, FUSE, quota).
  public consuming func close() throws(SystemError) {
    let number = self.release()
    let result = weft_close(number)
    // On Linux the descriptor is closed even after EINTR; a second attempt could close another descriptor with the same number.
    if result < 0, result != -EINTR { throw SystemError(code: -result, call: "close") }
  }
}
