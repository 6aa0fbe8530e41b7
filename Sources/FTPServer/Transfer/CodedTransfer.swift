// Downloads through a codec from their start to their reply, and what coded transfers have in common.

import FTPProtocol
import LinuxSystem

extension Session {
  /// What the next transfer converts, all told.
  var format: TransferFormat {
    var format = parameters.format
    format.codePage = configuration.transfer.codePage
    if format.structure == .record { format.records = recordsOnDisk }
    return format
  }

  /// How records stand on disk: as SITE RECFM chose, else as the user's entry says, else as lines.
  var recordsOnDisk: RecordForm {
    parameters.records ?? (identity?.account.options.recordForm == .prefixed ? .prefixed : .lines)
  }

  /// RETR wherever bytes change on their way.
  func retrieveCoded(_ command: Command, _ path: VirtualPath, from restart: RestartPoint, as format: TransferFormat)
    async
  {
    await perform(TransferProgress(verb: command.verb, direction: .download, path: path, total: nil)) {
      () async throws(FTPError) in
      let identity = try require(.read, at: path)
      try requireRestart(restart, format)
      let file = try onFile { () throws(SystemError) in try identity.jail.openForReading(path) }
      guard let start = Int64(exactly: restart.fileOffset), restart.fileOffset <= file.status.size else {
        throw Self.beyondEnd(restart.fileOffset, file.status.size)
      }
      let stream = try lendStream(.compressing, format)
      defer { giveBack(stream) }
      let output = CodedOutput(
        WireEncoder(
          format, over: stream, markerInterval: configuration.transfer.markerInterval(in: format), from: restart))
      let data = try await openDataConnection(
        Reply.opening(name: command.argument, byteCount: nil, type: format.type))
      do throws(FTPError) {
        try await sendCoded(file.descriptor.number, from: start, through: output, on: data)
      } catch {
        data.reset()
        throw error
      }
      return endCoded(data, format)
    }
  }

  /// Ends a transfer that went well: modes B and C leave the connection open, which 250 tells (RFC 959, section 3.2).
  func endCoded(_ data: DataConnection, _ format: TransferFormat, note: [UInt8] = []) -> Reply {
    if format.endsInBand {
      keep(data)
      return Reply(250, bytes: Array("Transfer complete; the data connection stays open.".utf8) + note)
    }
    if transfer?.direction == .upload {
      data.close()
    } else {
      data.discardInput()
      data.finish()
    }
    return Reply(226, bytes: Array("Transfer complete.".utf8) + note)
  }

  /// zlib's state for MODE Z; nil in other modes.
  func lendStream(_ direction: DeflateStream.Direction, _ format: TransferFormat) throws(FTPError) -> DeflateStream? {
    guard format.mode == .deflate else { return nil }
    return try context.deflates.lend(direction, level: Int(parameters.deflateLevel))
  }

  func giveBack(_ stream: DeflateStream?) {
    if let stream { context.deflates.giveBack(stream) }
  }

  /// What a listing is sent through; nil where its lines, which end in CR LF already, go as they are. A listing is text of structure F.
  func listingOutput() throws(FTPError) -> (output: CodedOutput, stream: DeflateStream?)? {
    var format = self.format
    format.structure = .file
    if !format.isEBCDIC { format.type = .image }
    if format.isStraight { return nil }
    let stream = try lendStream(.compressing, format)
    return (CodedOutput(WireEncoder(format, over: stream, from: RestartPoint())), stream)
  }
}

extension TransferFormat {
  var isEBCDIC: Bool { if case .ebcdic = type { true } else { false } }
}
