// Links and permission bits in a directory of this host.

import CLinux
import Glibc
import LinuxSystem

extension LocalDirectory {
  /// The text of a symbolic link.
  func linkTarget(_ name: [UInt8]) throws(ClientError) -> [UInt8] {
    try call(name) { (number, name) throws(SystemError) in try File.linkTarget(in: number, name: name) }
  }

  /// Makes a symbolic link.
  ///
  /// - Parameter replacing: takes the place of a link or file that has the name; otherwise that is an error.
  func makeLink(_ name: [UInt8], to target: [UInt8], replacing: Bool) throws(ClientError) {
    if replacing { try remove(name) }
    try call(name) { (number, name) throws(SystemError) in
      var failure: SystemError?
      LocalDirectory.withName(target) { target in
        do throws(SystemError) {
          try File.makeSymbolicLink(in: number, name: name, target: target)
        } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  /// Sets the permission bits of a file or directory in it, 0o777. A link is not followed.
  func setMode(_ name: [UInt8], _ mode: UInt16) throws(ClientError) {
    try call(name) { (number, name) throws(SystemError) in
      let file = try File.open(
        beneath: number, name, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
        resolve: WEFT_RESOLVE_BENEATH | WEFT_RESOLVE_NO_SYMLINKS)
      try File.setPermissions(file.number, UInt32(mode & 0o777))
    }
  }
}
