// Searches bytes eight at a time, for the loops that see every byte of a transfer or a command.

enum ByteScan {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// The byte repeated in all eight places.
  @inline(__always) static func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* ones }

  /// Not zero if one of the eight bytes equals the repeated one; the lowest set bit then marks the first such byte.
  ///
  /// Bits above the lowest may be false alarms (a borrow runs upward), so only the first may be relied on.
  @inline(__always) static func matches(_ word: UInt64, _ repeated: UInt64) -> UInt64 {
    let difference = word ^ repeated
    return (difference &- ones) & ~difference & highBits
  }

  /// The place of the first lane that is set; 32 if none is.
  @inline(__always) static func firstSet(_ mask: SIMDMask<SIMD32<Int8>>) -> Int {
    let words = unsafeBitCast(mask, to: SIMD4<UInt64>.self)
    if words[0] | words[1] | words[2] | words[3] == 0 { return 32 }
    if words[0] != 0 { return UInt64(littleEndian: words[0]).trailingZeroBitCount &>> 3 }
    if words[1] != 0 { return 8 &+ UInt64(littleEndian: words[1]).trailingZeroBitCount &>> 3 }
    if words[2] != 0 { return 16 &+ UInt64(littleEndian: words[2]).trailingZeroBitCount &>> 3 }
    return 24 &+ UInt64(littleEndian: words[3]).trailingZeroBitCount &>> 3
  }

  /// Eight bytes at `offset`, the first in the lowest place whatever the machine's byte order.
  @inline(__always) static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The offset of the first `byte` in `bytes[start...]`, or nil.
  @inline(__always) static func first(
    _ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int = 0
  ) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    let count = bytes.count
    let wanted = repeated(byte)
    var offset = start
    while count &- offset >= 8 {
      let found = matches(word(base, offset), wanted)
      if found != 0 { return offset &+ found.trailingZeroBitCount &>> 3 }
      offset &+= 8
    }
    while offset < count {
      if base.load(fromByteOffset: offset, as: UInt8.self) == byte { return offset }
      offset &+= 1
    }
    return nil
  }

  /// Where the bytes equal to the one at `start` end.
  @inline(__always) static func endOfRun(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard let base = bytes.baseAddress, start < bytes.count else { return start }
    let byte = base.load(fromByteOffset: start, as: UInt8.self)
    let wanted = repeated(byte)
    var offset = start
    while bytes.count &- offset >= 8 {
      let difference = word(base, offset) ^ wanted
      if difference != 0 { return offset &+ difference.trailingZeroBitCount &>> 3 }
      offset &+= 8
    }
    while offset < bytes.count, base.load(fromByteOffset: offset, as: UInt8.self) == byte { offset &+= 1 }
    return offset
  }

  /// Copies bytes up to the first `byte` or up to `count`, whichever comes first, and says how many were copied.
  ///
  /// Looking and copying in one pass beats a search and a copy where lines are short.
  @inline(__always) static func copy(
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int, upTo byte: UInt8
  ) -> Int {
    let wanted = repeated(byte)
    var offset = 0
    while count &- offset >= 32 {
      let first = word(source, offset)
      let second = word(source, offset &+ 8)
      let third = word(source, offset &+ 16)
      let fourth = word(source, offset &+ 24)
      let found = matches(first, wanted) | matches(second, wanted) | matches(third, wanted) | matches(fourth, wanted)
      if found != 0 { break }
      target.storeBytes(of: first.littleEndian, toByteOffset: offset, as: UInt64.self)
      target.storeBytes(of: second.littleEndian, toByteOffset: offset &+ 8, as: UInt64.self)
      target.storeBytes(of: third.littleEndian, toByteOffset: offset &+ 16, as: UInt64.self)
      target.storeBytes(of: fourth.littleEndian, toByteOffset: offset &+ 24, as: UInt64.self)
      offset &+= 32
    }
    while count &- offset >= 8 {
      let next = word(source, offset)
      let found = matches(next, wanted)
      // The bytes behind the one looked for are written too, within `count`, and overwritten by what follows.
      target.storeBytes(of: next.littleEndian, toByteOffset: offset, as: UInt64.self)
      if found != 0 { return offset &+ found.trailingZeroBitCount &>> 3 }
      offset &+= 8
    }
    while offset < count {
      let next = source.load(fromByteOffset: offset, as: UInt8.self)
      if next == byte { return offset }
      target.storeBytes(of: next, toByteOffset: offset, as: UInt8.self)
      offset &+= 1
    }
    return offset
  }
}

extension [UInt8] {
  /// Whether the bytes of `wanted` stand somewhere in this array, one after the other.
  func containsSequence(_ wanted: [UInt8]) -> Bool {
    guard !wanted.isEmpty, count >= wanted.count else { return wanted.isEmpty }
    return (0...(count &- wanted.count)).contains { self[$0...].starts(with: wanted) }
  }
}
