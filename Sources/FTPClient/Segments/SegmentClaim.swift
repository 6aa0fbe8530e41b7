// A part of a file that one connection moves, and how far it has come.

import FTPTransfer
import Synchronization
import TransportSecurity

/// The bytes from ``start`` to ``end``. The end may be moved by others; everything else is the connection's own.
final class SegmentClaim: Sendable {
  let number: Int
  let start: Int64
  private let endPlace: Atomic<Int64>
  private let positionPlace: Atomic<Int64>
  /// When the last bytes moved, in nanoseconds of the system's clock.
  private let movedPlace: Atomic<Int64>

  /// Bytes a second, lately.
  private let ratePlace = Atomic<Int64>(0)
  /// Where and when the look at the rate began; the connection's own.
  private let markPosition: Atomic<Int64>
  private let markTime: Atomic<Int64>

  init(_ number: Int, _ range: Range<Int64>, now: Int64) {
    self.number = number
    start = range.lowerBound
    endPlace = Atomic(range.upperBound)
    positionPlace = Atomic(range.lowerBound)
    movedPlace = Atomic(now)
    markPosition = Atomic(range.lowerBound)
    markTime = Atomic(now)
  }

  /// The first byte that is not its business.
  var end: Int64 { endPlace.load(ordering: .relaxed) }

  /// All before it has moved.
  var position: Int64 { positionPlace.load(ordering: .relaxed) }

  var lastMoved: Int64 { movedPlace.load(ordering: .relaxed) }

  /// What is left to move.
  var rest: Range<Int64> {
    let end = end
    return min(position, end)..<end
  }

  /// What has moved. A little of it may be another one's business since the end was moved.
  var moved: Range<Int64> { start..<position }

  func advance(to position: Int64, now: Int64) {
    positionPlace.store(position, ordering: .relaxed)
    movedPlace.store(now, ordering: .relaxed)
    let time = now - markTime.load(ordering: .relaxed)
    guard time >= 100_000_000 else { return }
    let bytes = Double(position - markPosition.load(ordering: .relaxed))
    ratePlace.store(Int64(bytes / Double(time) * 1e9), ordering: .relaxed)
    markPosition.store(position, ordering: .relaxed)
    markTime.store(now, ordering: .relaxed)
  }

  /// Bytes a second over the last tenth of a second, or so; 0: nobody knows, or nothing has come for longer than that.
  func recentRate(now: Int64) -> Int64 {
    now - lastMoved < 300_000_000 ? ratePlace.load(ordering: .relaxed) : 0
  }

  /// Under the lock of the list only.
  func cut(to end: Int64) { endPlace.store(end, ordering: .relaxed) }
}
