// Files opened for writing with permission bits that the process's umask has no say in.

import FTPProtocol
import Glibc
import LinuxSystem

extension Jail {
  /// As ``openForWriting(_:truncating:exclusive:mode:)``; a file that is made gets exactly `exactMode`, if that is not nil.
  public func openForWriting(
    _ path: VirtualPath, truncating: Bool, exclusive: Bool = false, exactMode: UInt32?
  ) throws(SystemError) -> OpenFile {
    guard let exactMode else { return try openForWriting(path, truncating: truncating, exclusive: exclusive) }
    return try standing { (at) throws(SystemError) -> OpenFile in
      var attempts = 0
      while true {
        do throws(SystemError) {
          if !exclusive, let present = try at.openPresent(path, truncating: truncating) { return present }
          // Only its owner may use it until it has its bits.
          let made = try at.openForWriting(path, truncating: false, exclusive: true, mode: exactMode & 0o600)
          try File.setPermissions(made.descriptor.number, exactMode)
          return made
        } catch  where error.code == EEXIST && !exclusive && attempts < 16 {
          // Somebody else has just made it.
          attempts += 1
          // A symbolic link that leads to nothing is in the way: the file it names is made, as without an exact mode.
          if try at.status(of: path, followingLink: false).isSymbolicLink {
            return try at.openForWriting(path, truncating: truncating, exclusive: false, mode: exactMode)
          }
        }
      }
    }
  }
}

extension Foothold {
  /// Opens a regular file that is there; nil if there is none.
  fileprivate func openPresent(_ path: VirtualPath, truncating: Bool) throws(SystemError) -> OpenFile? {
    do throws(SystemError) {
      return try openRegular(path, flags: O_WRONLY | (truncating ? O_TRUNC : 0))
    } catch  where error.code == ENOENT {
      return nil
    }
  }
}
