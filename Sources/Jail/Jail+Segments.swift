// The mark by which a partial that is filled in segments is told from one that has all bytes up to its end.

import FTPProtocol
import Glibc
import LinuxSystem

extension FileStatus {
  /// A partial with this mark has gaps: only its own records know which bytes are there. It is the sticky bit, which means nothing else on
  /// a file (inode(7)) and is seen wherever the size is.
  public var isSegmented: Bool { isRegular && permissions & UInt32(S_ISVTX) != 0 }
}

extension Jail {
  /// Marks a partial as one that is filled in segments, or takes the mark away.
  ///
  /// - Throws: EOPNOTSUPP if the file system does not keep such a mark.
  public func setSegmented(_ pending: borrowing PendingFile, _ isSegmented: Bool) throws(SystemError) {
    let file = pending.descriptor.number
    try standing { (_) throws(SystemError) in
      let before = try File.status(file).permissions & ~UInt32(S_ISVTX)
      try File.setPermissions(file, isSegmented ? before | UInt32(S_ISVTX) : before)
      if try File.status(file).isSegmented != isSegmented { throw SystemError(code: EOPNOTSUPP, call: "fchmod") }
    }
  }
}
