// The bytes of a remote file as an asynchronous sequence: nothing is read ahead of whoever takes them.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// The bytes of a download, in pieces, for as long as the closure runs that they were given to. To be iterated once.
///
/// A piece is read from the connection when it is asked for: a slow reader slows the server down, and memory does not grow.
public struct RemoteBytes: AsyncSequence, Sendable {
  public typealias Element = [UInt8]
  public typealias Failure = ClientError

  let session: ClientSession

  /// Reads the pieces.
  public struct Iterator: AsyncIteratorProtocol {
    let session: ClientSession

    /// The next piece, never empty; nil at the end.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> [UInt8]? { try await session.nextPiece() }

    public mutating func next() async throws(ClientError) -> [UInt8]? { try await session.nextPiece() }
  }

  public func makeAsyncIterator() -> Iterator { Iterator(session: session) }
}

extension ClientSession {
  /// Gives the bytes of a file to `body` while they come (RETR).
  ///
  /// What `body` does not take is not fetched: when it returns early, the transfer is aborted and nothing is wrong.
  ///
  /// - Parameters:
  ///   - offset: where in the file to begin (REST, RFC 3659 §5).
  ///   - expecting: how many bytes have to come from there; nil if nobody knows.
  ///   - body: must not use this session otherwise.
  /// - Throws: ``ClientError``; with ``ClientError/Code/caller`` what `body` threw that is none.
  public func read<Value>(
    _ path: RemotePath, from offset: UInt64 = 0, expecting: UInt64? = nil,
    isolation: isolated (any Actor)? = #isolation, _ body: (RemoteBytes) async throws -> Value
  ) async throws(ClientError) -> Value {
    try await openRead(Command(verb: "RETR", argument: path.bytes), from: offset, expecting: expecting)
    let value: Value
    do {
      value = try await ClientSession.$transferring.withValue(ObjectIdentifier(self)) {
        try await body(RemoteBytes(session: self))
      }
    } catch {
      throw await closeRead(because: ClientError.ofCaller(error))
    }
    try await closeRead()
    return value
  }

  /// Takes the turn and begins a transfer that is read in pieces.
  func openRead(
    _ command: Command, from offset: UInt64 = 0, expecting: UInt64? = nil, format: TransferFormat? = nil
  ) async throws(ClientError) {
    try await enter()
    do throws(ClientError) {
      let format = format ?? self.format
      var request = TransferRequest(command: command, direction: .download, format: format)
      request.offset = offset
      // In the other forms the bytes on the wire are not those of the file.
      request.expected = format.isStraight ? expecting : nil
      let transfer = try await begin(request)
      if !format.isStraight, command.verb == "RETR" { transfer.decoder = try decoder(format, offset) }
    } catch {
      leave()
      throw error
    }
  }

  func decoder(_ format: TransferFormat, _ offset: UInt64) throws(ClientError) -> ChunkDecoder {
    do throws(TransferBreak) {
      let stream = format.mode == .deflate ? try runtime.pools.deflates.lend(.expanding, level: 0) : nil
      return ChunkDecoder(format, over: stream, from: RestartPoint(fileOffset: offset))
    } catch { throw .broken(error) }
  }

  /// The next piece of the transfer that was opened.
  ///
  /// - Parameter most: bytes of the wire that are taken at most.
  func nextPiece(upTo most: Int = 65536) async throws(ClientError) -> [UInt8]? {
    guard let transfer = transferInFlight, transfer.direction == .download else {
      throw ClientError(.usage, "the transfer of these bytes is over")
    }
    while !transfer.isAtEnd {
      guard let wire = try await receive(transfer, upTo: most) else {
        transfer.isAtEnd = true
        do throws(TransferBreak) {
          let last = try transfer.decoder?.finish() ?? []
          return last.isEmpty ? nil : last
        } catch { throw .broken(error) }
      }
      guard var decoder = transfer.decoder else { return wire }
      do throws(TransferBreak) {
        let piece = try decoder.decode(wire)
        transfer.isAtEnd = decoder.isAtEnd
        if decoder.isAtEnd { transfer.process.data.unread = decoder.rest }
        transfer.decoder = decoder
        if !piece.isEmpty { return piece }
      } catch { throw .broken(error) }
    }
    return nil
  }

  /// What the data connection has next; nil at its end.
  private func receive(_ transfer: TransferInFlight, upTo limit: Int) async throws(ClientError) -> [UInt8]? {
    let data = transfer.process.data
    if !data.unread.isEmpty {
      let piece = data.unread
      data.unread = []
      transfer.meter.count(piece.count)
      return piece
    }
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.stall.inNanoseconds)
    while true {
      let most: Int
      do throws(TransferBreak) { most = try await transfer.process.room(upTo: min(limit, 65536), with: self) } catch {
        throw explained(error, of: transfer.what)
      }
      var failure: SystemError?
      var hasCome = false
      let piece = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
        do throws(SystemError) {
          guard case .moved(let moved) = try data.receive(into: UnsafeMutableRawBufferPointer(buffer)) else { return }
          count = moved
          hasCome = true
        } catch { failure = error }
      }
      if let failure { throw explained(.dataConnectionLost(failure), of: transfer.what) }
      if hasCome {
        transfer.process.moved(piece.count)
        do throws(TransferBreak) { try attend() } catch { throw explained(error, of: transfer.what) }
        return piece.isEmpty ? nil : piece
      }
      do throws(TransferBreak) { try await wait(for: data.number, .readable, until: deadline) } catch {
        throw explained(error, of: transfer.what)
      }
    }
  }

  /// Ends a read and gives the turn back. What was not taken is not fetched.
  func closeRead() async throws(ClientError) {
    defer { leave() }
    guard let transfer = transferInFlight else { return }
    if transfer.isAtEnd {
      _ = try await finish(transfer)
    } else {
      let enough = ClientError(.cancelled, "no more of it was wanted")
      _ = await abandon(transfer, because: enough)
      if let failure { throw failure }
    }
  }

  /// Ends a read that failed and gives the turn back.
  func closeRead(because error: ClientError) async -> ClientError {
    defer { leave() }
    guard let transfer = transferInFlight else { return error }
    return await abandon(transfer, because: error)
  }
}

extension ClientError {
  /// An error of the caller's closure.
  static func ofCaller(_ error: any Error) -> ClientError {
    if let error = error as? ClientError { return error }
    if error is CancellationError { return ClientError(.cancelled, "the task was cancelled", cause: error) }
    return ClientError(.caller, "what was done with the bytes failed: \(error)", cause: error)
  }
}
