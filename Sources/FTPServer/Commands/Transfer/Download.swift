// RETR (RFC 959, section 4.1.3): a whole file, from REST's place on, or the octets of RANG (draft-bryan-ftp-range, section 4.3).

import FTPProtocol
import FTPTransfer
import Jail
import LinuxSystem

extension Session {
  /// A rest of a file up to this size is sent before the 150 and 226 replies, which then leave together.
  private static let smallFile: Int64 = 64 * 1024

  func retrieve(_ command: Command) async throws(FTPError) {
    // REST and RANG are for this command alone, whatever becomes of it.
    let (range, restart) = (takeRange(), takeRestart())
    let path = try require(.read, resolving: command.argument).path
    let format = self.format
    await perform(TransferProgress(verb: command.verb, direction: .download, path: path)) {
      () async throws(FTPError) in
      if range != nil { try requireRangeParameters(format) } else { try requireRestart(restart, format) }
      if limitsTraffic(.download) { try await requireTraffic(.download) }
      let identity = try require(.read, at: path)
      let file = try onFile { () throws(SystemError) in try identity.jail.openForReading(path) }
      let part = try Self.part(range, restart, ofSize: file.status.size)
      return format.isStraight
        ? try await send(file.descriptor.number, file.status, part, command, format, isRange: range != nil)
        : try await sendCoded(file.descriptor.number, from: restart, command, format)
    }
  }

  /// The bytes of the file that are asked for. Of a range, what the file has of it, which may be nothing.
  private static func part(
    _ range: ClosedRange<UInt64>?, _ restart: RestartPoint, ofSize bytes: UInt64
  ) throws(FTPError) -> Range<Int64> {
    let size = Int64(clamping: bytes)
    if let range {
      let start = min(Int64(clamping: range.lowerBound), size)
      return start..<max(start, min(Int64(clamping: range.upperBound &+ 1), size))
    }
    guard let start = Int64(exactly: restart.fileOffset), start <= size else {
      throw .beyondEnd(restart.fileOffset, bytes)
    }
    return start..<size
  }

  /// Sends a part of a file as it is.
  private func send(
    _ file: Int32, _ status: FileStatus, _ part: Range<Int64>, _ command: Command, _ format: TransferFormat,
    isRange: Bool
  ) async throws(FTPError) -> Reply {
    let count = UInt64(part.upperBound - part.lowerBound)
    setTotal(count)
    let opening = Reply.opening(name: command.argument, byteCount: count, type: format.type)
    var position = part.lowerBound
    let process: DataTransferProcess
    if count <= Self.smallFile, !isRange, !protection.isPrivate, channels.early?.tls == nil,
      quotas?.traffic(.download) == nil, rates == nil, let data = try acceptDataConnectionNow()
    {
      // One write for both replies when the file is gone in one: a wake-up less on both sides.
      process = self.process(on: data)
      reply(opening)
      do throws(TransferBreak) {
        if try process.sendAtOnce(file, &position, to: part.upperBound) {
          data.finish()
          return Reply(226, "Transfer complete.")
        }
      } catch {
        throw FTPError(error)
      }
      guard await flush() else { throw .controlConnectionLost }
    } else {
      process = try await openDataConnection(opening)
    }
    let rest = position..<part.upperBound
    try await transferring { () async throws(TransferBreak) in try await process.send(file, rest, with: self) }
    try requireUnchanged(file, since: status)
    let reply = finish(process.data, format)
    return isRange ? Reply(226, "Transfer complete: \(count) bytes of the range.") : reply
  }

  /// Refuses to call a file sent that was written to meanwhile: what was sent may be half old, half new. That it has grown does no harm,
  /// as log files do.
  private func requireUnchanged(_ file: Int32, since before: FileStatus) throws(FTPError) {
    let now = try onFile { () throws(SystemError) in try File.status(file) }
    guard now.size <= before.size else { return }
    if now.modified != before.modified || now.modifiedNanoseconds != before.modifiedNanoseconds {
      throw .broken(.fileChanged)
    }
  }

  /// Sends a file through the codec of TYPE, STRU and MODE.
  private func sendCoded(
    _ file: Int32, from restart: RestartPoint, _ command: Command, _ format: TransferFormat
  ) async throws(FTPError) -> Reply {
    let stream = try lendStream(.compressing, format)
    defer { giveBack(stream) }
    let output = CodedOutput(
      WireEncoder(
        format, over: stream, markerInterval: configuration.transfer.markerInterval(in: format), from: restart))
    let process = try await openDataConnection(
      Reply.opening(name: command.argument, byteCount: nil, type: format.type))
    let start = Int64(clamping: restart.fileOffset)
    try await transferring { () async throws(TransferBreak) in
      try await process.sendCoded(file, from: start, through: output, with: self)
    }
    return finish(process.data, format)
  }
}
