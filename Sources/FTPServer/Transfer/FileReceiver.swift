// The data transfer process of STOR, APPE and STOU: from the data connection to a file, straight or through the ASCII codec.

import FTPProtocol
import LinuxSystem

extension Session {
  private enum Step {
    case ended
    case wouldBlock
  }

  /// Receives until the end of file and writes from `offset` on.
  func receiveStraight(_ file: Int32, at offset: Int64, on data: DataConnection) async throws(FTPError) {
    var position = offset
    while true {
      let step = try context.buffers.with { (buffer) throws(FTPError) -> Step in
        while true {
          switch try receiving({ () throws(SystemError) in try Socket.receive(data.number, into: buffer) }) {
          case .moved(0): return .ended
          case .wouldBlock: return .wouldBlock
          case .moved(let moved):
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<moved])
            let from = position
            try onFile(naming: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
            position += Int64(moved)
            count(moved)
          }
        }
      }
      if case .ended = step { return }
      try await waitForData(data.number, .readable)
    }
  }

  /// Receives TYPE A (RFC 959, section 3.1.1.1) and writes with the system's line ends.
  func receiveASCII(_ file: Int32, at offset: Int64, on data: DataConnection) async throws(FTPError) {
    var decoder = ASCIIDecoder()
    var position = offset
    while true {
      let step = try context.buffers.with { (buffer) throws(FTPError) -> Step in
        let input = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count / 4)])
        let output = UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count / 4)...])
        while true {
          let produced: Int
          var isEnd = false
          switch try receiving({ () throws(SystemError) in try Socket.receive(data.number, into: input) }) {
          case .wouldBlock: return .wouldBlock
          case .moved(0):
            produced = decoder.finish(into: output)
            isEnd = true
          case .moved(let moved):
            produced = decoder.transform(UnsafeRawBufferPointer(rebasing: input[..<moved]), into: output).produced
            count(moved)
          }
          let bytes = UnsafeRawBufferPointer(rebasing: output[..<produced])
          let from = position
          try onFile(naming: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
          position += Int64(produced)
          if isEnd { return .ended }
        }
      }
      if case .ended = step { return }
      try await waitForData(data.number, .readable)
    }
  }

  /// Runs a call that receives from the data connection; its failure is the connection's.
  private func receiving(_ body: () throws(SystemError) -> Progress) throws(FTPError) -> Progress {
    do { return try body() } catch {
      throw .transferBroken("The data connection was lost: \(error.reason).")
    }
  }
}
