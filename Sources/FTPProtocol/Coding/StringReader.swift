// Mode C, inward: strings, runs and escapes are taken apart.

/// Reads strings of regular data, runs, and escapes (RFC 959 §3.4.3).
///
/// An escape is about the string behind it: that string is the last of its record or file, or it is a restart marker.
struct StringReader: Sendable {
  /// The byte whose runs have no second byte.
  private let filler: UInt8
  /// The bytes of regular data still to come.
  private var left = 0
  /// The length of a run whose byte is still to come.
  private var runLength: Int?
  private var isEscaped = false
  /// What the escapes said about the string in hand or, before it, about the next.
  private var pending: UInt8 = 0
  /// Whether the string in hand has begun: once its bytes are through, what is pending is told.
  private var isInString = false
  private var marker = MarkerText()

  init(filler: UInt8) { self.filler = filler }

  /// Whether the input may be over here: an end of file was announced and no string came behind it.
  var mayEnd: Bool { !isInString && !isEscaped && runLength == nil && pending & BlockDescriptor.endOfFile != 0 }

  /// Whether there is something to tell without any more input.
  var isPending: Bool { isInString && left == 0 && runLength == nil && pending != 0 }

  mutating func next(
    _ input: UnsafeRawBufferPointer, at cursor: inout Int, offset: UInt64
  ) throws(CodingError) -> WireToken {
    while true {
      if told(BlockDescriptor.suspectData, if: isInString) { return .suspectData }
      if left > 0 {
        guard cursor < input.count else { return .nothing }
        let count = min(left, input.count &- cursor)
        if pending & BlockDescriptor.marker == 0 { return .content(count) }
        guard marker.append(input[cursor]) else { throw malformedMarker(offset, cursor) }
        cursor &+= 1
        left &-= 1
        continue
      }
      if isInString, runLength == nil {
        if let token = try endOfString(offset, cursor) { return token }
      }
      guard cursor < input.count else { return .nothing }
      let byte = input[cursor]
      cursor &+= 1
      if let count = runLength {
        runLength = nil
        if let token = try run(byte, count, offset, cursor) { return token }
      } else if isEscaped {
        isEscaped = false
        if byte & BlockDescriptor.unknown != 0 { throw .unknownDescriptor(byte, at: offset &+ UInt64(cursor) &- 1) }
        pending |= byte
      } else if byte == 0 {
        isEscaped = true
      } else {
        isInString = true
        switch byte >> 6 {
        case 0, 1: left = Int(byte)
        case 2: runLength = Int(byte & 0x3F)
        default: if let token = try run(filler, Int(byte & 0x3F), offset, cursor) { return token }
        }
      }
    }
  }

  mutating func take(_ count: Int) { left &-= count }

  /// A run of data, or one of a marker's bytes.
  private mutating func run(
    _ byte: UInt8, _ count: Int, _ offset: UInt64, _ cursor: Int
  ) throws(CodingError) -> WireToken? {
    if pending & BlockDescriptor.marker != 0 {
      for _ in 0..<count {
        guard marker.append(byte) else { throw malformedMarker(offset, cursor) }
      }
      return nil
    }
    return count > 0 ? .run(byte, count) : nil
  }

  /// What is to be told behind a string; nil when all of it was.
  private mutating func endOfString(_ offset: UInt64, _ cursor: Int) throws(CodingError) -> WireToken? {
    if told(BlockDescriptor.endOfRecord, if: true) { return .endOfRecord }
    if told(BlockDescriptor.marker, if: true) {
      guard let text = marker.take() else { throw malformedMarker(offset, cursor) }
      return .marker(text)
    }
    isInString = false
    return told(BlockDescriptor.endOfFile, if: true) ? .endOfFile : nil
  }

  private func malformedMarker(_ offset: UInt64, _ cursor: Int) -> CodingError {
    .malformedMarker(at: offset &+ UInt64(cursor))
  }

  /// Whether a bit is set; it is cleared.
  private mutating func told(_ bit: UInt8, if condition: Bool) -> Bool {
    guard condition, pending & bit != 0 else { return false }
    pending &= ~bit
    return true
  }
}
