// Receives into a file as it is: TYPE I, STRU F, MODE S.

import FTPProtocol
import Glibc
import LinuxSystem

extension DataTransferProcess {
  private enum Step {
    case ended
    case wouldBlock
    /// The limits let nothing more through now.
    case noCredit
    /// Room for the file has to be asked for.
    case noRoom
    /// So much has come that moving bytes in the kernel pays.
    case large
    /// Others may have their turn, and the disk its time.
    case turn
  }

  /// Bytes after which a file is received by splice(2): below, a pipe costs more than it saves.
  static let large = 512 * 1024
  /// Bytes a large file lets gather in the socket before its receiver is woken (SO_RCVLOWAT); the end of file wakes it in any case.
  private static let gather: Int32 = 128 * 1024

  /// Room that is asked for at once.
  private static let wantedRoom: Int64 = 1 << 20

  /// Has the socket wake the receiver for ``gather`` bytes or the end of file only.
  func gather() { try? Socket.setOption(data.number, SOL_SOCKET, SO_RCVLOWAT, Self.gather) }

  /// Receives until the end of file and writes from `offset` on: small files through a buffer, large ones in the kernel.
  ///
  /// - Parameter witness: sees the bytes.
  public func receive(
    into file: Int32, at offset: Int64, seenBy witness: (any ByteWitness)? = nil,
    with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    _ = try await receive(into: file, from: offset, to: .max, witness, with: attendant)
  }

  /// Receives exactly the bytes of `range`, and writes nothing before or behind it.
  ///
  /// - Throws: ``TransferBreak/beyondRange`` when more comes, ``TransferBreak/rangeUnfinished(missing:)`` when less does.
  public func receive(
    into file: Int32, exactly range: Range<Int64>, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    let end = try await receive(into: file, from: range.lowerBound, to: range.upperBound, nil, with: attendant)
    if end < range.upperBound { throw .rangeUnfinished(missing: range.upperBound - end) }
  }

  /// - Parameter limit: behind this nothing may come.
  /// - Returns: where the last byte went, and one.
  private func receive(
    into file: Int32, from offset: Int64, to limit: Int64, _ witness: (any ByteWitness)?,
    with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> Int64 {
    var position = offset
    // Most clients send only after the 150, which has just left: trying first would be a call for nothing.
    if try !isReadySoon(.readable, with: attendant) { try await wait(.readable, with: attendant) }
    while true {
      let step = try pools.buffers.with { (buffer) throws(TransferBreak) -> Step in
        while true {
          if credit <= 0 { return .noCredit }
          let free = room(behind: position)
          if free <= 0 { return .noRoom }
          let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(min(credit, free)))
          switch try onData({ () throws(SystemError) in try data.receive(into: room) }) {
          case .moved(0): return .ended
          case .wouldBlock: return .wouldBlock
          case .moved(let moved):
            let from = position
            try requireCredit()
            if Int64(moved) > limit - from { throw .beyondRange }
            try require(from + Int64(moved))
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<moved])
            try onFile(isTarget: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
            position += Int64(moved)
            count(moved)
            witness?.received(bytes)
            if witness == nil, !data.isCopied, position - offset >= Self.large, limit - position >= 2 * Self.large {
              return .large
            }
            if witness != nil || data.isCopied, try watch(after: moved, with: attendant) { return .turn }
          }
        }
      }
      switch step {
      case .ended: return position
      // The last bytes before a limit come through the buffer again: what follows them is seen there.
      case .large: if try await receiveLarge(into: file, at: &position, to: limit, with: attendant) { return position }
      case .turn: await attendant.makeWay()
      case .noCredit: try await waitForCredit(.max, receiving: true, with: attendant)
      case .noRoom: try await waitForRoom(Self.wantedRoom, behind: position, with: attendant)
      case .wouldBlock:
        if try !isReadySoon(.readable, with: attendant) { try await wait(.readable, with: attendant) }
      }
    }
  }

  // MARK: large files

  /// Receives by splice(2), socket to pipe to file: the bytes are not copied through this process.
  ///
  /// - Returns: false when there is not much room left before `limit`.
  private func receiveLarge(
    into file: Int32, at position: inout Int64, to limit: Int64, with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> Bool {
    gather()
    while true {
      let pipe = try onFile { () throws(SystemError) in try pools.pipes.lend() }
      var step = Step.large
      while case .large = step, limit - position >= Int64(pipe.capacity) {
        let free = room(behind: position)
        let most = min(pipe.capacity, credit, free)
        if most <= 0 {
          step = free <= 0 ? .noRoom : .noCredit
          break
        }
        switch try onData({ () throws(SystemError) in
          try File.splice(from: data.number, to: pipe.writing, count: most)
        }) {
        case .moved(0): step = .ended
        case .wouldBlock: step = .wouldBlock
        case .moved(let moved):
          try requireCredit()
          try require(position + Int64(moved))
          try drain(pipe, moved, into: file, at: &position)
          count(moved)
          try watch(after: moved, with: attendant)
          await attendant.makeWay()
        }
      }
      // Only an empty pipe gets here: what throws drops it.
      pools.pipes.giveBack(pipe)
      if case .ended = step { return true }
      if case .large = step {
        try? Socket.setOption(data.number, SOL_SOCKET, SO_RCVLOWAT, 1)
        return false
      }
      if case .noCredit = step {
        try await waitForCredit(pipe.capacity, receiving: true, with: attendant)
      } else if case .noRoom = step {
        try await waitForRoom(Self.wantedRoom, behind: position, with: attendant)
      } else {
        try await waitForMore(with: attendant)
      }
    }
  }

  /// Waits for the next part of a large file. A slow sender may not fill ``gather`` before the deadline: then any byte counts.
  ///
  /// - Parameter progress: bytes of the file until now; nil: those that passed the connection.
  func waitForMore(
    at progress: UInt64? = nil, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    let number = data.number
    try await wait(.readable, at: progress, with: attendant) {
      try? Socket.setOption(number, SOL_SOCKET, SO_RCVLOWAT, 1)
      return Poll.wait(number, .readable, milliseconds: 0)
    }
  }

  /// Moves `count` bytes that wait in `pipe` into the file.
  private func drain(
    _ pipe: PipePool.Pipe, _ count: Int, into file: Int32, at position: inout Int64
  ) throws(TransferBreak) {
    var rest = count
    while rest > 0 {
      do throws(SystemError) {
        let moved = try File.splice(fromPipe: pipe.reading, toFile: file, offset: &position, count: rest)
        if moved == 0 { throw SystemError(code: EIO, call: "splice") }
        rest -= moved
      } catch {
        // A file system without splice (some FUSE): through a buffer after all.
        guard error.code == EINVAL else { throw .file(error, isTarget: true) }
        rest -= try copy(from: pipe, rest, into: file, at: &position)
      }
    }
  }

  private func copy(
    from pipe: PipePool.Pipe, _ count: Int, into file: Int32, at position: inout Int64
  ) throws(TransferBreak) -> Int {
    let from = position
    let copied = try pools.buffers.with { (buffer) throws(TransferBreak) -> Int in
      try onFile(isTarget: true) { () throws(SystemError) in
        let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
        let read = try File.read(pipe: pipe.reading, into: chunk)
        try File.write(file, UnsafeRawBufferPointer(rebasing: chunk[..<read]), at: from)
        return read
      }
    }
    position += Int64(copied)
    return copied
  }
}
