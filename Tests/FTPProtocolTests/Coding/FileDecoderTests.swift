// Tests of FileDecoder: what peers may send, and malformed bytes of every kind.

import Testing

@testable import FTPProtocol

@Suite struct FileDecoderTests {
  private static func format(
    _ type: RepresentationType, _ structure: FileStructure, _ mode: TransmissionMode, _ records: RecordForm = .lines
  ) -> TransferFormat { TransferFormat(type: type, structure: structure, mode: mode, records: records) }

  private static let ascii = RepresentationType.ascii(.nonPrint)
  private static let ebcdic = RepresentationType.ebcdic(.nonPrint)
  private static let sizes = [1, 2, 3, 7, 160, 5000]

  private static func cut(_ most: Int) -> Cutting { Cutting(seed: 4, pieces: 1...most, rooms: 1...most) }

  @Test(arguments: [
    (format(ascii, .file, .stream), bytes("a\r\nb\rc\n\r"), bytes("a\nb\rc\n\r")),
    // The end of the last record and of the file in one escape.
    (format(.image, .record, .stream), bytes("a") + [0xFF, 0x03], bytes("a\n")),
    (format(.image, .record, .stream), bytes("a") + [0xFF, 0x02], bytes("a")),
    (format(.image, .record, .stream, .prefixed), bytes("a") + [0xFF, 0x02], [0, 5, 0, 0, 0x61]),
    (format(.image, .record, .stream, .prefixed), [0xFF, 0x01, 0xFF, 0x02], [0, 4, 0, 0]),
    (format(.image, .record, .stream, .prefixed), [0xFF, 0x02], []),
    // A record over two blocks, its end and the file's in one descriptor.
    (format(.image, .record, .block), [0, 0, 1, 0x61, 0xC0, 0, 1, 0x62], bytes("ab\n")),
    (format(.image, .file, .block), [0, 0, 0, 0, 0, 0, 0x40, 0, 2, 7, 8], [7, 8]),
    // CR and LF in two blocks with a marker between.
    (format(ascii, .file, .block), [0, 0, 1, 0x0D, 0x10, 0, 1, 0x6D, 0x40, 0, 1, 0x0A], bytes("\n")),
    // Records without record structure, as z/OS sends them: lines of text, or bytes.
    (format(ebcdic, .file, .block), [0x80, 0, 1, 0xC1, 0xC0, 0, 1, 0xC2], bytes("A\nB\n")),
    (format(ascii, .file, .block), [0x80, 0, 1, 0x0D, 0x40, 0, 0], bytes("\r\n")),
    (format(.image, .file, .block), [0x80, 0, 1, 0xC1, 0xC0, 0, 1, 0xC2], [0xC1, 0xC2]),
    // A marker in the middle of a prefixed record closes a part there.
    (
      format(.image, .record, .block, .prefixed), [0, 0, 1, 1, 0x10, 0, 1, 0x6D, 0x80, 0, 1, 2, 0x40, 0, 0],
      [0, 5, 1, 0, 1, 0, 5, 2, 0, 2]
    ),
    (
      format(.image, .record, .block, .prefixed), [0, 0, 1, 1, 0x10, 0, 1, 0x6D, 0x40, 0, 0],
      [0, 5, 1, 0, 1, 0, 4, 2, 0]
    ),
    (
      format(.image, .file, .compressed), [2, 1, 2, 0x83, 7, 0xC2, 0x80, 9, 0x00, 0x40, 1, 3], [1, 2, 7, 7, 7, 0, 0, 3]
    ),
    (format(ascii, .file, .compressed), [0xC3, 0x82, 0x0D, 1, 0x0A, 0x00, 0x40, 0xC0], bytes("   \r\n")),
    (format(.image, .record, .compressed), [0x00, 0x80, 1, 0x61, 0x00, 0xC0, 0x82, 0x62], bytes("a\nbb\n")),
    (format(.image, .record, .compressed), [0x00, 0x80, 0x00, 0x40, 1, 0x61], bytes("a\n")),
    // Closed right behind the escape.
    (format(.image, .file, .compressed), [1, 5, 0x00, 0x40], [5]),
  ])
  func decodes(format: TransferFormat, wire: [UInt8], file: [UInt8]) {
    for most in Self.sizes {
      let decoded = CodingDriver.decode(wire, format, cut: Self.cut(most))
      #expect(decoded.bytes == file && decoded.error == nil && decoded.misbehaviour == nil, "\(format.name) \(most)")
    }
  }

  private static let mark: [UInt8] = [0x10, 0, 2, 0x6D, 0x31]

