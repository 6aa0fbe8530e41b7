// Mode C, outward: finds the runs and writes strings, runs and escapes.

/// Writes bytes as the strings of mode C (RFC 959 §3.4.3).
enum Compressor {
  /// The most bytes of a string of regular data.
  static let stringLimit = 127
  /// The most bytes of a run.
  static let runLimit = 63
  /// The room that one string with an escape before it may need.
  static let stringRoom = 3 + stringLimit

  /// The byte whose runs need no second byte: blank in types A and E, zero in type I.
  static func filler(_ format: TransferFormat) -> UInt8 {
    switch format.type {
    case .ascii: 0x20
    case .ebcdic: 0x40
    case .image: 0
    }
  }

  /// Writes strings as long as a whole one has room.
  ///
  /// - Parameter endsRecord: the last string is announced as the last of its record. Without a byte left that is an empty run.
  /// - Returns: the bytes read and written, and whether all is written, the end of the record with it.
  static func write(
    _ input: UnsafeRawBufferPointer, endsRecord: Bool, filler: UInt8, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int, isDone: Bool) {
    var (consumed, produced) = (0, 0)
    guard let target = output.baseAddress else { return (0, 0, false) }
    var nextRun = run(in: input, from: 0)
    while consumed < input.count || (endsRecord && input.isEmpty) {
      guard output.count &- produced >= stringRoom else { return (consumed, produced, false) }
      if nextRun.end <= consumed, consumed > 0 { nextRun = run(in: input, from: consumed) }
      let isRun = consumed >= nextRun.start
      let end = isRun ? min(nextRun.end, consumed &+ runLimit) : min(nextRun.start, consumed &+ stringLimit)
      if endsRecord, end == input.count {
        produced &+= escape(BlockDescriptor.endOfRecord, to: target + produced)
      }
      if isRun {
        produced &+= write(run: end &- consumed, at: consumed, of: input, filler: filler, to: target + produced)
      } else {
        target.storeBytes(of: UInt8(truncatingIfNeeded: end &- consumed), toByteOffset: produced, as: UInt8.self)
        UnsafeMutableRawBufferPointer(rebasing: output[(produced &+ 1)...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[consumed..<end]))
        produced &+= 1 &+ end &- consumed
      }
      consumed = end
      if input.isEmpty { break }
    }
    return (consumed, produced, true)
  }

  /// Writes the escape byte and a descriptor.
  @discardableResult static func escape(_ descriptor: UInt8, to target: UnsafeMutableRawPointer) -> Int {
    target.storeBytes(of: 0, as: UInt8.self)
    target.storeBytes(of: descriptor, toByteOffset: 1, as: UInt8.self)
    return 2
  }

  private static func write(
    run count: Int, at offset: Int, of input: UnsafeRawBufferPointer, filler: UInt8, to target: UnsafeMutableRawPointer
  ) -> Int {
    let length = UInt8(truncatingIfNeeded: count)
    // An empty run is one of filler bytes.
    guard count > 0, input[offset] != filler else {
      target.storeBytes(of: 0xC0 | length, as: UInt8.self)
      return 1
    }
    target.storeBytes(of: 0x80 | length, as: UInt8.self)
    target.storeBytes(of: input[offset], toByteOffset: 1, as: UInt8.self)
    return 2
  }

  /// The next three or more equal bytes, at the end of the input if there are none.
  private static func run(in input: UnsafeRawBufferPointer, from start: Int) -> (start: Int, end: Int) {
    guard let base = input.baseAddress else { return (0, 0) }
    let count = input.count
    var offset = start
    // Eight places at a time: a byte is zero where a byte equals the two that follow it.
    while count &- offset >= 10 {
      let word = ByteScan.word(base, offset)
      let differences = (word ^ ByteScan.word(base, offset &+ 1)) | (word ^ ByteScan.word(base, offset &+ 2))
      let found = ByteScan.matches(differences, 0)
      if found != 0 {
        offset &+= found.trailingZeroBitCount &>> 3
        return (offset, ByteScan.endOfRun(in: input, from: offset))
      }
      offset &+= 8
    }
    while count &- offset >= 3 {
      let byte = input[offset]
      if byte == input[offset &+ 1], byte == input[offset &+ 2] {
        return (offset, ByteScan.endOfRun(in: input, from: offset))
      }
      offset &+= 1
    }
    return (count, count)
  }
}
