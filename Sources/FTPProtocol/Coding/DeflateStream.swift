// One zlib stream, compressing or expanding: the state that MODE Z needs, made once and used for many transfers.

import CZlib

/// Why zlib could not go on.
public enum DeflateError: Error, Sendable, Hashable {
  /// The bytes are no zlib stream, or their check sum is wrong (RFC 1950, section 2.2).
  case corrupt
  /// No memory for the stream's state.
  case memory
}

/// zlib's state for one direction, about 256 KiB for compressing and 44 KiB for expanding (zconf.h), and a buffer between it and a codec
/// that stands before or after it. It has one user at a time; ``reset(level:)`` makes it ready for the next.
///
/// Source: zlib.h; RFC 1950 is the format, which is what `draft-preston-ftpext-deflate` puts on the wire.
public final class DeflateStream: @unchecked Sendable {
  // Sendable: a stream belongs to one transfer at a time; whoever keeps free ones hands them on under a lock.

  /// Which way the bytes go.
  public enum Direction: Sendable, Hashable {
    case compressing
    case expanding
  }

  /// Levels of compression: 0 is none, 9 the smallest and slowest.
  public static let levels = 0...9
  /// Bytes of the buffer between zlib and another codec.
  static let middleSize = 64 * 1024

  public let direction: Direction
  private let stream: UnsafeMutablePointer<z_stream>
  private var level: Int32
  private var middleStorage: UnsafeMutableRawBufferPointer?
  /// The part of ``middle`` that waits for the second of the two codecs.
  var waiting = 0..<0
  /// The whole stream has been written or read, check sum included.
  private(set) var isAtEnd = false

  /// Makes the state of a stream.
  ///
  /// - Parameter level: 0 to 9, for compressing.
  /// - Throws: ``DeflateError/memory``.
  public init(_ direction: Direction, level: Int = 6) throws(DeflateError) {
    self.direction = direction
    self.level = Self.clamped(level)
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = direction == .compressing ? weft_deflate_init(stream, self.level) : weft_inflate_init(stream)
    if result != Z_OK {
      stream.deallocate()
      throw .memory
    }
  }

  deinit {
    _ = direction == .compressing ? deflateEnd(stream) : inflateEnd(stream)
    stream.deallocate()
    middleStorage?.deallocate()
  }

  private static func clamped(_ level: Int) -> Int32 {
    Int32(truncatingIfNeeded: min(max(level, levels.lowerBound), levels.upperBound))
  }

  /// Begins a new stream, keeping the memory of the last.
  public func reset(level: Int = 6) {
    waiting = 0..<0
    isAtEnd = false
    if direction == .expanding {
      _ = inflateReset(stream)
      return
    }
    _ = deflateReset(stream)
    let wanted = Self.clamped(level)
    // Right after a reset there is nothing to be flushed, so no room for output is needed.
    if wanted != self.level { _ = deflateParams(stream, wanted, Z_DEFAULT_STRATEGY) }
    self.level = wanted
  }

  /// Made with the first use: a stream that is alone has no need of it.
  var middle: UnsafeMutableRawBufferPointer {
    if let middleStorage { return middleStorage }
    let made = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.middleSize, alignment: 64)
    middleStorage = made
    return made
  }

  /// Moves bytes through zlib as far as there is input and room. No more than `output.count` bytes come of any input.
  ///
  /// - Parameter finishing: nothing follows `input`; call until ``isAtEnd``.
  /// - Returns: the bytes read from the front of `input` and those written to the front of `output`.
  /// - Throws: ``DeflateError/corrupt`` when expanding, ``DeflateError/memory``.
  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, finishing: Bool = false
  ) throws(DeflateError) -> (consumed: Int, produced: Int) {
    if isAtEnd { return (0, 0) }
    // zlib counts in 32 bits.
    let available = UInt32(clamping: input.count)
    let room = UInt32(clamping: output.count)
    stream.pointee.next_in = input.baseAddress.map {
      UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: Bytef.self))
    }
    stream.pointee.avail_in = available
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
    stream.pointee.avail_out = room
    guard room > 0 else { return (0, 0) }
    let result =
      direction == .compressing
      ? deflate(stream, finishing ? Z_FINISH : Z_NO_FLUSH) : inflate(stream, Z_NO_FLUSH)
    let step = (Int(available &- stream.pointee.avail_in), Int(room &- stream.pointee.avail_out))
    stream.pointee.next_in = nil
    stream.pointee.next_out = nil
    switch result {
    case Z_STREAM_END: isAtEnd = true
    // No progress was possible: that is for the caller to see.
    case Z_OK, Z_BUF_ERROR: break
    case Z_MEM_ERROR: throw .memory
    // A preset dictionary is asked for (Z_NEED_DICT): there is none in MODE Z.
    default: throw .corrupt
    }
    return step
  }
}
