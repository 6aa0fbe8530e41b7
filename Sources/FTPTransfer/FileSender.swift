// Sends a file as it is: TYPE I, STRU F, MODE S, and text that needs no conversion.

import FTPProtocol
import LinuxSystem

extension DataTransferProcess {
  /// Bytes for each sendfile call: large enough that calls cost nothing, small enough that ABOR is seen soon.
  private static let step = 4 * 1024 * 1024

  /// Sends `range` of an open file and waits as often as the connection is full.
  ///
  /// The kernel moves the bytes (sendfile(2), or SSL_sendfile under TLS that it encrypts) where that pays.
  /// - Throws: ``TransferBreak/fileShortened`` if the file ends before the range does.
  public func send(
    _ file: Int32, _ range: Range<Int64>, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    // On a multipath socket the kernel copies for sendfile as well, in smaller pieces: twice the CPU of TCP (measured).
    if data.isCopied { return try await sendCopied(file, range, with: attendant) }
    var position = range.lowerBound
    while position < range.upperBound {
      if credit <= 0 { try await waitForCredit(Int(range.upperBound - position), with: attendant) }
      let step = Int(min(range.upperBound - position, Int64(min(Self.step, credit))))
      var isFull = false
      var moved = 0
      switch try onData({ () throws(SystemError) in try data.send(file: file, offset: &position, count: step) }) {
      case .moved(0): throw .fileShortened
      case .moved(let bytes):
        count(bytes)
        moved = bytes
        isFull = moved < step && position < range.upperBound
      case .wouldBlock: isFull = true
      }
      if isFull {
        try await wait(.writable, with: attendant)
      } else {
        try watch(after: moved, with: attendant)
        await attendant.makeWay()
      }
    }
  }

  /// Sends `range` of a file through a buffer.
  private func sendCopied(
    _ file: Int32, _ range: Range<Int64>, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    var position = range.lowerBound
    while position < range.upperBound {
      let isAtEnd = try pools.buffers.with { (buffer) throws(TransferBreak) -> Bool in
        while position < range.upperBound {
          if credit <= 0 { return false }
          let wanted = Int(min(range.upperBound - position, Int64(min(buffer.count, credit))))
          let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
          let from = position
          let read = try onFile { () throws(SystemError) in try File.read(file, into: chunk, at: from) }
          if read == 0 { throw .fileShortened }
          let unsent = try sendWhatGoes(UnsafeRawBufferPointer(rebasing: chunk[..<read])).count
          // Bytes that were not sent are read again, which is cheaper than holding the buffer while the client is slow.
          position += Int64(read - unsent)
          if unsent > 0 { return false }
          try watch(after: read, with: attendant)
        }
        return true
      }
      if isAtEnd { return }
      try await waitToSend(Int(range.upperBound - position), with: attendant)
    }
  }

  /// Sends the file up to `end` as far as the connection takes it now.
  ///
  /// - Parameter position: where to begin; advanced by what was sent.
  /// - Returns: false when the connection is full before the end, or where limits are: nothing is sent at once then.
  public func sendAtOnce(_ file: Int32, _ position: inout Int64, to end: Int64) throws(TransferBreak) -> Bool {
    if throttle != nil { return position == end }
    while position < end {
      let rest = Int(end - position)
      switch try onData({ () throws(SystemError) in try data.send(file: file, offset: &position, count: rest) }) {
      case .moved(0): throw .fileShortened
      case .moved(let moved): count(moved)
      case .wouldBlock: return false
      }
    }
    return true
  }

  /// Sends all of `bytes`, waiting as often as it takes.
  public func sendAll(_ bytes: [UInt8], with attendant: isolated some Attendant) async throws(TransferBreak) {
    var sent = 0
    while sent < bytes.count {
      let from = sent
      let unsent = try bytes.withUnsafeBufferPointer { (bytes) throws(TransferBreak) -> Int in
        try sendWhatGoes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[from...])).count
      }
      sent = bytes.count - unsent
      if unsent > 0 { try await waitToSend(unsent, with: attendant) }
    }
  }

  /// Sends until the connection is full, or a limit is reached, and returns what is left.
  func sendWhatGoes(_ bytes: UnsafeRawBufferPointer) throws(TransferBreak) -> UnsafeRawBufferPointer {
    var rest = bytes
    while !rest.isEmpty {
      if credit <= 0 { break }
      let chunk = UnsafeRawBufferPointer(rebasing: rest.prefix(credit))
      guard case .moved(let moved) = try onData({ () throws(SystemError) in try data.send(chunk) }) else { break }
      count(moved)
      rest = UnsafeRawBufferPointer(rebasing: rest[moved...])
    }
    return rest
  }
}
