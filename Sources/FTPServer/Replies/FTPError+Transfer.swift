// What a client is told of a transfer that broke, or of a file that cannot take its upload.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import MultipathTCP
import UploadStore

extension FTPError {
  init(_ cause: TransferBreak) {
    switch cause {
    case .controlConnectionLost: self = .controlConnectionLost
    case .file(let error, let isTarget): self = .file(error, naming: isTarget)
    default: self = .broken(cause)
    }
  }

  init(_ cause: UploadError) {
    switch cause {
    case .file(let error): self = .file(error, naming: true)
    case .beyondEnd(let offset, let size): self = .beyondEnd(offset, size)
    case .beyondLimit(let offset): self = .restart("REST \(offset) is larger than any file can be.")
    case .rangeBeyondEnd(let first, let size):
      self = .restart("RANG \(first) is beyond the end of the file, which has \(size) bytes.")
    case .becameShorter: self = .restart("The file has become shorter.")
    case .nothingToResume: self = .restart("There is no interrupted upload of this file to resume.")
    case .partialTooShort(let size):
      self = .restart("The interrupted upload has \(size) bytes and ends before the marker.")
    case .inUse: self = .busy("Another session is writing this file. Try again later.")
    case .changedMeanwhile:
      self = .restart("What was kept of the interrupted upload has been changed since: send the whole file.")
    case .otherTotal(let total): self = .unsuitable("The segments that have come are of a file of \(total) bytes.")
    case .tooManyGaps: self = .busy("The segments that have come have too many gaps: fill some first.")
    case .differs(let place):
      self = .unsuitable("The segment differs at byte \(place) from what has come before; it is not stored.")
    case .wrongDigest:
      self = .unsuitable("The upload does not have the digest that SITE EXPECT announced; it is not stored.")
    case .stopped: self = .stopped(removed: nil)
    }
  }

  /// REST's offset does not lie in the file.
  static func beyondEnd(_ offset: UInt64, _ size: UInt64) -> FTPError {
    .restart("REST \(offset) is beyond the end of the file, which has \(size) bytes.")
  }

  static func breakReply(_ cause: TransferBreak) -> Reply {
    switch cause {
    case .stalled: return Reply(426, "The data connection stalled for too long.")
    case .tooSlow(let minimum):
      return Reply(426, "The transfer was slower than \(minimum) bytes a second (transfer.minimum-rate).")
    case .usedUp: return Reply(552, "Your transfer quota is used up: no more bytes may be transferred in this time.")
    case .quotaExceeded: return Reply(552, "The quota is exceeded: see SITE QUOTA. The file is not stored.")
    case .quotaUnknown: return Reply(452, "Nobody can tell how much the quota leaves now: try again later.")
    case .aborted: return Reply(426, "Transfer aborted.")
    case .ending: return Reply(426, "The server ends this session.")
    case .dataConnectionLost(let error): return Reply(426, "The data connection was lost: \(error.reason).")
    case .fileShortened: return Reply(426, "The file became shorter while it was sent.")
    case .fileChanged: return Reply(451, "The file was changed while it was sent: get it again.")
    case .endedBeforeAnnounced(let missing):
      return Reply(426, "The upload ended \(missing) bytes before the size that ALLO announced; it is not stored.")
    case .rangeUnfinished(let missing):
      return Reply(426, "The upload ended \(missing) bytes before the end of the range.")
    case .closeMissing:
      return Reply(
        426, "The upload ended without TLS close_notify and may be cut short (tls.missing-close): send it again.")
    case .endUnknown:
      return Reply(426, "The control connection ended with the upload, which may be cut short: send ALLO before it.")
    case .beyondRange: return Reply(552, "The upload is longer than the range; nothing beyond the range was written.")
    case .outOfMemory: return Reply(451, "The server is short of memory for MODE Z. Try again later.")
    case .cannotEncode(let error): return Reply(451, "\(error). Another STRU or SITE RECFM may fit this file.")
    case .cannotDecode(let error): return decodingReply(error)
    case .undecodable: return Reply(451, "The data cannot be decoded.")
    case .bytesBehindEnd: return Reply(451, "Bytes follow the end of the file.")
    case .controlConnectionLost, .file: return FTPError(cause).reply
    default: return connectionReply(cause)
    }
  }

  private static func decodingReply(_ error: CodingError) -> Reply {
    switch error {
    // RFC 959, section 5.4: as if the connection had been lost, which it has.
    case .endedEarly: return Reply(426, "\(error).")
    case .unknownPageType: return Reply(551, "\(error).")
    default: return Reply(451, "\(error).")
    }
  }

  /// Why there is no data connection.
  private static func connectionReply(_ cause: TransferBreak) -> Reply {
    switch cause {
    case .acceptFailed(let error): return Reply(425, "Cannot accept the data connection: \(error.reason).")
    case .connectFailed(let target, .system(let error)):
      return Reply(425, "Cannot connect to \(target): \(error.reason).")
    case .connectFailed(let target, let error): return Reply(425, "Cannot connect to \(target): \(error).")
    case .connectTimedOut(let target): return Reply(425, "Connecting to \(target) timed out.")
    case .notMultipath:
      return Reply(425, "Multipath TCP is required (mptcp.data), but this data connection does not use it.")
    case .handshakeFailed(let error):
      return Reply(425, "The TLS handshake on the data connection failed: \(error).")
    case .handshakeTimedOut: return Reply(425, "The TLS handshake on the data connection timed out.")
    default: return Reply(425, "The client did not connect to the passive port in time.")
    }
  }
}
