// How far the server's clock is from this host's.

import FTPProtocol
import LinuxSystem

extension ClientSession {
  /// Seconds that the server's clock is ahead of this host's: an empty file is put into `directory`, its time is asked for (MDTM), and it is
  /// removed again.
  ///
  /// - Returns: 0 where the server does not let us: then both clocks count as equal.
  public func clockDifference(in directory: RemotePath) async throws(ClientError) -> Int64 {
    let name = ".weftp-clock-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
    let path = directory.appending(Array(name.utf8))
    do throws(ClientError) {
      let before = WallClock.seconds
      try await write(path, from: NoBytes())
      let middle = before + (WallClock.seconds - before) / 2
      let time: ListedTime
      do throws(ClientError) { time = try await modificationTime(path) } catch {
        try? await delete(path)
        throw error
      }
      try await delete(path)
      return time.seconds - middle
    } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      trace(.note("the server's clock could not be compared with ours: \(error.message)"))
      return 0
    }
  }
}

/// A file of no bytes.
private struct NoBytes: AsyncSequence, Sendable {
  struct Iterator: AsyncIteratorProtocol { mutating func next() async -> [UInt8]? { nil } }

  func makeAsyncIterator() -> Iterator { Iterator() }
}
