// A transfer between its first reply and its last.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// Belongs to its session and is used on its executor only.
final class TransferInFlight {
  enum Direction { case download, upload }

  let process: DataTransferProcess
  let meter: TransferMeter
  let direction: Direction
  /// The command, for messages.
  let what: String
  let offset: UInt64
  /// How many bytes have to come, if that is known.
  let expected: UInt64?
  let started: MonotonicTime
  /// What the meter had counted before.
  private let before: UInt64
  /// The limits on its bytes.
  private let limit: ClientThrottle?
  /// In active mode; a multipath connection needs it as long as it lives.
  private let listener: ActiveListener?
  /// The end of what comes was seen.
  var isAtEnd = false
  /// Decodes what is read in pieces; nil where the bytes are those of the file.
  var decoder: ChunkDecoder?
  /// Encodes what is written in pieces.
  var output: CodedOutput?

  /// Bytes that have moved on the data connection.
  var bytes: UInt64 { meter.bytes &- before }

  init(
    _ data: DataConnection, _ request: TransferRequest, pools: TransferPools, started: MonotonicTime,
    listener: ActiveListener?, _ limit: ClientThrottle? = nil
  ) {
    meter = request.meter
    self.limit = limit
    process = DataTransferProcess(on: data, pools: pools, meter: request.meter, throttle: limit?.throttle)
    direction = request.direction
    what = request.what
    offset = request.offset
    expected = request.expected
    self.started = started
    before = request.meter.bytes
    self.listener = listener
  }
}

/// What a transfer is to be.
struct TransferRequest {
  let command: Command
  let direction: TransferInFlight.Direction
  /// Where in the file it begins (REST).
  var offset: UInt64 = 0
  /// The only bytes that are asked for or sent (RANG); then ``offset`` is not said.
  var range: ClosedRange<UInt64>?
  /// What ALLO announces before an upload.
  var announced: UInt64?
  var expected: UInt64?
  var meter = TransferMeter()
  /// TYPE, STRU and MODE it needs.
  var format: TransferFormat

  var what: String { ClientSession.shown(command) }
}

/// Decodes what comes in pieces, where TYPE, STRU or MODE change the bytes.
struct ChunkDecoder {
  private var decoder: WireDecoder
  private let format: TransferFormat
  private let stream: DeflateStream?
  /// The end was told in band.
  private(set) var isAtEnd = false
  /// What came behind an end that was told in band: the beginning of the next file.
  private(set) var rest: [UInt8] = []

  init(_ format: TransferFormat, over stream: DeflateStream?, from point: RestartPoint) {
    decoder = WireDecoder(format, over: stream, from: point)
    self.format = format
    self.stream = stream
  }

  /// What becomes of `wire`.
  ///
  /// - Throws: ``TransferBreak/cannotDecode(_:)``, and ``TransferBreak/bytesBehindEnd`` where only the close may follow the end.
  mutating func decode(_ wire: [UInt8]) throws(TransferBreak) -> [UInt8] {
    var out: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65536)
    var used = 0
    while true {
      let step: CodingStep
      do throws(CodingError) { step = try transform(wire, from: used, &room) } catch { throw .cannotDecode(error) }
      used += step.consumed
      out += room[..<step.produced]
      if case .endOfFile? = step.event, format.mode != .deflate {
        if format.endsInBand {
          isAtEnd = true
          rest = Array(wire[used...])
        } else if used < wire.count {
          throw .bytesBehindEnd
        }
        return out
      }
      if step.consumed > 0 || step.produced > 0 { continue }
      switch step.event {
      case .marker?, .suspectData?: continue
      case .endOfFile?, nil: return out
      }
    }
  }

  private mutating func transform(
    _ wire: [UInt8], from start: Int, _ room: inout [UInt8]
  ) throws(CodingError) -> CodingStep {
    try wire.withUnsafeBufferPointer { (bytes) throws(CodingError) -> CodingStep in
      let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...])
      return try room.withUnsafeMutableBufferPointer { (target) throws(CodingError) -> CodingStep in
        try decoder.transform(rest, into: UnsafeMutableRawBufferPointer(target))
      }
    }
  }

  /// What is left when the connection has ended.
  mutating func finish() throws(TransferBreak) -> [UInt8] {
    var out: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65536)
    while true {
      let last: (produced: Int, isDone: Bool)
      do throws(CodingError) {
        last = try room.withUnsafeMutableBufferPointer { (target) throws(CodingError) in
          try decoder.finish(into: UnsafeMutableRawBufferPointer(target))
        }
      } catch { throw .cannotDecode(error) }
      out += room[..<last.produced]
      if last.isDone { return out }
    }
  }
}
