// The data transfer process of RETR and of listings wherever bytes change on their way out: TYPE A and E, STRU R and P, MODE B, C and Z.

import FTPProtocol
import LinuxSystem

/// What a coded transfer to the client holds while it waits: the codec, and the bytes that the socket did not take.
final class CodedOutput {
  fileprivate var encoder: WireEncoder
  /// Encoded bytes that still have to go; its memory is kept for the next time.
  fileprivate var unsent: [UInt8] = []

  init(_ encoder: WireEncoder) { self.encoder = encoder }
}

extension Session {
  /// The part of a lent buffer that holds a file's bytes; the rest takes what becomes of them.
  private static let share = 4

  /// Sends a file from `start` to its end as `output` encodes it, and tells the end as the mode does.
  func sendCoded(_ file: Int32, from start: Int64, through output: CodedOutput, on data: DataConnection)
    async throws(FTPError)
  {
    var position = start
    var unwatched = 0
    var isDone = false
    while !isDone {
      isDone = try context.buffers.with { (buffer) throws(FTPError) -> Bool in
        let input = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count / Self.share)])
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count / Self.share)...])
        while output.unsent.isEmpty {
          let read = try onFile { () throws(SystemError) in try File.read(file, into: input, at: position) }
          if read == 0 { return try finish(output, room, on: data) }
          let taken = try send(UnsafeRawBufferPointer(rebasing: input[..<read]), through: output, room, on: data)
          // What was not encoded any more is read again: the buffer is not kept while the client is slow.
          position += Int64(taken)
          try watchControl(after: taken, &unwatched)
        }
        return false
      }
      try await sendRest(of: output, on: data)
    }
  }

  /// Sends `bytes` of a listing as `output` encodes them.
  func sendCoded(_ bytes: [UInt8], through output: CodedOutput, on data: DataConnection) async throws(FTPError) {
    var sent = 0
    while sent < bytes.count {
      let from = sent
      sent += try bytes.withUnsafeBufferPointer { (bytes) throws(FTPError) -> Int in
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[from...])
        return try context.buffers.with { (room) throws(FTPError) -> Int in
          try send(rest, through: output, room, on: data)
        }
      }
      try await sendRest(of: output, on: data)
    }
  }

  /// Ends what `output` encodes.
  func finishCoded(_ output: CodedOutput, on data: DataConnection) async throws(FTPError) {
    var isDone = false
    while !isDone {
      isDone = try context.buffers.with { (room) throws(FTPError) -> Bool in try finish(output, room, on: data) }
      try await sendRest(of: output, on: data)
    }
  }

  /// Encodes and sends until `bytes` are used up or the socket is full: then the rest is kept in `output`. Returns how many were used.
  private func send(
    _ bytes: UnsafeRawBufferPointer, through output: CodedOutput, _ room: UnsafeMutableRawBufferPointer,
    on data: DataConnection
  ) throws(FTPError) -> Int {
    var used = 0
    var step = CodingStep(consumed: 0, produced: 0)
    repeat {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
      do { step = try output.encoder.transform(rest, into: room) } catch { throw FTPError(sending: error) }
      used += step.consumed
      try sendOrKeep(UnsafeRawBufferPointer(rebasing: room[..<step.produced]), output, on: data)
      if step.consumed == 0, step.produced == 0 { break }
    } while output.unsent.isEmpty && used < bytes.count
    return used
  }

  /// Sends the codec's last bytes; true when there are no more.
  private func finish(
    _ output: CodedOutput, _ room: UnsafeMutableRawBufferPointer, on data: DataConnection
  ) throws(FTPError) -> Bool {
    while output.unsent.isEmpty {
      let last: (produced: Int, isDone: Bool)
      do { last = try output.encoder.finish(into: room) } catch { throw FTPError(sending: error) }
      try sendOrKeep(UnsafeRawBufferPointer(rebasing: room[..<last.produced]), output, on: data)
      if last.isDone { return true }
    }
    return false
  }

  private func sendOrKeep(
    _ bytes: UnsafeRawBufferPointer, _ output: CodedOutput, on data: DataConnection
  ) throws(FTPError) {
    let unsent = try sendWhatGoes(bytes, on: data)
    if !unsent.isEmpty { output.unsent.append(contentsOf: unsent) }
  }

  /// Waits until what the socket did not take has gone.
  private func sendRest(of output: CodedOutput, on data: DataConnection) async throws(FTPError) {
    guard !output.unsent.isEmpty else { return }
    try await waitForData(data.number, .writable)
    try await sendAll(output.unsent, on: data)
    output.unsent.removeAll(keepingCapacity: true)
  }
}
