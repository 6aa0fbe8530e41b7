// zlib's states for MODE Z, lent for the time of a transfer.

import FTPProtocol
import Synchronization

/// Streams for each direction, kept for reuse up to a bound: making one costs a quarter of a megabyte of fresh memory.
public final class DeflatePool: Sendable {
  private static let keep = 4
  private let free = Mutex<[DeflateStream]>([])

  public init() {}

  /// Lends a stream that is ready to begin.
  ///
  /// - Parameter level: 0 to 9, as zlib has it; for compressing only.
  /// - Throws: ``TransferBreak/outOfMemory``.
  public func lend(_ direction: DeflateStream.Direction, level: Int) throws(TransferBreak) -> DeflateStream {
    let kept = free.withLock { free -> DeflateStream? in
      guard let index = free.lastIndex(where: { $0.direction == direction }) else { return nil }
      return free.remove(at: index)
    }
    if let kept {
      kept.reset(level: level)
      return kept
    }
    do { return try DeflateStream(direction, level: level) } catch { throw .outOfMemory }
  }

  /// Takes a stream back, used up or not.
  public func giveBack(_ stream: DeflateStream) {
    free.withLock { free in
      if free.count(where: { $0.direction == stream.direction }) < Self.keep { free.append(stream) }
    }
  }
}
