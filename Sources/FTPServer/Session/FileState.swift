// What the file commands of a session leave for later commands: most sessions never need it, so it is one reference.

import FTPProtocol
import TransportSecurity

/// Touched on the session's executor only.
final class FileState {
  /// What OPTS HASH chose.
  var algorithm = DigestAlgorithm.sha256
  /// The client has asked for digests, so it will ask again.
  var wantsDigests = false
  /// RANG's octets, first and last; the next HASH, RETR or STOR takes them.
  var range: ClosedRange<UInt64>?
  /// Bytes ALLO asked for; the next upload takes them.
  var allocation: Int64?
  /// What SITE EXPECT announced; the next upload takes it.
  var expected: ExpectedDigest?
  /// What SITE CPFR named.
  var copySource: VirtualPath?
  /// What SITE UMASK set.
  var umask: UInt32?
  /// What SITE IDLE set.
  var idle: Duration?
  /// Digits after the second in times, which OPTS MDTM FRACTION chose.
  var fractionDigits = 0
}

extension Session {
  /// The state of the file commands, made if there is none.
  var fileState: FileState {
    if let state = parameters.fileState { return state }
    let state = FileState()
    parameters.fileState = state
    return state
  }

  /// Digits after the second in times of MDTM, MLST and MLSD.
  var fractionDigits: Int { parameters.fileState?.fractionDigits ?? 0 }

  /// The permission bits new files and directories do not get.
  var umask: UInt32 { parameters.fileState?.umask ?? identity?.umask ?? configuration.files.umask }

  /// The permission bits a new file gets against the process's umask; nil while that one holds.
  var newFileMode: UInt32? { (parameters.fileState?.umask ?? identity?.umask).map { 0o666 & ~$0 } }

  /// The same for a directory.
  var newDirectoryMode: UInt32? { (parameters.fileState?.umask ?? identity?.umask).map { 0o777 & ~$0 } }
}
