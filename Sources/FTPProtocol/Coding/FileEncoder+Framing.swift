// Outward, second half: the mode. Content becomes blocks, strings or escaped bytes, with restart markers between.

extension FileEncoder {
  /// Encodes as much as there is and has room, of which ``Spill/room`` bytes are needed.
  mutating func frame(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    switch framing {
    case .plain: return try plain(input, into: output)
    case .blocks: return try blocks(input, into: output)
    case .escaped, .strings: return try throughScratch(input, into: output)
    }
  }

  private mutating func plain(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    var (consumed, produced) = (0, 0)
    while consumed < input.count {
      let step = try content.transform(
        UnsafeRawBufferPointer(rebasing: input[consumed...]),
        into: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
      consumed &+= step.consumed
      produced &+= step.produced
      if step.consumed == 0, step.produced == 0 { break }
    }
    return CodingStep(consumed: consumed, produced: produced)
  }

  /// Mode B: content goes straight behind a place left for the block's header.
  private mutating func blocks(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    var (consumed, produced) = (0, 0)
    guard let target = output.baseAddress else { return CodingStep(consumed: 0, produced: 0) }
    while true {
      if isMarkerDue {
        guard output.count &- produced >= BlockDescriptor.headerSize &+ RestartPoint.textLimit else { break }
        let text = restartPoint.text
        produced &+= BlockDescriptor.writeHeader(BlockDescriptor.marker, count: text.count, to: target + produced)
        produced &+= write(text, to: target + produced)
      }
      let room = min(output.count &- produced &- BlockDescriptor.headerSize, BlockDescriptor.countLimit)
      guard consumed < input.count, room >= 32 else { break }
      let body = produced &+ BlockDescriptor.headerSize
      let step = try content.transform(
        piece(of: input, from: consumed), into: UnsafeMutableRawBufferPointer(start: target + body, count: room))
      consumed &+= step.consumed
      let isRecordEnd = step.end == .record
      if step.produced > 0 || isRecordEnd {
        let descriptor = isRecordEnd ? BlockDescriptor.endOfRecord : 0
        BlockDescriptor.writeHeader(descriptor, count: step.produced, to: target + produced)
        produced = body &+ step.produced
      } else if step.consumed == 0 {
        break
      }
    }
    return CodingStep(consumed: consumed, produced: produced)
  }

  /// Mode C, and records in mode S: content is looked at once more on its way.
  private mutating func throughScratch(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    var (consumed, produced) = (0, 0)
    while true {
      produced &+= drainScratch(into: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
      guard scratch.isEmpty else { break }
      if isMarkerDue {
        guard output.count &- produced >= 3 &+ RestartPoint.textLimit, let base = output.baseAddress else { break }
        let text = restartPoint.text
        let target = base + produced
        Compressor.escape(BlockDescriptor.marker, to: target)
        target.storeBytes(of: UInt8(truncatingIfNeeded: text.count), toByteOffset: 2, as: UInt8.self)
        produced &+= 3 &+ write(text, to: target + 3)
      }
      guard consumed < input.count else { break }
      let before = consumed
      consumed &+= try fillScratch(piece(of: input, from: consumed))
      if consumed == before, scratch.isEmpty { break }
    }
    return CodingStep(consumed: consumed, produced: produced)
  }

  private mutating func fillScratch(_ input: UnsafeRawBufferPointer) throws(CodingError) -> Int {
    var memory = scratch.take()
    var step: (consumed: Int, produced: Int, end: ContentEncoder.End) = (0, 0, .nothing)
    defer { scratch.put(&memory, count: step.produced, endsRecord: step.end == .record) }
    step = try memory.withUnsafeMutableBufferPointer { (memory) throws(CodingError) in
      try content.transform(input, into: UnsafeMutableRawBufferPointer(memory))
    }
    return step.consumed
  }

  mutating func drainScratch(into output: UnsafeMutableRawBufferPointer) -> Int {
    guard !scratch.isEmpty else { return 0 }
    if case .strings(let filler) = framing {
      return scratch.drain { Compressor.write($0, endsRecord: $1, filler: filler, into: output) }
    }
    return scratch.drain { RecordEscape.write($0, endsRecord: $1, into: output) }
  }

  /// The input from an offset on, up to where a marker is due if one may stand anywhere.
  private func piece(of input: UnsafeRawBufferPointer, from offset: Int) -> UnsafeRawBufferPointer {
    let rest = UnsafeRawBufferPointer(rebasing: input[offset...])
    guard content.takesMarker, nextMarker > content.fileOffset else { return rest }
    let distance = nextMarker &- content.fileOffset
    return distance < UInt64(rest.count) ? UnsafeRawBufferPointer(rebasing: rest[..<Int(distance)]) : rest
  }

  private var isMarkerDue: Bool { content.fileOffset >= nextMarker && content.takesMarker }

  /// Writes a marker's text and plans the next marker.
  private mutating func write(_ text: [UInt8], to target: UnsafeMutableRawPointer) -> Int {
    UnsafeMutableRawBufferPointer(start: target, count: text.count).copyBytes(from: text)
    planMarker()
    return text.count
  }
}

/// Structure R in mode S: 255 and a code end a record, 255 twice is one of data (RFC 959 §3.4.1).
enum RecordEscape {
  static let byte: UInt8 = 0xFF
  static let endOfRecord: UInt8 = 1
  static let endOfFile: UInt8 = 2
  static let endOfRecordAndFile: UInt8 = 3

  /// Writes bytes with every 255 doubled, and the end of the record behind them.
  static func write(
    _ input: UnsafeRawBufferPointer, endsRecord: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int, isDone: Bool) {
    var (consumed, produced) = (0, 0)
    guard let source = input.baseAddress, let target = output.baseAddress else { return (0, 0, false) }
    while consumed < input.count {
      let room = min(input.count &- consumed, output.count &- produced)
      let run = ByteScan.copy(from: source + consumed, to: target + produced, count: room, upTo: byte)
      consumed &+= run
      produced &+= run
      guard consumed < input.count else { break }
      guard output.count &- produced >= 2 else { return (consumed, produced, false) }
      if run < room {
        target.storeBytes(of: 0xFFFF, toByteOffset: produced, as: UInt16.self)
        consumed &+= 1
        produced &+= 2
      }
    }
    guard endsRecord else { return (consumed, produced, true) }
    guard output.count &- produced >= 2 else { return (consumed, produced, false) }
    target.storeBytes(of: byte, toByteOffset: produced, as: UInt8.self)
    target.storeBytes(of: endOfRecord, toByteOffset: produced &+ 1, as: UInt8.self)
    return (consumed, produced &+ 2, true)
  }
}
