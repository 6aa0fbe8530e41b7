// The data transfer process of RETR: from a file to the data connection as it is.

import FTPProtocol
import LinuxSystem

extension Session {
  /// Bytes per sendfile call: large enough that calls cost nothing, small enough that ABOR is seen soon.
  private static let straightStep = 4 * 1024 * 1024

  /// Sends `range` of a file in the kernel (sendfile). The file may have become shorter meanwhile: then what there is.
  func sendStraight(_ file: Int32, _ range: Range<Int64>, on data: DataConnection) async throws(FTPError) {
    // On a multipath socket the kernel copies for sendfile as well, in smaller pieces: twice the CPU of TCP (measured).
    if data.isCopied { return try await sendCopied(file, range, on: data) }
    var position = range.lowerBound
    var unwatched = 0
    while position < range.upperBound {
      let step = Int(min(range.upperBound - position, Int64(Self.straightStep)))
      var isFull = false
      var moved = 0
      switch try sending({ () throws(SystemError) in
        try data.send(file: file, offset: &position, count: step)
      }) {
      case .moved(0): throw FTPError.broken(.fileShortened)
      case .moved(let bytes):
        count(bytes)
        moved = bytes
        isFull = moved < step && position < range.upperBound
      case .wouldBlock: isFull = true
      }
      if isFull {
        try await waitForData(data.number, .writable)
      } else {
        try watchControl(after: moved, &unwatched)
      }
    }
  }

  /// Sends `range` of a file through a buffer.
  private func sendCopied(_ file: Int32, _ range: Range<Int64>, on data: DataConnection) async throws(FTPError) {
    var position = range.lowerBound
    var unwatched = 0
    while position < range.upperBound {
      let isAtEnd = try context.buffers.with { (buffer) throws(FTPError) -> Bool in
        while position < range.upperBound {
          let wanted = Int(min(range.upperBound - position, Int64(buffer.count)))
          let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
          let from = position
          let read = try onFile { () throws(SystemError) in try File.read(file, into: chunk, at: from) }
          if read == 0 { throw FTPError.broken(.fileShortened) }
          let unsent = try sendWhatGoes(UnsafeRawBufferPointer(rebasing: chunk[..<read]), on: data).count
          // What did not go is read again: that is cheaper than holding the buffer while the client is slow.
          position += Int64(read - unsent)
          if unsent > 0 { return false }
          try watchControl(after: read, &unwatched)
        }
        return true
      }
      if isAtEnd { return }
      try await waitForData(data.number, .writable)
    }
  }

  /// Sends a small rest of a file if the data socket takes it whole at once; false when it does not: then `position` tells how far it came.
  func sendAtOnce(_ file: Int32, _ position: inout Int64, to end: Int64, on data: DataConnection) throws(FTPError)
    -> Bool
  {
    while position < end {
      let rest = Int(end - position)
      switch try sending({ () throws(SystemError) in
        try data.send(file: file, offset: &position, count: rest)
      }) {
      case .moved(0): throw FTPError.broken(.fileShortened)
      case .moved(let moved): count(moved)
      case .wouldBlock: return false
      }
    }
    return true
  }

  /// Sends all of `bytes`, waiting as often as it takes.
  func sendAll(_ bytes: [UInt8], on data: DataConnection) async throws(FTPError) {
    var sent = 0
    while sent < bytes.count {
      let from = sent
      let unsent = try bytes.withUnsafeBufferPointer { (bytes) throws(FTPError) -> Int in
        try sendWhatGoes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[from...]), on: data).count
      }
      sent = bytes.count - unsent
      if unsent > 0 { try await waitForData(data.number, .writable) }
    }
  }

  /// Sends until the socket is full and returns what is left.
  func sendWhatGoes(
    _ bytes: UnsafeRawBufferPointer, on data: DataConnection
  ) throws(FTPError) -> UnsafeRawBufferPointer {
    var rest = bytes
    while !rest.isEmpty {
      let chunk = rest
      guard case .moved(let moved) = try sending({ () throws(SystemError) in try data.send(chunk) })
      else { break }
      count(moved)
      rest = UnsafeRawBufferPointer(rebasing: rest[moved...])
    }
    return rest
  }

  /// Runs a call that sends on the data connection; its failure is the connection's.
  private func sending(_ body: () throws(SystemError) -> Progress) throws(FTPError) -> Progress {
    do { return try body() } catch {
      throw .broken(.dataConnectionLost(error))
    }
  }
}
