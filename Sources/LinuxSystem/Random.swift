// Unpredictable random numbers from the kernel.

import CLinux

public enum Random {
  /// Bytes from the kernel's generator. Source: getrandom(2).
  public static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let result = weft_getrandom(buffer.baseAddress.map { $0 + initialized }, count - initialized)
        if result > 0 { initialized += result }
      }
    }
  }
}

/// The kernel's random numbers, fetched 256 bytes at a time: as unpredictable as with one call each, with a thirtieth of the calls.
public struct BufferedRandom: RandomNumberGenerator, Sendable {
  private var bytes: [UInt8] = []
  /// How many of them have been given out.
  private var used = 0

  public init() {}

  public mutating func next() -> UInt64 {
    if used == bytes.count { (bytes, used) = (Random.bytes(256), 0) }
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: used, as: UInt64.self) }
    used += 8
    return value
  }
}
