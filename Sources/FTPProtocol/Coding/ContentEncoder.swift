// Outward, first half: type and structure. The file's bytes become those that a mode will carry, with the ends of records between.

/// Reads a file as its structure says and maps its bytes as its type says.
struct ContentEncoder: Sendable {
  /// What ends behind the bytes of one step.
  enum End { case nothing, record, page }

  private enum Layout: Sendable {
    /// Structure F in type A: line ends are converted.
    case text(ASCIIEncoder)
    /// Structure F in types E and I: one byte for each.
    case bytes
    /// Structure R: an LF ends a record and is not part of it.
    case lines
    /// Structure R: a record descriptor word stands before each record.
    case prefixed(PrefixReader)
    /// Structure P: so many bytes of the mark are still to come before the first page.
    case pages(markLeft: Int, PageParser)
  }

  private var layout: Layout
  private let map: CharacterMap
  private var position: RestartPoint
  /// Whether the last byte so far ended a record or a page, or there was none.
  private var isAtBoundary = true

  init(_ format: TransferFormat, from restart: RestartPoint) {
    map = CharacterMap.outward(format)
    position = restart
    switch (format.structure, format.type) {
    case (.file, .ascii): layout = .text(ASCIIEncoder(endedInCR: restart.endsInCR))
    case (.file, _): layout = .bytes
    case (.record, _): layout = format.records == .lines ? .lines : .prefixed(PrefixReader())
    case (.page, _):
      let markLeft = restart.fileOffset == 0 ? PageParser.mark.count : 0
      layout = .pages(markLeft: markLeft, PageParser(map, from: restart))
    }
    position.shape = RestartPoint.Shape(format)
  }

  /// The bytes of the file before the next one.
  var fileOffset: UInt64 { position.fileOffset }

  /// Whether a restart marker may stand here.
  var takesMarker: Bool {
    switch layout {
    case .text, .bytes: true
    case .lines, .prefixed, .pages: isAtBoundary
    }
  }

  var restartPoint: RestartPoint {
    var point = position
    switch layout {
    case .text(let encoder): point.endsInCR = encoder.endedInCR
    case .pages(_, let parser): parser.describe(in: &point)
    case .bytes, .lines, .prefixed: break
    }
    return point
  }

  /// Converts up to the end of a record or page, of the input or of the room, of which at least four bytes are needed.
  mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (consumed: Int, produced: Int, end: End) {
    let step: (consumed: Int, produced: Int, end: End)
    switch layout {
    case .text(var encoder):
      let (consumed, produced) = encoder.transform(input, into: output)
      layout = .text(encoder)
      step = (consumed, produced, .nothing)
    case .bytes:
      let count = map.copy(input, to: output)
      step = (count, count, .nothing)
    case .lines: step = line(input, output)
    case .prefixed(var reader):
      step = try reader.transform(input, into: output, map: map, at: position.fileOffset)
      layout = .prefixed(reader)
    case .pages(let markLeft, var parser):
      if markLeft > 0 { return try mark(input, markLeft, parser) }
      step = try page(input, output, &parser)
      layout = .pages(markLeft: 0, parser)
    }
    position.fileOffset &+= UInt64(step.consumed)
    if step.consumed > 0 { isAtBoundary = step.end != .nothing }
    return step
  }

  /// Tells that the file is over.
  func finish() throws(CodingError) {
    switch layout {
    case .text, .bytes, .lines: break
    case .prefixed(let reader): if !reader.isBetweenRecords { throw .recordCutShort(at: fileOffset) }
    case .pages(let markLeft, let parser):
      if markLeft > 0 { throw .notPageFile }
      if !parser.isEnded { throw .pageFileCutShort(at: fileOffset) }
    }
  }

  private func line(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int, end: End) {
    guard let source = input.baseAddress, let target = output.baseAddress else { return (0, 0, .nothing) }
    let room = min(input.count, output.count)
    let count: Int
    if map.isIdentity {
      count = ByteScan.copy(from: source, to: target, count: room, upTo: 0x0A)
    } else {
      count = ByteScan.first(0x0A, in: UnsafeRawBufferPointer(start: source, count: room)) ?? room
      map.copy(from: source, to: target, count: count)
    }
    let isEnd = count < input.count && source.load(fromByteOffset: count, as: UInt8.self) == 0x0A
    return (isEnd ? count &+ 1 : count, count, isEnd ? .record : .nothing)
  }

  private mutating func mark(
    _ input: UnsafeRawBufferPointer, _ left: Int, _ parser: PageParser
  ) throws(CodingError) -> (consumed: Int, produced: Int, end: End) {
    let expected = PageParser.mark.suffix(left)
    let count = min(left, input.count)
    guard input.prefix(count).elementsEqual(expected.prefix(count)) else { throw .notPageFile }
    layout = .pages(markLeft: left &- count, parser)
    position.fileOffset &+= UInt64(count)
    isAtBoundary = left == count
    return (count, 0, .nothing)
  }

  private func page(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ parser: inout PageParser
  ) throws(CodingError) -> (consumed: Int, produced: Int, end: End) {
    do {
      let (consumed, produced) = try parser.transform(input, into: output)
      return (consumed, produced, parser.isBetweenPages ? .page : .nothing)
    } catch {
      throw .storedPage(at: fileOffset &+ UInt64(parser.faultOffset))
    }
  }
}

/// Reads a file of prefixed records.
struct PrefixReader: Sendable {
  private var word: UInt32 = 0
  /// The bytes of a record descriptor word that are there.
  private var wordCount = 0
  private var left = 0
  /// Whether the part in hand ends its record.
  private var isLastPart = true
  /// Whether some parts of a record have come and its last has not.
  private var isWithinRecord = false

  var isBetweenRecords: Bool { wordCount == 0 && left == 0 && !isWithinRecord }

  mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, map: CharacterMap, at offset: UInt64
  ) throws(CodingError) -> (consumed: Int, produced: Int, end: ContentEncoder.End) {
    var (consumed, produced) = (0, 0)
    while consumed < input.count {
      if left > 0 {
        let piece = UnsafeRawBufferPointer(rebasing: input[consumed...].prefix(left))
        let count = map.copy(piece, to: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
        consumed &+= count
        produced &+= count
        left &-= count
        if left > 0 { return (consumed, produced, .nothing) }
      } else {
        word = word << 8 | UInt32(input[consumed])
        consumed &+= 1
        wordCount &+= 1
        guard wordCount == RecordPrefix.size else { continue }
        wordCount = 0
        guard begin() else { throw .recordPrefix(at: offset &+ UInt64(consumed) &- UInt64(RecordPrefix.size)) }
      }
      if left == 0, isLastPart { return (consumed, produced, .record) }
    }
    return (consumed, produced, .nothing)
  }

  /// Takes up the part that the word announces.
  ///
  /// - Returns: whether the word is one and fits what came before it.
  private mutating func begin() -> Bool {
    guard let prefix = RecordPrefix(word) else { return false }
    switch prefix.part {
    case .whole, .first: guard !isWithinRecord else { return false }
    case .last, .middle: guard isWithinRecord else { return false }
    }
    left = prefix.count
    isLastPart = prefix.part == .whole || prefix.part == .last
    isWithinRecord = !isLastPart
    return true
  }
}
