// Opens files for writing with exact permission bits, regardless of the process's umask.

import FTPProtocol
import Glibc
import LinuxSystem

extension Jail {
  /// Like ``openForWriting(_:truncating:exclusive:mode:)``, but a new file gets exactly `exactMode`, if that is not nil.
  public func openForWriting(
    _ path: VirtualPath, truncating: Bool, exclusive: Bool = false, exactMode: UInt32?
  ) throws(SystemError) -> OpenFile {
    guard let exactMode else { return try openForWriting(path, truncating: truncating, exclusive: exclusive) }
    return try standing { (at) throws(SystemError) -> OpenFile in
      var attempts = 0
      while true {
        do throws(SystemError) {
          if !exclusive, let present = try at.openPresent(path, truncating: truncating) { return present }
          // Until the file has its final bits, only its owner can use it.
          let made = try at.openForWriting(path, truncating: false, exclusive: true, mode: exactMode & 0o600)
          try File.setPermissions(made.descriptor.number, exactMode)
          return made
        } catch  where error.code == EEXIST && !exclusive && attempts < 16 {
          // Somebody else has just created it.
          attempts += 1
          // The name is a symbolic link to nothing: create the file it points to, as happens without an exact mode.
          if try at.status(of: path, followingLink: false).isSymbolicLink {
            return try at.openForWriting(path, truncating: truncating, exclusive: false, mode: exactMode)
          }
        }
      }
    }
  }
}

extension Foothold {
  /// Opens an existing regular file; nil if there is none.
  fileprivate func openPresent(_ path: VirtualPath, truncating: Bool) throws(SystemError) -> OpenFile? {
    do throws(SystemError) {
      return try openRegular(path, flags: O_WRONLY | (truncating ? O_TRUNC : 0))
    } catch  where error.code == ENOENT {
      return nil
    }
  }
}
