// Inward, first half: the mode. Blocks, strings and escapes are taken apart into content and what stands between.

/// What comes next on the data connection.
enum WireToken: Sendable {
  /// Nothing until there is more input.
  case nothing
  /// So many of the bytes that follow are content. They are not consumed yet.
  case content(Int)
  /// One byte of content, so many times.
  case run(UInt8, Int)
  case endOfRecord
  case endOfFile
  case marker([UInt8])
  case suspectData
}

/// Takes the bytes of one mode apart.
struct Deframer: Sendable {
  private enum Framing: Sendable {
    /// As they are: mode S, structures F and P.
    case plain
    case escaped
    case blocks
    case strings
  }

  private let framing: Framing
  // Only one is used. They stand side by side and not in the cases of an enumeration, so that they are changed in place.
  private var escapes = EscapeReader()
  private var blocks = BlockReader()
  private var strings: StringReader

  init(_ format: TransferFormat) {
    switch (format.mode, format.structure) {
    case (.stream, .record), (.deflate, .record): framing = .escaped
    case (.stream, _), (.deflate, _): framing = .plain
    case (.block, _): framing = .blocks
    case (.compressed, _): framing = .strings
    }
    strings = StringReader(filler: Compressor.filler(format))
  }

  /// Whether the bytes are content as they are.
  var isPlain: Bool { if case .plain = framing { true } else { false } }

  /// Whether there is something to tell without any more input.
  var isPending: Bool {
    switch framing {
    case .plain, .escaped: false
    case .blocks: blocks.isPending
    case .strings: strings.isPending
    }
  }

  /// Whether the input may be over here without an end of file having been told.
  var mayEnd: Bool {
    switch framing {
    case .plain: true
    case .escaped, .blocks: false
    case .strings: strings.mayEnd
    }
  }

  /// Reads on from `cursor`, which is moved past all that is not content.
  ///
  /// - Parameter offset: where the input stands on the data connection.
  mutating func next(
    _ input: UnsafeRawBufferPointer, at cursor: inout Int, offset: UInt64
  ) throws(CodingError) -> WireToken {
    switch framing {
    case .plain: return cursor < input.count ? .content(input.count &- cursor) : .nothing
    case .escaped: return try escapes.next(input, at: &cursor, offset: offset)
    case .blocks: return try blocks.next(input, at: &cursor, offset: offset)
    case .strings: return try strings.next(input, at: &cursor, offset: offset)
    }
  }

  /// Tells how many bytes of content were consumed.
  mutating func take(_ count: Int) {
    switch framing {
    case .plain, .escaped: break
    case .blocks: blocks.take(count)
    case .strings: strings.take(count)
    }
  }
}

/// Structure R in mode S (RFC 959 §3.4.1).
struct EscapeReader: Sendable {
  private var isEscaped = false
  /// A record has ended, and the file with it.
  private var endsFile = false

  mutating func next(
    _ input: UnsafeRawBufferPointer, at cursor: inout Int, offset: UInt64
  ) throws(CodingError) -> WireToken {
    if endsFile {
      endsFile = false
      return .endOfFile
    }
    guard cursor < input.count else { return .nothing }
    if !isEscaped {
      let end = ByteScan.first(RecordEscape.byte, in: input, from: cursor) ?? input.count
      if end > cursor { return .content(end &- cursor) }
      isEscaped = true
      cursor &+= 1
      guard cursor < input.count else { return .nothing }
    }
    isEscaped = false
    let code = input[cursor]
    cursor &+= 1
    switch code {
    case RecordEscape.byte: return .run(code, 1)
    case RecordEscape.endOfRecord: return .endOfRecord
    case RecordEscape.endOfFile: return .endOfFile
    case RecordEscape.endOfRecordAndFile:
      endsFile = true
      return .endOfRecord
    default: throw .unknownEscape(code, at: offset &+ UInt64(cursor) &- 1)
    }
  }
}

/// The bytes of a restart marker as they come in.
struct MarkerText: Sendable {
  private var bytes: [UInt8] = []

  /// Adds a byte; false if it cannot be a marker's.
  mutating func append(_ byte: UInt8) -> Bool {
    guard bytes.count < BlockDescriptor.markerLimit, BlockDescriptor.isMarkerByte(byte) else { return false }
    bytes.append(byte)
    return true
  }

  /// The whole marker; nil if it is empty.
  mutating func take() -> [UInt8]? {
    defer { bytes = [] }
    return bytes.isEmpty ? nil : bytes
  }
}
