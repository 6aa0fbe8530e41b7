// The transfer that runs: what it is, and what becomes of it.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import UploadStore

/// A transfer that runs, for STAT and the log. It belongs to one session and is touched on that session's executor only.
///
/// By reference: much reads it, and a copy of all it holds costs as much as several commands.
final class TransferProgress {
  let verb: Verb
  let direction: TransferDirection
  let path: VirtualPath
  /// Bytes the whole will have; nil when that is not known.
  var total: UInt64?
  let started = MonotonicTime.now
  /// Bytes ALLO has announced for an upload.
  var announced: UInt64?
  /// The digest SITE EXPECT has announced for an upload.
  var expected: ExpectedDigest?
  /// Where in the file an upload begins: REST's offset, or the end of the file APPE found.
  var start: UInt64 = 0
  /// What an upload that has ended made of them, where it is not the same: bytes of the file.
  var written: UInt64?
  /// Who it is for, whoever logs in meanwhile.
  var identity: Identity?
  /// The character set of its names, whatever is chosen meanwhile.
  var charset: Charset?
  /// What it converts, whatever is chosen meanwhile.
  var format = TransferFormat()
  /// The digest of what an upload fills, as far as it has come.
  var digest: RunningDigest?
  /// What moves its bytes, once it has a data connection.
  var process: DataTransferProcess?
  /// The limit that all who move parts of the file share, if the client has told one (OPTS LIMITS).
  var fileRates: SessionRates?
  /// What keeps the upload's file within the quotas.
  var quota: QuotaUpload?
  /// What an upload fills.
  var upload: (any UploadTarget)?

  init(verb: Verb, direction: TransferDirection, path: VirtualPath, total: UInt64? = nil) {
    self.verb = verb
    self.direction = direction
    self.path = path
    self.total = total
  }

  /// The same as others may see it.
  func facts(isPrivate: Bool) -> TransferFacts {
    TransferFacts(
      verb: verb, direction: direction, path: path.bytes, started: started, total: total,
      isPrivate: isPrivate && direction != .fileWork)
  }

  /// Whether `moved` bytes are as many as ALLO announced; nil if it announced nothing. Of an upload that goes on where another broke
  /// off, some clients announce what is still to come, others the whole file (RFC 959, section 4.1.3, can be read either way).
  func isAsAnnounced(_ moved: UInt64) -> Bool? {
    let came = written ?? moved
    return announced.map { $0 == came || $0 == start &+ came }
  }
}
