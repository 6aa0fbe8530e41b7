// Receives wherever bytes change on their way in: TYPE A and E, STRU R and P, MODE B, C and Z.

import FTPProtocol
import LinuxSystem

/// What a coded transfer in holds while it waits: the codec, and how far the file has come.
public final class CodedInput {
  fileprivate var decoder: WireDecoder
  let format: TransferFormat
  /// Where the first byte of the transfer goes.
  fileprivate let start: Int64
  /// Where the next byte of the file goes.
  fileprivate(set) var position: Int64
  fileprivate var isSuspect = false
  /// Bytes received; letting them gather in the socket pays after the first half million.
  fileprivate var received = 0
  fileprivate var isGathering = false
  /// When an upload that comes without pause and brings nothing has stood still for too long: headers, filler and empty blocks without
  /// end count for nothing. Where it pauses, ``Pace`` sees to that.
  fileprivate var deadline = MonotonicTime.never
  /// The position from which ``deadline`` counts.
  fileprivate var marked: Int64

  /// - Parameter position: where in the file the first byte goes.
  public init(_ decoder: WireDecoder, _ format: TransferFormat, at position: Int64) {
    self.decoder = decoder
    self.format = format
    start = position
    self.position = position
    marked = position
  }

  /// Bytes of the file until now.
  fileprivate var progress: UInt64 { UInt64(clamping: position - start) }

  fileprivate func mark(_ limits: PaceLimits) {
    marked = position
    deadline = MonotonicTime.now.advanced(by: limits.stall)
  }
}

extension DataTransferProcess {
  private enum Step {
    case ended
    case wouldBlock
    /// The limits let nothing more through now.
    case noCredit
    /// Room for the file has to be asked for.
    case noRoom
    /// Replies pile up: the other side has to read them first.
    case backlog
  }

