// The data transfer process of STOR, APPE and STOU: from the data connection to a file as it is.

import FTPProtocol
import Glibc
import LinuxSystem

extension Session {
  private enum Step {
    case ended
    case wouldBlock
    /// So much has come that moving bytes in the kernel pays.
    case large
  }

  /// Bytes after which an upload is moved by splice(2): below, a pipe costs more than it saves.
  static let large = 512 * 1024
  /// Bytes a large upload lets gather in the socket before it is woken (SO_RCVLOWAT); the end of file wakes it in any case.
  private static let gather: Int32 = 128 * 1024

  /// Has the socket wake this session for ``gather`` bytes or the end of file only.
  func gather(on data: DataConnection) { try? Socket.setOption(data.number, SOL_SOCKET, SO_RCVLOWAT, Self.gather) }

  /// Receives until the end of file and writes from `offset` on: small uploads through a buffer, large ones in the kernel.
  func receiveStraight(_ file: Int32, at offset: Int64, on data: DataConnection) async throws(FTPError) {
    var position = offset
    var unwatched = 0
    // Most clients send only after the 150, which has just left: trying first would be a call for nothing.
    try await waitForData(data.number, .readable)
    while true {
      let step = try context.buffers.with { (buffer) throws(FTPError) -> Step in
        while true {
          switch try receiving({ () throws(SystemError) in try data.receive(into: buffer) }) {
          case .moved(0): return .ended
          case .wouldBlock: return .wouldBlock
          case .moved(let moved):
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<moved])
            let from = position
            try onFile(naming: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
            position += Int64(moved)
            count(moved)
            if !data.isCopied, position - offset >= Self.large { return .large }
            if data.isCopied { try watchControl(after: moved, &unwatched) }
          }
        }
      }
      switch step {
      case .ended: return
      case .large: return try await receiveLarge(file, at: position, on: data)
      case .wouldBlock: try await waitForData(data.number, .readable)
      }
    }
  }

  /// Receives by splice(2), socket to pipe to file: the bytes are not copied through this process.
  private func receiveLarge(_ file: Int32, at offset: Int64, on data: DataConnection) async throws(FTPError) {
    var position = offset
    var unwatched = 0
    gather(on: data)
    while true {
      let pipe = try onFile { () throws(SystemError) in try context.pipes.lend() }
      var step = Step.large
      while case .large = step {
        switch try receiving({ () throws(SystemError) in
          try File.splice(from: data.number, to: pipe.writing, count: pipe.capacity)
        }) {
        case .moved(0): step = .ended
        case .wouldBlock: step = .wouldBlock
        case .moved(let moved):
          try drain(pipe, moved, into: file, at: &position)
          count(moved)
          try watchControl(after: moved, &unwatched)
        }
      }
      // Only an empty pipe gets here: what throws drops it.
      context.pipes.giveBack(pipe)
      if case .ended = step { return }
      try await waitForMore(data)
    }
  }

  /// Waits for the next part of a large upload. A slow client may not fill ``gather`` within `timeouts.data-stall`: then any byte counts.
  func waitForMore(_ data: DataConnection, deadline: MonotonicTime? = nil) async throws(FTPError) {
    do throws(FTPError) { try await waitForData(data.number, .readable, deadline: deadline) } catch {
      guard case .broken(.stalled) = error else { throw error }
      try? Socket.setOption(data.number, SOL_SOCKET, SO_RCVLOWAT, 1)
      if !Poll.wait(data.number, .readable, milliseconds: 0) { throw error }
    }
  }

  /// Moves `count` bytes that wait in `pipe` into the file.
  private func drain(_ pipe: PipePool.Pipe, _ count: Int, into file: Int32, at position: inout Int64) throws(FTPError) {
    var rest = count
    while rest > 0 {
      do {
        let moved = try File.splice(fromPipe: pipe.reading, toFile: file, offset: &position, count: rest)
        if moved == 0 { throw FTPError.file(SystemError(code: EIO, call: "splice"), naming: true) }
        rest -= moved
      } catch let error as SystemError where error.code == EINVAL {
        // A file system without splice (some FUSE): through a buffer after all.
        rest -= try copy(from: pipe, rest, into: file, at: &position)
      } catch {
        throw (error as? SystemError).map { .file($0, naming: true) } ?? FTPError(error)
      }
    }
  }

  private func copy(from pipe: PipePool.Pipe, _ count: Int, into file: Int32, at position: inout Int64) throws(FTPError)
    -> Int
  {
    let from = position
    let copied = try context.buffers.with { (buffer) throws(FTPError) -> Int in
      try onFile(naming: true) { () throws(SystemError) in
        let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
        let read = try File.read(pipe: pipe.reading, into: chunk)
        try File.write(file, UnsafeRawBufferPointer(rebasing: chunk[..<read]), at: from)
        return read
      }
    }
    position += Int64(copied)
    return copied
  }

  /// Runs a call that receives from the data connection; its failure is the connection's.
  func receiving(_ body: () throws(SystemError) -> Progress) throws(FTPError) -> Progress {
    do { return try body() } catch {
      throw .broken(.dataConnectionLost(error))
    }
  }
}