  @Test(arguments: [
    // Escapes.
    (format(.image, .record, .stream), [0x61, 0xFF, 0x00], CodingError.unknownEscape(0, at: 2)),
    (format(.image, .record, .stream), [0xFF, 0x04], .unknownEscape(4, at: 1)),
    (format(.image, .record, .stream), [0x61, 0xFF], .endedEarly(at: 2)),
    (format(.image, .record, .stream), [], .endedEarly(at: 0)),
    // Descriptors and counts.
    (format(.image, .file, .block), [0x01, 0, 0], .unknownDescriptor(1, at: 0)),
    (format(.image, .file, .block), [0, 0, 1, 9, 0x48, 0, 0], .unknownDescriptor(0x48, at: 4)),
    (format(.image, .file, .block), [0, 0xFF, 0xFF, 1], .endedEarly(at: 4)),
    (format(.image, .file, .block), [0x40, 0], .endedEarly(at: 2)),
    (format(.image, .file, .block), [0x40, 0, 5, 1], .endedEarly(at: 4)),
    (format(.image, .file, .block), [], .endedEarly(at: 0)),
    (format(.image, .file, .compressed), [0x00, 0x02], .unknownDescriptor(2, at: 1)),
    (format(.image, .file, .compressed), [0x00], .endedEarly(at: 1)),
    (format(.image, .file, .compressed), [0x83], .endedEarly(at: 1)),
    (format(.image, .file, .compressed), [0x7F, 1], .endedEarly(at: 2)),
    (format(.image, .file, .compressed), [1, 2, 0x00, 0x40, 0x00], .endedEarly(at: 5)),
    (format(.image, .file, .compressed), [1, 2, 0x00, 0x40, 3, 1], .endedEarly(at: 6)),
    // Markers.
    (format(.image, .file, .block), [0x10, 0, 0], .malformedMarker(at: 3)),
    (format(.image, .file, .block), [0x10, 1, 0], .malformedMarker(at: 3)),
    (format(.image, .file, .block), [0x10, 0, 3, 0x61, 0x20, 0x62], .malformedMarker(at: 4)),
    (format(.image, .file, .block), [0x10, 0, 1, 0x80], .malformedMarker(at: 3)),
    (format(.image, .file, .block), mark, .endedEarly(at: 5)),
    (format(ascii, .file, .compressed), [0x00, 0x10, 0xC1], .malformedMarker(at: 3)),
    (format(.image, .file, .compressed), [0x00, 0x10, 0x80, 0x61], .malformedMarker(at: 4)),
    (format(.image, .page, .block), [0, 0, 2, 4, 0] + mark, .markerInPageHeader(at: 10)),
    (format(.image, .page, .block), [0, 0, 4, 5, 0, 1, 3] + mark, .markerInPageHeader(at: 12)),
    // Lines.
    (format(.image, .record, .stream), [0x61, 0x0A], .lineFeedInRecord(at: 1)),
    (format(ebcdic, .record, .block), [0x80, 0, 2, 0xC1, 0x15], .lineFeedInRecord(at: 4)),
    (format(.image, .record, .compressed), [0x83, 0x0A], .lineFeedInRecord(at: 2)),
    // Pages.
    (format(.image, .page, .stream), [0, 0, 0, 0], .pageHeaderLength(0, at: 3)),
    (format(.image, .page, .stream), [3, 0, 0, 1], .pageHeaderLength(3, at: 3)),
    (format(.image, .page, .stream), [5, 0, 0, 0], .pageHeaderLength(5, at: 3)),
    (format(.image, .page, .stream), [5, 0, 0, 1], .pageHeaderLength(5, at: 3)),
    (format(.image, .page, .stream), [4, 0, 0, 3], .pageHeaderLength(4, at: 3)),
    (format(.image, .page, .stream), [255, 0, 255, 3], .pageHeaderLength(255, at: 3)),
    (format(.image, .page, .stream), [4, 0, 0, 4], .unknownPageType(4, at: 3)),
    (format(.image, .page, .stream), [4, 0, 1, 0], .dataInLastPage(at: 3)),
    (format(.image, .page, .stream), [4, 7, 0, 1, 4, 7, 0, 1], .repeatedPage(7, at: 7)),
    (format(.image, .page, .stream), [4, 7, 0, 1, 5, 7, 0, 3], .repeatedPage(7, at: 7)),
    (format(.image, .page, .stream), [4, 7, 9, 1, 1], .endedEarly(at: 5)),
    (format(.image, .page, .stream), [], .endedEarly(at: 0)),
    (format(.image, .page, .block), [0, 0, 5, 4, 0, 0, 0, 4], .bytesAfterLastPage(at: 7)),
    (format(.image, .page, .block), [0x40, 0, 5, 4, 7, 1, 1, 9], .noLastPage(at: 8)),
    (format(.image, .page, .block), [0x40, 0, 0], .noLastPage(at: 3)),
  ])
  func refuses(format: TransferFormat, wire: [UInt8], error: CodingError) {
    for most in Self.sizes {
      let decoded = CodingDriver.decode(wire, format, cut: Self.cut(most))
      #expect(decoded.error == error && decoded.misbehaviour == nil, "\(format.name) \(most)")
    }
    #expect(!error.isInFile)
    #expect("\(error)".hasSuffix(", at byte \(error.offset) of the data connection"))
  }

