// ALLO (RFC 959, section 4.1.3): room for the next upload.

import FTPProtocol
import LinuxSystem
import UploadStore

extension Session {
  /// ALLO size [R record-size]: what cannot fit is told now, what can is reserved by the STOR, APPE or STOU that follows.
  func allocate(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let words = command.argument.split(separator: 0x20, omittingEmptySubsequences: true)
    guard let first = words.first, let size = FileOffset.parse(first),
      words.count == 1
        || (words.count == 3 && words[1].count == 1 && words[1].first.map { $0 | 0x20 } == 0x72
          && FileOffset.parse(words[2]) != nil)
    else { throw .syntax("Usage: ALLO <size in bytes> [R <record size>]") }
    parameters.fileState?.allocation = nil
    let room = try onFile { () throws(SystemError) in try identity.jail.availableBytes(at: directory) }
    // Of a file that comes in segments only one comes now; the others may be on the disk already.
    let coming = parameters.fileState?.range.map { $0.upperBound - $0.lowerBound &+ 1 }
    if min(coming ?? .max, Reservation.rest(of: size, behind: parameters.restart)) > room {
      throw .noRoom("Not enough space for \(size) bytes: \(room) are free.")
    }
    if size > 0, !identity.permissions(at: directory).isReadOnly { fileState.allocation = Int64(exactly: size) }
    return Reply(200, "There is enough space for \(size) bytes.")
  }
}
