// A pipe whose ends a test fills, empties, reads from and closes.

import Glibc
import LinuxSystem
import Synchronization

/// A pipe; both ends close with its last reference.
public final class Pipe: Sendable {
  private let reading: Mutex<Descriptor?>
  private let writing: Mutex<Descriptor?>
  /// The number of the reading end, which does not block.
  public let readNumber: Int32
  /// The number of the writing end.
  public let writeNumber: Int32

  /// - Parameters:
  ///   - capacity: how many bytes it is to hold; the kernel rounds up to whole pages.
  ///   - isBlocking: whether a write to a full pipe waits, as to a standard output.
  public init(capacity: Int32 = 65536, isBlocking: Bool = false) throws {
    let ends = try File.pipe(capacity: capacity)
    reading = Mutex(Descriptor(owning: ends.read))
    writing = Mutex(Descriptor(owning: ends.write))
    readNumber = ends.read
    writeNumber = ends.write
    if isBlocking { setBlocking(true) }
  }

  /// Closes the writing end: the other one is at its end of file.
  public func closeWriting() { writing.withLock { $0 = nil } }

  /// Closes the reading end, of which there is a copy.
  public func closeReading() { reading.withLock { $0 = nil } }

  /// Writes `bytes`, one by default: the reading end becomes readable.
  public func write(_ bytes: [UInt8] = [1]) { _ = Glibc.write(writeNumber, bytes, bytes.count) }

  /// Fills the pipe, so that the writing end is not writable; gives the number of bytes it took, all of them `byte`.
  @discardableResult
  public func fill(with byte: UInt8 = 0) -> Int {
    let flags = fcntl(writeNumber, F_GETFL)
    setBlocking(false)
    defer { _ = fcntl(writeNumber, F_SETFL, flags) }
    let bytes = [UInt8](repeating: byte, count: 4096)
    var total = 0
    while case let count = Glibc.write(writeNumber, bytes, bytes.count), count > 0 { total += count }
    return total
  }

  /// Takes out all that is there, without waiting.
  @discardableResult
  public func drain() -> [UInt8] {
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while case let count = Glibc.read(readNumber, &piece, piece.count), count > 0 { all += piece[..<count] }
    return all
  }

  /// Waits for bytes, up to ten seconds, and takes what is there; nothing at the end of the file.
  public func read() -> [UInt8] { Poll.wait(readNumber, .readable, milliseconds: 10_000) ? drain() : [] }

  /// Reads until `count` lines are there, and gives them without their newlines.
  public func lines(_ count: Int) -> [String] {
    var bytes: [UInt8] = []
    while bytes.count(where: { $0 == 0x0A }) < count {
      let more = read()
      if more.isEmpty { break }
      bytes += more
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func setBlocking(_ isBlocking: Bool) {
    let flags = fcntl(writeNumber, F_GETFL)
    _ = fcntl(writeNumber, F_SETFL, isBlocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK)
  }
}
