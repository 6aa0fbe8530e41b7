// Mode B, inward: blocks are taken apart.

/// Reads blocks: a descriptor, a count of two bytes, and as many bytes (RFC 959 §3.4.2).
struct BlockReader: Sendable {
  private var header: UInt32 = 0
  /// The bytes of a header that are there.
  private var headerCount = 0
  /// The bytes of the block still to come.
  private var left = 0
  /// What is still to be told about the block in hand.
  private var pending: UInt8 = 0
  private var marker = MarkerText()

  /// Whether there is something to tell without any more input.
  var isPending: Bool { left == 0 && pending != 0 }

  mutating func next(
    _ input: UnsafeRawBufferPointer, at cursor: inout Int, offset: UInt64
  ) throws(CodingError) -> WireToken {
    while true {
      if let token = try tokenOfBlock(input, at: &cursor, offset: offset) { return token }
      guard cursor < input.count else { return .nothing }
      header = header << 8 | UInt32(input[cursor])
      cursor &+= 1
      headerCount &+= 1
      if headerCount == 1, header & UInt32(BlockDescriptor.unknown) != 0 {
        throw .unknownDescriptor(UInt8(truncatingIfNeeded: header), at: offset &+ UInt64(cursor) &- 1)
      }
      if headerCount == BlockDescriptor.headerSize {
        left = Int(header & 0xFFFF)
        pending = UInt8(truncatingIfNeeded: header >> 16)
        (header, headerCount) = (0, 0)
        let isMarker = pending & BlockDescriptor.marker != 0
        if isMarker, !(1...BlockDescriptor.markerLimit ~= left) {
          throw .malformedMarker(at: offset &+ UInt64(cursor))
        }
      }
    }
  }

  mutating func take(_ count: Int) { left &-= count }

  /// What the block in hand has still to tell; nil if a header comes next, or the input is over.
  private mutating func tokenOfBlock(
    _ input: UnsafeRawBufferPointer, at cursor: inout Int, offset: UInt64
  ) throws(CodingError) -> WireToken? {
    if told(BlockDescriptor.suspectData) { return .suspectData }
    if pending & BlockDescriptor.marker != 0 {
      while left > 0 {
        guard cursor < input.count else { return .nothing }
        guard marker.append(input[cursor]) else { throw .malformedMarker(at: offset &+ UInt64(cursor)) }
        cursor &+= 1
        left &-= 1
      }
      // The place that the marker marks is behind a record that ends with it.
      if told(BlockDescriptor.endOfRecord) { return .endOfRecord }
      _ = told(BlockDescriptor.marker)
      return marker.take().map { .marker($0) }
    }
    if left > 0 { return cursor < input.count ? .content(min(left, input.count &- cursor)) : .nothing }
    if told(BlockDescriptor.endOfRecord) { return .endOfRecord }
    if told(BlockDescriptor.endOfFile) { return .endOfFile }
    return nil
  }

  /// Whether a bit is set; it is cleared.
  private mutating func told(_ bit: UInt8) -> Bool {
    defer { pending &= ~bit }
    return pending & bit != 0
  }
}
