// The bytes of a remote file on their way to another socket, past this process where that can be.

import FTPTransfer

extension RemoteBytes {
  /// Moves the next bytes on to a socket of the caller's. In clear they go through the kernel only, and so cost little.
  ///
  /// - Parameters:
  ///   - socket: must not block, and nobody else may write to it meanwhile. How slow its reader is, is no stall of the transfer.
  ///   - most: no more than so many are taken.
  /// - Returns: how many have moved; fewer than `most` where the file has ended.
  /// - Throws: ``ClientError``; ``ClientError/Code/localFile`` where the socket takes no more, ``ClientError/Code/unsupported`` where TYPE,
  ///   STRU or MODE change the bytes.
  public func relay(to socket: Int32, atMost most: UInt64) async throws(ClientError) -> UInt64 {
    try await session.relay(to: socket, atMost: most)
  }
}

extension ClientSession {
  func relay(to socket: Int32, atMost most: UInt64) async throws(ClientError) -> UInt64 {
    guard let transfer = transferInFlight, transfer.direction == .download else {
      throw ClientError(.usage, "the transfer of these bytes is over")
    }
    guard transfer.decoder == nil else {
      throw ClientError(.unsupported, "bytes that TYPE, STRU or MODE change cannot be handed on to a socket")
    }
    var moved: UInt64 = 0
    do throws(TransferBreak) {
      if !transfer.process.data.isCopied {
        moved = UInt64(try await transfer.process.relay(to: socket, atMost: Int(clamping: most), with: self))
        if moved < most { transfer.isAtEnd = true }
        return moved
      }
    } catch { throw explained(error, of: transfer.what) }
    while moved < most, let piece = try await nextPiece(upTo: Int(clamping: most - moved)) {
      do throws(TransferBreak) { try await transfer.process.send(piece, to: socket, with: self) } catch {
        throw explained(error, of: transfer.what)
      }
      moved += UInt64(piece.count)
    }
    return moved
  }
}
