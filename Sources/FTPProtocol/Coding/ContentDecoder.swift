// Inward, second half: type and structure. What a mode carried becomes the bytes of the file.

/// Maps bytes back as their type says and stores them as their structure says.
struct ContentDecoder: Sendable {
  private enum Layout: Sendable {
    /// Structure F in type A: line ends are converted.
    case text(ASCIIDecoder)
    /// Structure F in types E and I: one byte for each. In type E the end of a record is the end of a line.
    case bytes(isText: Bool)
    /// Structure R: an LF goes behind every record.
    case lines
    /// Structure R: a record descriptor word goes before each record.
    case prefixed
    /// Structure P: so many bytes of the mark are still to be written before the first page.
    case pages(markLeft: Int, PageParser)
  }

  private var layout: Layout
  /// Gathers prefixed records. It stands outside of the layout so that its buffer is changed in place.
  private var writer: PrefixWriter?
  private let map: CharacterMap
  /// The character of the wire that is the file's LF.
  private let lineEnd: UInt8
  private var position: RestartPoint

  init(_ format: TransferFormat, from restart: RestartPoint) {
    map = CharacterMap.inward(format)
    lineEnd = CharacterMap.outward(format)[0x0A]
    position = restart
    switch (format.structure, format.type) {
    case (.file, .ascii): layout = .text(ASCIIDecoder(holdsCR: restart.endsInCR))
    case (.file, _): layout = .bytes(isText: format.type.isText)
    case (.record, _):
      layout = format.records == .lines ? .lines : .prefixed
      if format.records == .prefixed { writer = PrefixWriter(isSegmented: restart.isInSegmentedRecord) }
    case (.page, _):
      let markLeft = restart.fileOffset == 0 ? PageParser.mark.count : 0
      layout = .pages(markLeft: markLeft, PageParser(map, from: restart))
    }
    position.shape = RestartPoint.Shape(format)
  }

  /// Whether nothing may follow: the last page is there.
  var isComplete: Bool { if case .pages(_, let parser) = layout { parser.isEnded } else { false } }

  var restartPoint: RestartPoint {
    var point = position
    switch layout {
    case .text(let decoder): point.endsInCR = decoder.holdsCR
    case .prefixed: point.isInSegmentedRecord = writer?.isSegmented ?? false
    case .pages(_, let parser): parser.describe(in: &point)
    case .bytes, .lines: break
    }
    return point
  }

  /// Converts as much as has room, of which at least eight bytes are needed.
  ///
  /// - Parameter offset: where the input stands on the data connection.
  mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(CodingError) -> (consumed: Int, produced: Int) {
    let step: (consumed: Int, produced: Int)
    switch layout {
    case .text(var decoder):
      step = decoder.transform(input, into: output)
      layout = .text(decoder)
    case .bytes:
      let count = map.copy(input, to: output)
      step = (count, count)
    case .lines: step = try line(input, output, offset)
    case .prefixed: step = writer?.transform(input, into: output, map: map) ?? (0, 0)
    case .pages(let markLeft, var parser):
      if markLeft > 0 { return (0, mark(output, parser)) }
      do { step = try parser.transform(input, into: output) } catch {
        throw CodingError(error, at: offset &+ UInt64(parser.faultOffset))
      }
      layout = .pages(markLeft: 0, parser)
    }
    position.fileOffset &+= UInt64(step.produced)
    return step
  }

  /// Ends a record; to be called until done.
  mutating func endRecord(into output: UnsafeMutableRawBufferPointer) -> (produced: Int, isDone: Bool) {
    switch layout {
    case .bytes(isText: false), .pages: return (0, true)
    case .bytes, .lines, .text:
      // Without record structure a record's end is still the end of a line of text.
      let held = heldCR(into: output)
      guard output.count > held else { return (held, false) }
      output[held] = 0x0A
      position.fileOffset &+= 1
      return (held &+ 1, true)
    case .prefixed: return writePart(into: output, .record)
    }
  }

  /// Writes what is held back, so that a restart point needs nothing but ``restartPoint``; to be called until done.
  mutating func settle(
    into output: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    switch layout {
    case .text, .bytes, .lines: return (0, true)
    case .prefixed: return writePart(into: output, .part)
    case .pages(_, let parser):
      if parser.isInHeader { throw .markerInPageHeader(at: offset) }
      return (0, true)
    }
  }

  /// Ends the file; to be called until done.
  mutating func endFile(
    into output: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    switch layout {
    case .bytes, .lines: return (0, true)
    case .text(let decoder):
      if decoder.holdsCR, output.isEmpty { return (0, false) }
      return (heldCR(into: output), true)
    // A record that nothing ended ends with its file.
    case .prefixed: return writePart(into: output, .file)
    case .pages(_, let parser):
      if !parser.isEnded { throw .noLastPage(at: offset) }
      return (0, true)
    }
  }

  private mutating func heldCR(into output: UnsafeMutableRawBufferPointer) -> Int {
    guard case .text(var decoder) = layout else { return 0 }
    let count = decoder.finish(into: output)
    layout = .text(decoder)
    position.fileOffset &+= UInt64(count)
    return count
  }

  private mutating func writePart(
    into output: UnsafeMutableRawBufferPointer, _ end: PrefixWriter.End
  ) -> (produced: Int, isDone: Bool) {
    let count = writer?.write(into: output, ending: end) ?? 0
    position.fileOffset &+= UInt64(count)
    return (count, writer?.isDraining != true)
  }

  private mutating func mark(_ output: UnsafeMutableRawBufferPointer, _ parser: PageParser) -> Int {
    guard output.count >= PageParser.mark.count else { return 0 }
    output.copyBytes(from: PageParser.mark)
    layout = .pages(markLeft: 0, parser)
    position.fileOffset &+= UInt64(PageParser.mark.count)
    return PageParser.mark.count
  }

  private func line(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ offset: UInt64
  ) throws(CodingError) -> (consumed: Int, produced: Int) {
    let room = min(input.count, output.count)
    guard room > 0, let source = input.baseAddress, let target = output.baseAddress else { return (0, 0) }
    let count: Int
    if map.isIdentity {
      count = ByteScan.copy(from: source, to: target, count: room, upTo: lineEnd)
    } else {
      count = ByteScan.first(lineEnd, in: UnsafeRawBufferPointer(start: source, count: room)) ?? room
      map.copy(from: source, to: target, count: count)
    }
    if count < room { throw .lineFeedInRecord(at: offset &+ UInt64(count)) }
    return (count, count)
  }
}
