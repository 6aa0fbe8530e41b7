// Large buffers for the bytes of transfers, lent for as long as bytes are at hand and never held while a session waits.

import Synchronization

/// Buffers of one size, kept for reuse up to a bound.
public final class BufferPool: Sendable {
  /// Bytes of each buffer.
  public static let size = 256 * 1024
  private static let keep = 8
  private let free = Mutex<[UnsafeBuffer]>([])

  public init() {}

  /// A raw buffer that may change threads: it has one user at a time.
  struct UnsafeBuffer: @unchecked Sendable {
    // Sendable: handed out by the pool's lock to one borrower at a time.
    let raw: UnsafeMutableRawBufferPointer
  }

  /// Lends a buffer for the time of `body`, which must not suspend.
  public func with<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let buffer =
      free.withLock { $0.popLast() }
      ?? UnsafeBuffer(raw: .allocate(byteCount: Self.size, alignment: 4096))
    defer {
      let surplus = free.withLock { free -> Bool in
        if free.count >= Self.keep { return true }
        free.append(buffer)
        return false
      }
      if surplus { buffer.raw.deallocate() }
    }
    return try body(buffer.raw)
  }
}
