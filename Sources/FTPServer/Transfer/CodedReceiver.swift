// The data transfer process of uploads wherever bytes change on their way in: TYPE A and E, STRU R and P, MODE B, C and Z.

import FTPProtocol
import LinuxSystem

/// What a coded upload holds while it waits: the codec, and how far the file has come.
final class CodedInput {
  fileprivate var decoder: WireDecoder
  let format: TransferFormat
  /// Where the next byte of the file goes.
  fileprivate(set) var position: Int64
  /// The file's length at the last restart marker that was answered; nil: there was none.
  fileprivate(set) var marked: Int64?
  /// What keeps an upload that breaks, so that markers are worth an answer; nil where nothing does.
  fileprivate let keeper: StagedUpload?
  fileprivate var isSuspect = false
  /// Bytes received or written since the control connection was looked at.
  fileprivate var unwatched = 0
  /// Bytes received; ``Session/gather(on:)`` pays after the first half million.
  fileprivate var received = 0
  fileprivate var isGathering = false
  /// When the file last grew: headers, filler and empty blocks without end bring it nothing.
  fileprivate var grown = MonotonicTime.now

  /// - Parameters:
  ///   - position: where in the file the first byte goes.
  ///   - keeper: 110 is told, and what came before the last marker can be gone on with; so can what was there at `position`.
  init(_ decoder: WireDecoder, _ format: TransferFormat, at position: Int64, answersMarkers keeper: StagedUpload? = nil)
  {
    self.decoder = decoder
    self.format = format
    self.position = position
    self.keeper = keeper
    marked = keeper != nil && position > 0 ? position : nil
  }
}

extension Session {
  private enum CodedStep {
    case ended
    case wouldBlock
    /// Replies to markers pile up: the client has to read them first.
    case replies
  }

  /// Bytes of replies to restart markers that may wait; then nothing is received until the client has read them.
  private static let markerReplies = 16 * 1024

