// Descriptors the tests wait for.

import Glibc
import LinuxSystem
import Synchronization

/// A pipe with two non-blocking ends.
final class Pipe: Sendable {
  private let reading: Mutex<Descriptor?>
  private let writing: Mutex<Descriptor?>
  let readNumber: Int32
  let writeNumber: Int32

  init() throws {
    let ends = try File.pipe(capacity: 4096)
    reading = Mutex(Descriptor(owning: ends.read))
    writing = Mutex(Descriptor(owning: ends.write))
    readNumber = ends.read
    writeNumber = ends.write
  }

  /// Closes the writing end: the other one is at its end of file.
  func closeWriting() { writing.withLock { $0 = nil } }

  /// Closes the reading end, of which there is a copy.
  func closeReading() { reading.withLock { $0 = nil } }

  /// Makes the reading end readable.
  func write() {
    var byte: UInt8 = 1
    _ = Glibc.write(writeNumber, &byte, 1)
  }

  /// Makes it unreadable again.
  func drain() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while read(readNumber, &bytes, bytes.count) > 0 {}
  }

  /// Fills it, so that the writing end is not writable.
  func fill() {
    let bytes = [UInt8](repeating: 0, count: 4096)
    while Glibc.write(writeNumber, bytes, bytes.count) > 0 {}
  }
}

extension MonotonicTime {
  /// So many milliseconds from now.
  static func after(milliseconds: Int64) -> MonotonicTime { now.advanced(by: milliseconds * 1_000_000) }
}
