// Hands the bytes of a file on to another socket as they come.

import LinuxSystem

extension DataTransferProcess {
  /// Moves the next bytes on to `target` by splice(2), socket to pipe to socket: they are not copied through this process. Not where
  /// ``DataConnection/isCopied``.
  ///
  /// How slow the other end of `target` is, is not held against this connection.
  ///
  /// - Parameters:
  ///   - target: a socket that does not block, and that nobody else writes to meanwhile.
  ///   - most: no more than so many are taken.
  /// - Returns: how many have moved; fewer than `most` where the end of the file has come.
  public func relay(
    to target: Int32, atMost most: Int, with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> Int {
    // What throws drops the pipe: it may not be empty.
    let pipe = try onFile { () throws(SystemError) in try pools.pipes.lend() }
    var moved = 0
    relaying: while moved < most {
      let wanted = try await room(upTo: min(pipe.capacity, most - moved), with: attendant)
      switch try onData({ () throws(SystemError) in
        try File.splice(from: data.number, to: pipe.writing, count: wanted)
      }) {
      case .moved(0): break relaying
      case .wouldBlock: try await wait(.readable, with: attendant)
      case .moved(let taken):
        try requireCredit()
        count(taken)
        var rest = taken
        while rest > 0 {
          switch try onTarget({ () throws(SystemError) in
            try File.splice(from: pipe.reading, to: target, count: rest)
          }) {
          case .moved(let sent): rest -= sent
          case .wouldBlock: try await waitForTarget(target, with: attendant)
          }
        }
        moved += taken
        try watch(after: taken, with: attendant)
        // Between two fast ends it never waits: whoever shares the thread has to have a turn.
        await Task.yield()
      }
    }
    pools.pipes.giveBack(pipe)
    return moved
  }

  /// Sends all of `bytes` to `target`: the other way, for what cannot be moved in the kernel.
  public func send(_ bytes: [UInt8], to target: Int32, with attendant: isolated some Attendant)
    async throws(TransferBreak)
  {
    var sent = 0
    while sent < bytes.count {
      switch try onTarget({ () throws(SystemError) in
        try bytes.withUnsafeBufferPointer { (all) throws(SystemError) -> Progress in
          try Socket.send(target, UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[sent...])))
        }
      }) {
      case .moved(let count): sent += count
      case .wouldBlock: try await waitForTarget(target, with: attendant)
      }
    }
  }

  /// A reader may take a rest for as long as the sender puts up with it.
  private func waitForTarget(_ target: Int32, with attendant: isolated some Attendant) async throws(TransferBreak) {
    try await attendant.wait(for: target, .writable, until: .now.advanced(by: 24 * 3_600_000_000_000))
  }

  private func onTarget(_ body: () throws(SystemError) -> Progress) throws(TransferBreak) -> Progress {
    try onFile(isTarget: true, body)
  }
}