  /// Receives until the file has ended, in band or by the close of the connection, and writes what becomes of it.
  ///
  /// - Returns: bytes of the file that were written.
  public func receiveCoded(
    into file: Int32, through input: CodedInput, with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> UInt64 {
    input.mark(attendant.paceLimits)
    while true {
      let step = try pools.buffers.with { (buffer) throws(TransferBreak) -> Step in
        let wire = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count / 2)])
        let decoded = UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count / 2)...])
        while true {
          if attendant.isBacklogged { return .backlog }
          if credit <= 0 { return .noCredit }
          // So few that what they are decoded to fits in any case.
          let most = room(behind: input.position) / Self.largestExpansion
          if most <= 0 { return .noRoom }
          let room = UnsafeMutableRawBufferPointer(rebasing: wire.prefix(min(credit, most)))
          switch try receiveUnread(into: room, input, with: attendant) {
          case .wouldBlock: return .wouldBlock
          case .moved(0):
            try finish(input, decoded, file, with: attendant)
            return .ended
          case .moved(let count):
            let bytes = UnsafeRawBufferPointer(rebasing: wire[..<count])
            if try decode(bytes, input, decoded, file, with: attendant) { return .ended }
          }
        }
      }
      switch step {
      case .ended: return input.progress
      case .backlog: try await attendant.relieve()
      case .noCredit:
        let start = MonotonicTime.now
        try await waitForCredit(.max, receiving: true, with: attendant)
        // The client did not stand still meanwhile: it was not listened to.
        input.deadline = input.deadline.advanced(by: MonotonicTime.now.since(start))
      case .noRoom:
        let start = MonotonicTime.now
        try await waitForRoom(Int64(Self.largestExpansion) * 8192, behind: input.position, with: attendant)
        input.deadline = input.deadline.advanced(by: MonotonicTime.now.since(start))
      case .wouldBlock: try await waitForInput(input, with: attendant)
      }
    }
  }

  /// Bytes of a file that one byte of MODE Z can be, and some more. Source: zlib, "Maximum Compression Factor" (1032:1).
  private static let largestExpansion = 2048

  private func waitForInput(_ input: CodedInput, with attendant: isolated some Attendant) async throws(TransferBreak) {
    // Modes B and C end without a close, so there the last bytes would wait for more.
    if !input.isGathering, data.tls == nil, !data.isMultipath, input.received >= Self.large, !input.format.endsInBand {
      input.isGathering = true
      gather()
    }
    if input.isGathering { return try await waitForMore(at: input.progress, with: attendant) }
    try await wait(.readable, at: input.progress, with: attendant)
  }

  /// What came behind the end of the last file on a connection that was kept, else what comes now.
  private func receiveUnread(
    into buffer: UnsafeMutableRawBufferPointer, _ input: CodedInput, with attendant: isolated some Attendant
  ) throws(TransferBreak) -> Progress {
    if !data.unread.isEmpty {
      try requireCredit()
      let bytes = min(buffer.count, data.unread.count)
      buffer.copyBytes(from: data.unread[..<bytes])
      data.unread.removeFirst(bytes)
      count(bytes)
      return .moved(bytes)
    }
    let progress = try onData { () throws(SystemError) in try data.receive(into: buffer) }
    if case .moved(let moved) = progress {
      if moved > 0 { try requireCredit() }
      count(moved)
      input.received += moved
      try watch(input, after: moved, with: attendant)
    }
    return progress
  }

  /// Has the control connection looked at every few million bytes that came or were written, and sees then whether the file grows at all.
  private func watch(
    _ input: CodedInput, after moved: Int, with attendant: isolated some Attendant
  ) throws(TransferBreak) {
    if try watch(after: moved, with: attendant), MonotonicTime.now >= input.deadline { throw .stalled }
  }

  /// Decodes and writes all of `bytes`; true when they end the file.
  private func decode(
    _ bytes: UnsafeRawBufferPointer, _ input: CodedInput, _ room: UnsafeMutableRawBufferPointer, _ file: Int32,
    with attendant: isolated some Attendant
  ) throws(TransferBreak) -> Bool {
    var used = 0
    var isFull = false
    while used < bytes.count || isFull {
      let step: CodingStep
      do { step = try input.decoder.transform(UnsafeRawBufferPointer(rebasing: bytes[used...]), into: room) } catch {
        throw .cannotDecode(error)
      }
      used += step.consumed
      isFull = step.produced == room.count
      try write(UnsafeRawBufferPointer(rebasing: room[..<step.produced]), input, file, with: attendant)
      switch step.event {
      case .endOfFile?:
        // In mode Z the end of the zlib stream follows, with its check sum, and then the close of the connection.
        if input.format.mode == .deflate { continue }
        if input.format.endsInBand {
          putBack(bytes[used...])
        } else if used < bytes.count {
          throw .bytesBehindEnd
        }
        return true
      case .marker(let mark)?:
        attendant.receivedMarker(mark, at: input.position, input.decoder.restartPoint)
        // One read can hold thousands of markers: the other side has to read the answers before it goes on.
        if attendant.isBacklogged, !isFull {
          putBack(bytes[used...])
          return false
        }
      case .suspectData?:
        if !input.isSuspect { attendant.receivedSuspectData() }
        input.isSuspect = true
      case nil:
        guard step.consumed == 0, step.produced == 0 else { continue }
        // With room for whole kilobytes a codec takes something of every input: what is left must not get lost unseen.
        if used < bytes.count { throw .undecodable }
        return false
      }
    }
    return false
  }

  /// Leaves what was received for later: it counts when it is taken again.
  private func putBack(_ bytes: Slice<UnsafeRawBufferPointer>) {
    if bytes.isEmpty { return }
    data.unread.insert(contentsOf: bytes, at: 0)
    uncount(bytes.count)
  }

  /// The connection was closed: the end of the file, or an end before it, which the codec tells.
  private func finish(
    _ input: CodedInput, _ room: UnsafeMutableRawBufferPointer, _ file: Int32, with attendant: isolated some Attendant
  ) throws(TransferBreak) {
    while true {
      let last: (produced: Int, isDone: Bool)
      do { last = try input.decoder.finish(into: room) } catch { throw .cannotDecode(error) }
      try write(UnsafeRawBufferPointer(rebasing: room[..<last.produced]), input, file, with: attendant)
      if last.isDone { return }
    }
  }

  /// Writes what was decoded, watching meanwhile: few bytes of MODE Z can be many of the file.
  private func write(
    _ bytes: UnsafeRawBufferPointer, _ input: CodedInput, _ file: Int32, with attendant: isolated some Attendant
  ) throws(TransferBreak) {
    if bytes.isEmpty { return }
    let from = input.position
    try require(from + Int64(bytes.count))
    try onFile(isTarget: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
    input.position += Int64(bytes.count)
    if input.position - input.marked >= Int64(Pace.leastProgress) { input.mark(attendant.paceLimits) }
    try watch(input, after: bytes.count, with: attendant)
  }
}
