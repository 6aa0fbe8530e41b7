// Files whose every byte is known from its offset, without holding them in memory.

import Glibc
import TestSupport

/// Bytes that repeat after a prime period only: a piece that is lost, doubled or displaced is noticed.
enum PatternFile {
  static let period = 1_048_573
  /// Long enough that `piece` bytes can be taken at any offset within the period.
  private static let bytes: [UInt8] = {
    let once = pattern(period, seed: 77)
    return once + once.prefix(piece)
  }()
  /// The most bytes that are handed out or compared at once.
  static let piece = 256 * 1024

  /// Calls `body` with the `count` (at most ``piece``) bytes from `offset` on.
  static func withBytes<R>(at offset: Int, count: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes {
      try body(UnsafeRawBufferPointer(rebasing: $0[(offset % period)..<(offset % period + count)]))
    }
  }

  /// Whether `data` (at most ``piece`` bytes) is what stands at `offset`.
  static func matches(_ data: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    withBytes(at: offset, count: data.count) { wanted in
      guard let one = wanted.baseAddress, let other = data.baseAddress else { return data.isEmpty }
      return memcmp(one, other, data.count) == 0
    }
  }

  /// Writes a file of `size` bytes.
  static func write(_ path: String, size: Int) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    try require(file >= 0, "\(path): \(Connection.text(errno))")
    defer { close(file) }
    var done = 0
    while done < size {
      let count = withBytes(at: done, count: min(piece, size - done)) { Glibc.write(file, $0.baseAddress, $0.count) }
      try require(count > 0, "\(path): \(Connection.text(errno))")
      done += count
    }
  }

  /// Requires a file to be of `size` bytes, every one the right one.
  static func verify(_ path: String, size: Int) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    try require(file >= 0, "\(path): \(Connection.text(errno))")
    defer { close(file) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
    defer { buffer.deallocate() }
    var done = 0
    while true {
      let count = read(file, buffer.baseAddress, piece)
      try require(count >= 0, "\(path): \(Connection.text(errno))")
      if count == 0 { break }
      try require(
        matches(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: done), "\(path): wrong bytes behind \(done)")
      done += count
    }
    try require(done == size, "\(path) has \(done) bytes instead of \(size)")
  }
}