  @Test func tellsMarkersAndSuspicions() {
    let wire: [UInt8] = [0, 0, 1, 1, 0x10, 0, 2, 0x6D, 0x31, 0x20, 0, 1, 2, 0xF0, 0, 1, 0x6E]
    for most in Self.sizes {
      let decoded = CodingDriver.decode(wire, Self.format(.image, .record, .block), cut: Self.cut(most))
      #expect(decoded.marks.map(\.text) == [bytes("m1"), bytes("n")])
      #expect(decoded.marks.map(\.produced) == [1, 3], "a record that ends with the marker's block ends before it")
      #expect(decoded.suspects == 2)
      #expect(decoded.bytes == [1, 2, 0x0A] && decoded.end == wire.count)
    }
    let strings: [UInt8] = [0x00, 0x10, 0x82, 0x6D, 0x00, 0x20, 1, 7, 0x00, 0x40, 0xC0]
    let decoded = CodingDriver.decode(strings, Self.format(.image, .file, .compressed))
    #expect(decoded.marks.map(\.text) == [bytes("mm")])
    #expect(decoded.suspects == 1 && decoded.bytes == [7])
  }

  /// Longer than one word can announce: in parts, and one record again on its way out.
  @Test(arguments: [32_751, 32_752, 32_753, 65_504, 65_505, 100_000]) func longRecordsLoseNothing(count: Int) {
    var random = FixedRandom(seed: UInt64(count))
    let record = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    let format = Self.format(.image, .record, .block, .prefixed)
    let stored = SampleFile.prefixed(record) + SampleFile.prefixed([1])
    let wire = CodingDriver.encode(stored, format)
    #expect(CodingDriver.decode(wire.bytes, format).bytes == stored)
    let lines = CodingDriver.decode(wire.bytes, Self.format(.image, .file, .block))
    #expect(lines.bytes == record + [1])
  }

  /// As long as anything is to come, one byte stays unconsumed; a call without input in between changes nothing.
  @Test func theLastByteWaitsForWhatIsToBeTold() throws {
    let format = Self.format(.image, .record, .block, .prefixed)
    let wire: [UInt8] = [0xC0, 0, 3, 7, 8, 9]
    var decoder = FileDecoder(format, from: RestartPoint())
    var (room, out, used): ([UInt8], [UInt8], Int) = ([0, 0], [], 0)
    var event: CodingEvent?
    while event == nil {
      for end in [wire.count, used] {
        let from = used
        let step = try room.withUnsafeMutableBufferPointer { (room) throws(CodingError) in
          try wire.withUnsafeBufferPointer { (wire) throws(CodingError) in
            try decoder.transform(
              UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(wire)[from..<max(from, end)]),
              into: UnsafeMutableRawBufferPointer(room))
          }
        }
        out += room[..<step.produced]
        used += step.consumed
        event = event ?? step.event
        #expect(used < wire.count || event != nil)
      }
    }
    #expect(out == [0, 7, 0, 0, 7, 8, 9] && used == wire.count && event == .endOfFile)
  }

  @Test func afterTheEndNothingIsConsumed() throws {
    var decoder = FileDecoder(Self.format(.image, .file, .block), from: RestartPoint())
    var room = [UInt8](repeating: 0, count: 300)
    let wire: [UInt8] = [0x40, 0, 1, 9, 0x55]
    let steps = try room.withUnsafeMutableBufferPointer { (room) throws(CodingError) in
      try wire.withUnsafeBufferPointer { (wire) throws(CodingError) in
        let room = UnsafeMutableRawBufferPointer(room)
        let first = try decoder.transform(UnsafeRawBufferPointer(wire), into: room)
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(wire)[first.consumed...])
        return [first, try decoder.transform(rest, into: room)]
      }
    }
    #expect(steps[0] == CodingStep(consumed: 4, produced: 1, event: .endOfFile))
    #expect(steps[1] == CodingStep(consumed: 0, produced: 0, event: .endOfFile))
  }
}
