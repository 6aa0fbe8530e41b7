// Sends wherever bytes change on their way out: TYPE A and E, STRU R and P, MODE B, C and Z; files and listings.

import FTPProtocol
import LinuxSystem

/// What a coded transfer out holds while it waits: the codec, and the bytes that the connection did not take.
public final class CodedOutput {
  fileprivate var encoder: WireEncoder
  /// Encoded bytes that still have to go; its memory is kept for the next time.
  fileprivate var unsent: [UInt8] = []

  public init(_ encoder: WireEncoder) { self.encoder = encoder }
}

extension DataTransferProcess {
  /// The part of a lent buffer that holds a file's bytes; the rest takes what becomes of them.
  private static let share = 4

  /// Sends a file from `start` to its end as `output` encodes it, and tells the end as the mode does.
  public func sendCoded(
    _ file: Int32, from start: Int64, through output: CodedOutput, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    var position = start
    var isDone = false
    while !isDone {
      isDone = try pools.buffers.with { (buffer) throws(TransferBreak) -> Bool in
        let input = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count / Self.share)])
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count / Self.share)...])
        while output.unsent.isEmpty {
          let from = position
          let read = try onFile { () throws(SystemError) in try File.read(file, into: input, at: from) }
          if read == 0 { return try finish(output, room) }
          let taken = try encode(UnsafeRawBufferPointer(rebasing: input[..<read]), through: output, room)
          // What was not encoded any more is read again: the buffer is not kept while the client is slow.
          position += Int64(taken)
          try watch(after: taken, with: attendant)
        }
        return false
      }
      try await sendRest(of: output, with: attendant)
    }
  }

  /// Sends `bytes` as `output` encodes them. ``finishCoded(_:with:)`` ends what it encodes.
  public func sendCoded(
    _ bytes: [UInt8], through output: CodedOutput, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    var sent = 0
    while sent < bytes.count {
      let from = sent
      sent += try bytes.withUnsafeBufferPointer { (bytes) throws(TransferBreak) -> Int in
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[from...])
        return try pools.buffers.with { (room) throws(TransferBreak) -> Int in
          try encode(rest, through: output, room)
        }
      }
      try await sendRest(of: output, with: attendant)
    }
  }

  /// Sends what `output` has kept back, and the end as the mode tells it.
  public func finishCoded(_ output: CodedOutput, with attendant: isolated some Attendant) async throws(TransferBreak) {
    var isDone = false
    while !isDone {
      isDone = try pools.buffers.with { (room) throws(TransferBreak) -> Bool in try finish(output, room) }
      try await sendRest(of: output, with: attendant)
    }
  }

  /// Encodes and sends until `bytes` are used up or the connection is full: then the rest is kept in `output`. Returns how many were used.
  private func encode(
    _ bytes: UnsafeRawBufferPointer, through output: CodedOutput, _ room: UnsafeMutableRawBufferPointer
  ) throws(TransferBreak) -> Int {
    var used = 0
    var step = CodingStep(consumed: 0, produced: 0)
    repeat {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
      do { step = try output.encoder.transform(rest, into: room) } catch { throw .cannotEncode(error) }
      used += step.consumed
      try sendOrKeep(UnsafeRawBufferPointer(rebasing: room[..<step.produced]), output)
      if step.consumed == 0, step.produced == 0 { break }
    } while output.unsent.isEmpty && used < bytes.count
    return used
  }

  /// Sends the codec's last bytes; true when there are no more.
  private func finish(
    _ output: CodedOutput, _ room: UnsafeMutableRawBufferPointer
  ) throws(TransferBreak) -> Bool {
    while output.unsent.isEmpty {
      let last: (produced: Int, isDone: Bool)
      do { last = try output.encoder.finish(into: room) } catch { throw .cannotEncode(error) }
      try sendOrKeep(UnsafeRawBufferPointer(rebasing: room[..<last.produced]), output)
      if last.isDone { return true }
    }
    return false
  }

  private func sendOrKeep(_ bytes: UnsafeRawBufferPointer, _ output: CodedOutput) throws(TransferBreak) {
    let unsent = try sendWhatGoes(bytes)
    if !unsent.isEmpty { output.unsent.append(contentsOf: unsent) }
  }

  /// Waits until what the connection did not take has gone.
  private func sendRest(of output: CodedOutput, with attendant: isolated some Attendant) async throws(TransferBreak) {
    guard !output.unsent.isEmpty else { return }
    try await waitToSend(output.unsent.count, with: attendant)
    try await sendAll(output.unsent, with: attendant)
    output.unsent.removeAll(keepingCapacity: true)
  }
}
