// Transfers between an open file of this host and the server, moved by the kernel where it can.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension ClientSession {
  /// Fetches a file into an open one (RETR).
  ///
  /// - Parameters:
  ///   - file: the descriptor of a file that may be written; it stays open.
  ///   - offset: where to begin, in the remote file and in the local one (REST, RFC 3659 §5). What is behind it is overwritten, nothing is
  ///     cut off.
  ///   - expecting: how many bytes have to come from there; nil if nobody knows.
  ///   - meter: counts what has come, readable from any thread.
  @discardableResult
  public func download(
    _ path: RemotePath, into file: Int32, from offset: UInt64 = 0, expecting: UInt64? = nil,
    meter: TransferMeter = TransferMeter()
  ) async throws(ClientError) -> TransferReport {
    guard let position = Int64(exactly: offset) else { throw ClientError(.usage, "no file has \(offset) bytes") }
    try await enter()
    defer { leave() }
    var request = TransferRequest(
      command: Command(verb: "RETR", argument: path.bytes), direction: .download, format: format)
    request.offset = offset
    request.expected = format.isStraight ? expecting : nil
    request.meter = meter
    let transfer = try await begin(request)
    do throws(TransferBreak) {
      if format.isStraight {
        try await transfer.process.receive(into: file, at: position, with: self)
      } else {
        let stream = format.mode == .deflate ? try runtime.pools.deflates.lend(.expanding, level: 0) : nil
        let decoder = WireDecoder(format, over: stream, from: RestartPoint(fileOffset: offset))
        let input = CodedInput(decoder, format, at: position)
        _ = try await transfer.process.receiveCoded(into: file, through: input, with: self)
        if let stream { runtime.pools.deflates.giveBack(stream) }
      }
    } catch {
      throw await abandon(transfer, because: explained(error, of: transfer.what))
    }
    return try await finish(transfer)
  }

  /// Sends an open file (STOR, APPE).
  ///
  /// - Parameters:
  ///   - file: the descriptor of a regular file that may be read; it stays open.
  ///   - kind: with ``UploadKind/resume(at:)`` the local file is sent from that byte on, too.
  ///   - meter: counts what was sent, readable from any thread.
  @discardableResult
  public func upload(
    _ file: Int32, to path: RemotePath, _ kind: UploadKind = .replace, meter: TransferMeter = TransferMeter()
  ) async throws(ClientError) -> TransferReport {
    let size: Int64
    do throws(SystemError) { size = Int64(clamping: try File.status(file).size) } catch { throw .file(error) }
    let (command, offset) = ClientSession.uploadCommand(path, kind)
    guard let position = Int64(exactly: offset), position <= size else {
      throw ClientError(.usage, "the local file has only \(size) bytes, not \(offset)")
    }
    try await enter()
    defer { leave() }
    var request = TransferRequest(command: command, direction: .upload, format: format)
    request.offset = offset
    request.meter = meter
    let transfer = try await begin(request)
    do throws(TransferBreak) {
      if format.isStraight {
        try await transfer.process.send(file, position..<size, with: self)
      } else {
        let stream = format.mode == .deflate ? try runtime.pools.deflates.lend(.compressing, level: 6) : nil
        let encoder = WireEncoder(format, over: stream, from: RestartPoint(fileOffset: offset))
        try await transfer.process.sendCoded(file, from: position, through: CodedOutput(encoder), with: self)
        if let stream { runtime.pools.deflates.giveBack(stream) }
      }
    } catch {
      throw await abandon(transfer, because: explained(error, of: transfer.what))
    }
    return try await finish(transfer)
  }
}