  /// Receives until the file has ended, in band or by the close of the connection, and writes what becomes of it.
  func receiveCoded(_ file: Int32, through input: CodedInput, on data: DataConnection) async throws(FTPError) {
    let begin = input.position
    while true {
      let step = try context.buffers.with { (buffer) throws(FTPError) -> CodedStep in
        let wire = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count / 2)])
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count / 2)...])
        while true {
          if control.outputCount > Self.markerReplies { return .replies }
          switch try receiveUnread(into: wire, input, on: data) {
          case .wouldBlock: return .wouldBlock
          case .moved(0):
            try finish(input, room, file)
            return .ended
          case .moved(let count):
            if try decode(UnsafeRawBufferPointer(rebasing: wire[..<count]), input, room, file, data) { return .ended }
          }
        }
      }
      switch step {
      case .ended:
        transfer?.written = UInt64(clamping: input.position - begin)
        return
      case .wouldBlock:
        // Modes B and C end without a close, so there the last bytes would wait for more.
        if !input.isGathering, data.tls == nil, !data.isMultipath, input.received >= Self.large,
          !input.format.endsInBand
        {
          input.isGathering = true
          gather(on: data)
        }
        if input.isGathering {
          try await waitForMore(data, deadline: stallDeadline(input))
        } else {
          try await waitForData(data.number, .readable, deadline: stallDeadline(input))
        }
      case .replies: guard await flush() else { throw .controlConnectionLost }
      }
    }
  }

  /// What came behind the end of the last file on a connection that was kept, else what comes now.
  private func receiveUnread(
    into buffer: UnsafeMutableRawBufferPointer, _ input: CodedInput, on data: DataConnection
  ) throws(FTPError) -> Progress {
    if !data.unread.isEmpty {
      let count = min(buffer.count, data.unread.count)
      buffer.copyBytes(from: data.unread[..<count])
      data.unread.removeFirst(count)
      self.count(count)
      return .moved(count)
    }
    let progress = try receiving { () throws(SystemError) in try data.receive(into: buffer) }
    if case .moved(let moved) = progress {
      count(moved)
      input.received += moved
      try watch(input, after: moved)
    }
    return progress
  }

  /// Looks at the control connection, and whether the file grows at all, every few million bytes that came or were written.
  private func watch(_ input: CodedInput, after moved: Int) throws(FTPError) {
    let before = input.unwatched
    try watchControl(after: moved, &input.unwatched)
    if input.unwatched < before, MonotonicTime.now >= stallDeadline(input) { throw .broken(.stalled) }
  }

  /// When an upload that brings nothing ends.
  private func stallDeadline(_ input: CodedInput) -> MonotonicTime {
    input.grown.advanced(by: configuration.timeouts.dataStall.inNanoseconds)
  }

  /// Decodes and writes all of `bytes`; true when they end the file.
  private func decode(
    _ bytes: UnsafeRawBufferPointer, _ input: CodedInput, _ room: UnsafeMutableRawBufferPointer, _ file: Int32,
    _ data: DataConnection
  ) throws(FTPError) -> Bool {
    var used = 0
    var isFull = false
    while used < bytes.count || isFull {
      let step: CodingStep
      do {
        step = try input.decoder.transform(UnsafeRawBufferPointer(rebasing: bytes[used...]), into: room)
      } catch { throw FTPError(receiving: error) }
      used += step.consumed
      isFull = step.produced == room.count
      try write(UnsafeRawBufferPointer(rebasing: room[..<step.produced]), input, file)
      switch step.event {
      case .endOfFile?:
        // In mode Z the end of the zlib stream follows, with its check sum, and then the close of the connection.
        if input.format.mode == .deflate { continue }
        if input.format.endsInBand {
          putBack(bytes[used...], on: data)
        } else if used < bytes.count {
          throw .unusable("Bytes follow the end of the file.")
        }
        return true
      case .marker(let mark)?:
        acknowledge(mark, input)
        // One read can hold thousands of markers: the client has to read what they were answered before it goes on.
        if control.outputCount > Self.markerReplies, !isFull {
          putBack(bytes[used...], on: data)
          return false
        }
      case .suspectData?: noteSuspectData(input)
      case nil:
        guard step.consumed == 0, step.produced == 0 else { continue }
        // With room for whole kilobytes a codec takes something of every input: what is left must not get lost unseen.
        if used < bytes.count { throw .unusable("The data cannot be decoded.") }
        return false
      }
    }
    return false
  }

  /// Leaves what was received for later: it counts when it is taken again.
  private func putBack(_ bytes: Slice<UnsafeRawBufferPointer>, on data: DataConnection) {
    if bytes.isEmpty { return }
    data.unread.insert(contentsOf: bytes, at: 0)
    transfer?.bytes &-= UInt64(bytes.count)
  }

  /// The connection was closed: the end of the file, or an end before it, which the codec tells.
  private func finish(
    _ input: CodedInput, _ room: UnsafeMutableRawBufferPointer, _ file: Int32
  ) throws(FTPError) {
    while true {
      let last: (produced: Int, isDone: Bool)
      do { last = try input.decoder.finish(into: room) } catch { throw FTPError(receiving: error) }
      try write(UnsafeRawBufferPointer(rebasing: room[..<last.produced]), input, file)
      if last.isDone { return }
    }
  }

  /// Writes what was decoded, looking at the control connection now and then: few bytes of MODE Z can be many of the file.
  private func write(_ bytes: UnsafeRawBufferPointer, _ input: CodedInput, _ file: Int32) throws(FTPError) {
    if bytes.isEmpty { return }
    let from = input.position
    try onFile(naming: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
    input.position += Int64(bytes.count)
    input.grown = .now
    try watch(input, after: bytes.count)
  }

  /// Answers a restart marker of the client's: all before it has been written (RFC 959, section 3.5).
  private func acknowledge(_ mark: [UInt8], _ input: CodedInput) {
    guard let keeper = input.keeper, keeper.keep() else { return }
    input.marked = input.position
    reply(Reply(110, bytes: Array("MARK ".utf8) + mark + Array(" = ".utf8) + input.decoder.restartPoint.text))
  }

  private func noteSuspectData(_ input: CodedInput) {
    if input.isSuspect { return }
    input.isSuspect = true
    context.logger.event(
      .notice, "the client marked data as suspect",
      record(verb: transfer?.verb, path: transfer?.path.bytes ?? [], bytes: transfer?.bytes))
  }
}
