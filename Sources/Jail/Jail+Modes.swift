// Files opened for writing with permission bits that the process's umask has no say in.

import FTPProtocol
import Glibc
import LinuxSystem

extension Jail {
  /// As ``openForWriting(_:truncating:exclusive:mode:)``; a file that is made gets exactly `exactMode`, if that is not nil.
  public func openForWriting(
    _ path: VirtualPath, truncating: Bool, exclusive: Bool, exactMode: UInt32?
  ) throws(SystemError) -> OpenFile {
    let own = try enter()
    defer { leave(own) }
    guard let exactMode else { return try openForWriting(path, truncating: truncating, exclusive: exclusive) }
    var attempts = 0
    while true {
      do throws(SystemError) {
        if !exclusive, let present = try openPresent(path, truncating: truncating) { return present }
        // Only its owner may use it until it has its bits.
        let made = try openForWriting(path, truncating: false, exclusive: true, mode: exactMode & 0o600)
        try File.setPermissions(made.descriptor.number, exactMode)
        return made
      } catch  where error.code == EEXIST && !exclusive && attempts < 16 {
        // Somebody else has just made it.
        attempts += 1
      }
    }
  }

  /// Opens a regular file that is there; nil if there is none.
  private func openPresent(_ path: VirtualPath, truncating: Bool) throws(SystemError) -> OpenFile? {
    do throws(SystemError) {
      let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | (truncating ? O_TRUNC : 0)
      let file = try open(path, flags: flags)
      let status = try File.status(file.number)
      try requireRegular(status)
      return OpenFile(descriptor: file, status: status)
    } catch  where error.code == ENOENT {
      return nil
    }
  }
}
