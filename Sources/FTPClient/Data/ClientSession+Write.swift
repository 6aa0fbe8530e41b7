// Uploads from a sequence of bytes: STOR, APPE, STOU.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// What an upload does to a file that is there.
public enum UploadKind: Sendable, Hashable {
  /// STOR: takes its place.
  case replace
  /// STOR behind REST: goes on in it from this byte (RFC 3659 §5).
  case resume(at: UInt64)
  /// APPE: goes behind its end.
  case append
}

extension ClientSession {
  /// Sends what `source` gives, piece by piece; nothing is asked of it before the connection has taken the piece before.
  ///
  /// - Parameters:
  ///   - source: its pieces together are the file. If it throws, or the task is cancelled, the transfer is aborted: the server does not
  ///     take what it has for the whole.
  ///   - meter: counts what has been sent, readable from any thread.
  @discardableResult
  public func write<Source: AsyncSequence>(
    _ path: RemotePath, from source: Source, _ kind: UploadKind = .replace, meter: TransferMeter = TransferMeter(),
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) -> TransferReport where Source.Element == [UInt8] {
    let (command, offset) = ClientSession.uploadCommand(path, kind)
    return try await write(command, from: source, offset, meter)
  }

  /// Sends what `source` gives to a file whose name the server chooses (STOU).
  ///
  /// - Returns: the name with the report; nil where the server does not tell it.
  public func writeUnique<Source: AsyncSequence>(
    from source: Source, suggesting path: RemotePath = RemotePath([]), meter: TransferMeter = TransferMeter(),
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) -> (name: RemotePath?, report: TransferReport) where Source.Element == [UInt8] {
    let command = Command(verb: "STOU", argument: path.bytes)
    let report = try await write(command, from: source, 0, meter)
    let name = await uniqueName ?? report.reply.uniqueName
    return (name.map { RemotePath($0) }, report)
  }

  private func write<Source: AsyncSequence>(
    _ command: Command, from source: Source, _ offset: UInt64, _ meter: TransferMeter,
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) -> TransferReport where Source.Element == [UInt8] {
    try await openWrite(command, at: offset, meter)
    do {
      try await ClientSession.$transferring.withValue(ObjectIdentifier(self)) {
        for try await piece in source { try await send(piece: piece) }
        // A stream of a cancelled task may just end: that is not the end of the file.
        try Task.checkCancellation()
      }
    } catch {
      throw await closeRead(because: ClientError.ofCaller(error))
    }
    return try await closeWrite()
  }

  static func uploadCommand(_ path: RemotePath, _ kind: UploadKind) -> (Command, UInt64) {
    switch kind {
    case .replace: (Command(verb: "STOR", argument: path.bytes), 0)
    case .resume(let offset): (Command(verb: "STOR", argument: path.bytes), offset)
    case .append: (Command(verb: "APPE", argument: path.bytes), 0)
    }
  }

  func openWrite(_ command: Command, at offset: UInt64, _ meter: TransferMeter) async throws(ClientError) {
    try await enter()
    do throws(ClientError) {
      var request = TransferRequest(command: command, direction: .upload, format: format)
      request.offset = offset
      request.meter = meter
      let transfer = try await begin(request)
      if !format.isStraight { transfer.output = try encoder(format, offset) }
    } catch {
      leave()
      throw error
    }
  }

  func encoder(_ format: TransferFormat, _ offset: UInt64) throws(ClientError) -> CodedOutput {
    do throws(TransferBreak) {
      let stream = format.mode == .deflate ? try runtime.pools.deflates.lend(.compressing, level: 6) : nil
      return CodedOutput(WireEncoder(format, over: stream, from: RestartPoint(fileOffset: offset)))
    } catch { throw .broken(error) }
  }

  func send(piece: [UInt8]) async throws(ClientError) {
    guard let transfer = transferInFlight, transfer.direction == .upload else {
      throw ClientError(.usage, "the transfer of these bytes is over")
    }
    do throws(TransferBreak) {
      try attend()
      if earlyReply != nil { throw .aborted }
      if let output = transfer.output {
        try await transfer.process.sendCoded(piece, through: output, with: self)
      } else {
        try await transfer.process.sendAll(piece, with: self)
      }
    } catch { throw explained(error, of: transfer.what) }
  }

  func closeWrite() async throws(ClientError) -> TransferReport {
    defer { leave() }
    guard let transfer = transferInFlight else { throw ClientError(.usage, "the transfer is over") }
    if let output = transfer.output {
      do throws(TransferBreak) { try await transfer.process.finishCoded(output, with: self) } catch {
        throw await abandon(transfer, because: explained(error, of: transfer.what))
      }
    }
    return try await finish(transfer)
  }
}
