// What a transfer converts: TYPE, STRU and MODE with what settings and user say, and the codecs lent for it.

import FTPProtocol
import FTPTransfer

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

  /// zlib's state for MODE Z; nil in other modes.
  func lendStream(_ direction: DeflateStream.Direction, _ format: TransferFormat) throws(FTPError) -> DeflateStream? {
    guard format.mode == .deflate else { return nil }
    do throws(TransferBreak) {
      return try context.pools.deflates.lend(direction, level: Int(parameters.deflateLevel))
    } catch {
      throw FTPError(error)
    }
  }

  func giveBack(_ stream: DeflateStream?) {
    if let stream { context.pools.deflates.giveBack(stream) }
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
