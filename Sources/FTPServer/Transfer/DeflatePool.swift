// zlib's states for MODE Z, lent for the time of a transfer.

import FTPProtocol
import Synchronization

/// Streams for each direction, kept for reuse up to a bound: making one costs a quarter of a megabyte of fresh memory.
final class DeflatePool: Sendable {
  private static let keep = 4
  private let free = Mutex<[DeflateStream]>([])

  /// Lends a stream that is ready to begin.
  func lend(_ direction: DeflateStream.Direction, level: Int) throws(FTPError) -> DeflateStream {
    let kept = free.withLock { free -> DeflateStream? in
      guard let index = free.lastIndex(where: { $0.direction == direction }) else { return nil }
      return free.remove(at: index)
    }
    if let kept {
      kept.reset(level: level)
      return kept
    }
    do { return try DeflateStream(direction, level: level) } catch {
      throw .unusable("The server is short of memory for MODE Z. Try again later.")
    }
  }

  func giveBack(_ stream: DeflateStream) {
    free.withLock { free in
      if free.count(where: { $0.direction == stream.direction }) < Self.keep { free.append(stream) }
    }
  }
}
