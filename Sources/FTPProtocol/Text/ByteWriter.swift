// Writes text and numbers into memory whose size was reckoned beforehand; what the listing formats are made with.

/// A cursor over a caller's buffer. Writing past its end is refused, never done: the buffer is sized by its user, and a wrong sum
/// there must not become a hole here.
struct ByteWriter {
  private let base: UnsafeMutableRawPointer?
  private let capacity: Int
  private(set) var count = 0

  init(_ buffer: UnsafeMutableRawBufferPointer) {
    base = buffer.baseAddress
    capacity = buffer.count
  }

  /// The bytes written so far.
  var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Claims `length` bytes; nil if there is no room.
  @inline(__always) private mutating func claim(_ length: Int) -> UnsafeMutableRawPointer? {
    guard let base, length <= capacity &- count else {
      assertionFailure("the buffer was sized too small")
      return nil
    }
    defer { count &+= length }
    return base + count
  }

  @inline(__always) mutating func write(_ byte: UInt8) {
    claim(1)?.storeBytes(of: byte, as: UInt8.self)
  }

  @inline(__always) mutating func write(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, let target = claim(bytes.count) else { return }
    target.copyMemory(from: source, byteCount: bytes.count)
  }

  @inline(__always) mutating func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { write($0) }
  }

  @inline(__always) mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { write(UnsafeRawBufferPointer($0)) }
  }

  /// A value's bytes as they stand in memory.
  @inline(__always) mutating func write<Value: BitwiseCopyable>(raw value: Value) {
    claim(MemoryLayout<Value>.size)?.storeBytes(of: value, as: Value.self)
  }

  /// A name, CR and LF (which a name may hold, and which would end the line) replaced by `?`.
  @inline(__always) mutating func write(name bytes: UnsafeRawBufferPointer) {
    let start = count
    write(bytes)
    guard let base, count &- start == bytes.count else { return }
    if ByteScan.first(0x0A, in: bytes) == nil, ByteScan.first(0x0D, in: bytes) == nil { return }
    for offset in start..<count {
      let byte = base.load(fromByteOffset: offset, as: UInt8.self)
      if byte == 0x0A || byte == 0x0D { base.storeBytes(of: 0x3F, toByteOffset: offset, as: UInt8.self) }
    }
  }

  /// A decimal number, preceded by blanks up to `width`.
  @inline(__always) mutating func write(decimal number: UInt64, width: Int = 0) {
    var digits = 1
    var power: UInt64 = 10
    while number >= power {
      digits &+= 1
      if digits == 20 { break }
      power &*= 10
    }
    write(blanks: width &- digits)
    guard let target = claim(digits) else { return }
    var rest = number
    var offset = digits
    while offset > 0 {
      offset &-= 1
      target.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 &+ rest % 10), toByteOffset: offset, as: UInt8.self)
      rest /= 10
    }
  }

  /// A number below 100 as two digits.
  @inline(__always) mutating func write(twoDigits number: Int) {
    write(UInt8(truncatingIfNeeded: 0x30 &+ number / 10))
    write(UInt8(truncatingIfNeeded: 0x30 &+ number % 10))
  }

  /// A hexadecimal number in lower case, without leading zeros.
  mutating func write(hexadecimal number: UInt64) {
    var shift = number == 0 ? 0 : (63 &- number.leadingZeroBitCount) & ~3
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: number &>> UInt64(shift) & 15)
      write(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
      shift &-= 4
    }
  }

  @inline(__always) mutating func write(blanks: Int) {
    guard blanks > 0, let target = claim(blanks) else { return }
    target.initializeMemory(as: UInt8.self, repeating: 0x20, count: blanks)
  }
}
