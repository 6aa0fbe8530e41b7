// REST (RFC 959, section 4.1.3; RFC 3659, section 5) and RANG (draft-bryan-ftp-range): which part of a file the next command means.

import FTPProtocol

extension Session {
  // MARK: REST

  func restart(_ command: Command) throws(FTPError) -> Reply {
    let format = self.format
    parameters.fileState?.range = nil
    if format.endsInBand, let point = RestartPoint.parse(command.argument) {
      if !point.fits(format) {
        throw .parameter(
          "This marker belongs to a transfer with another TYPE, STRU or SITE RECFM: set them as they were.")
      }
      parameters.restart = point.fileOffset
      parameters.marker = command.argument
      return Reply(350, "Restarting at the marker. Send STOR or RETR to initiate the transfer.")
    }
    guard let offset = FileOffset.parse(command.argument) else {
      throw .syntax(
        format.endsInBand
          ? "REST needs a restart marker exactly as this server sent it."
          : "REST needs a byte offset from 0 to \(Int64.max), in decimal digits.")
    }
    if offset > 0 { try requireOffsets(format) }
    parameters.restart = offset
    return Reply(350, "Restarting at \(offset). Send STOR or RETR to initiate the transfer.")
  }

  /// Whether REST's number can mean a place in the file.
  func requireOffsets(_ format: TransferFormat) throws(FTPError) {
    if format.countsBytes { return }
    if format.type != .image { throw .parameter("REST works in TYPE I only: send TYPE I first.") }
    throw .parameter("REST counts bytes, so it works in STRU F only; in modes B and C it takes a restart marker.")
  }

  /// Where REST asked to begin, which one transfer uses up.
  func takeRestart() -> RestartPoint {
    defer { parameters.restart = 0 }
    if !parameters.marker.isEmpty, let point = RestartPoint.parse(parameters.marker) { return point }
    return RestartPoint(fileOffset: parameters.restart)
  }

  /// Refuses a restart that the parameters of now cannot honour: they may have changed since REST.
  func requireRestart(_ restart: RestartPoint, _ format: TransferFormat) throws(FTPError) {
    if restart == RestartPoint() { return }
    if restart == RestartPoint(fileOffset: restart.fileOffset) {
      do throws(FTPError) { return try requireOffsets(format) } catch {
        guard case .parameter(let text) = error else { throw error }
        throw .restartMismatch(text)
      }
    }
    if !format.endsInBand || !restart.fits(format) {
      throw .restartMismatch("The restart marker belongs to a transfer with another TYPE, STRU, MODE or SITE RECFM.")
    }
  }

  // MARK: RANG

  /// RANG first last: the octets for the next HASH, RETR or STOR, both counted from 0, both included; RANG 1 0 is the whole file.
  func range(_ command: Command) throws(FTPError) -> Reply {
    parameters.fileState?.range = nil
    let words = command.argument.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 2, let first = FileOffset.parse(words[0]), let last = FileOffset.parse(words[1]) else {
      throw .syntax("Usage: RANG <first octet> <last octet>, from 0 to \(Int64.max); RANG 1 0 is the whole file.")
    }
    if first == 1, last == 0 {
      parameters.restart = 0
      return Reply(350, "The whole file is selected.")
    }
    guard first <= last else {
      throw .syntax("RANG: the first octet comes after the last; the whole file is selected now.")
    }
    if parameters.type != .image { throw .unsuitable("RANG works in TYPE I, MODE S only: send TYPE I first.") }
    parameters.restart = 0
    fileState.range = first...last
    return Reply(350, "Restarting at \(first). End byte range at \(last).")
  }

  /// The range RANG gave, which one command uses up.
  func takeRange() -> ClosedRange<UInt64>? {
    defer { parameters.fileState?.range = nil }
    return parameters.fileState?.range
  }

  /// RANG's octets are those of the file only where they go over the wire as they are.
  func requireRangeParameters(_ format: TransferFormat) throws(FTPError) {
    if format.type != .image { throw .unsuitable("RANG works in TYPE I only: send TYPE I first.") }
    if !format.isStraight { throw .unsuitable("RANG works in STRU F and MODE S only.") }
  }
}
