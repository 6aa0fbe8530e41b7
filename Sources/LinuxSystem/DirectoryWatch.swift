// Being told when files of a directory are replaced, written or removed.

import CLinux
import Glibc

/// A watch on one directory. Source: inotify(7).
public final class DirectoryWatch: Sendable {
  private let descriptor: Descriptor

  /// - Throws: also when the user has as many watches as `fs.inotify.max_user_instances` allows.
  public init(_ directory: String) throws(SystemError) {
    descriptor = Descriptor(owning: try check(weft_watch_directory(directory), "inotify_add_watch"))
  }

  /// Readable when something has happened.
  public var number: Int32 { descriptor.number }

  /// Takes all notices without waiting.
  ///
  /// - Returns: whether something happened to the file `name`, or so much that it is not known any more; and whether the watch goes on.
  public func take(of name: String) -> (happened: Bool, goesOn: Bool) {
    var (happened, goesOn) = (false, true)
    withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 16) { buffer in
      while true {
        let count = weft_read(number, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var start = 0
        while start + 16 <= count {
          // struct inotify_event: wd, mask, cookie, len, and a name that NULs fill up.
          let mask = buffer.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self)
          let length = Int(buffer.loadUnaligned(fromByteOffset: start + 12, as: UInt32.self))
          let bytes = buffer[(start + 16)..<min(count, start + 16 + length)].prefix { $0 != 0 }
          // IN_Q_OVERFLOW, IN_IGNORED
          if mask & 0x4000 != 0 || bytes.elementsEqual(name.utf8) { happened = true }
          if mask & 0x8000 != 0 { (happened, goesOn) = (true, false) }
          start += 16 + length
        }
      }
    }
    return (happened, goesOn)
  }
}
