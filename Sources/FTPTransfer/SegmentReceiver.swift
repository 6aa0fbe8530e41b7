// Receives a part of a file whose end may be moved towards its beginning while it comes.

import LinuxSystem

/// Where a segment ends, and who hears of its bytes.
public protocol SegmentSink: AnyObject {
  /// The first byte that is not wanted any more. It may become less while the segment comes, never more.
  var end: Int64 { get }

  /// Bytes that are in the file now, one piece behind the other.
  func received(_ bytes: UnsafeRawBufferPointer)
}

/// How a segment ended.
public enum SegmentEnd: Sendable, Hashable {
  /// The other side has ended the connection behind the last byte.
  case ended
  /// All that is wanted is there; the other side would send more.
  case cut
}

extension DataTransferProcess {
  private enum Step {
    case ended, cut, wouldBlock, noCredit, turn
  }

  /// Receives the bytes from `start` on until the end of the sink and writes them to their place.
  ///
  /// - Parameter announced: behind this nothing may come; nil: nobody knows. If the sink's end is still there when all has come, the end of
  ///   the connection is waited for.
  /// - Throws: ``TransferBreak/rangeUnfinished(missing:)`` when less comes, ``TransferBreak/beyondRange`` when more comes than was announced.
  public func receive(
    into file: Int32, from start: Int64, announced: Int64?, to sink: some SegmentSink,
    with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> SegmentEnd {
    var position = start
    try await wait(.readable, with: attendant)
    while true {
      let step = try pools.buffers.with { (buffer) throws(TransferBreak) -> Step in
        while true {
          let rest = sink.end - position
          if rest <= 0, position != announced { return .cut }
          if credit <= 0 { return .noCredit }
          // Behind the last byte one more is asked for: it must be the end.
          let room = UnsafeMutableRawBufferPointer(
            rebasing: buffer.prefix(min(credit, Int(clamping: max(rest, 1)))))
          switch try onData({ () throws(SystemError) in try data.receive(into: room) }) {
          case .moved(0): return .ended
          case .wouldBlock: return .wouldBlock
          case .moved(let moved):
            if rest <= 0 { throw .beyondRange }
            try requireCredit()
            let (from, bytes) = (position, UnsafeRawBufferPointer(rebasing: buffer[..<moved]))
            try onFile(isTarget: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
            position += Int64(moved)
            count(moved)
            sink.received(bytes)
            if try watch(after: moved, with: attendant) { return .turn }
          }
        }
      }
      switch step {
      case .cut: return .cut
      case .ended:
        if position < sink.end { throw .rangeUnfinished(missing: sink.end - position) }
        return .ended
      case .turn: await attendant.makeWay()
      case .noCredit: try await waitForCredit(.max, receiving: true, with: attendant)
      case .wouldBlock: try await wait(.readable, with: attendant)
      }
    }
  }
}
