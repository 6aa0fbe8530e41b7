// Tests of FileEncoder: bytes worked out by hand from RFC 959, and what a stored file must not be.

import Testing

@testable import FTPProtocol

@Suite struct FileEncoderTests {
  private static func format(
    _ type: RepresentationType, _ structure: FileStructure, _ mode: TransmissionMode, _ records: RecordForm = .lines
  ) -> TransferFormat { TransferFormat(type: type, structure: structure, mode: mode, records: records) }

  private static let ascii = RepresentationType.ascii(.nonPrint)
  private static let ebcdic = RepresentationType.ebcdic(.nonPrint)
  private static let end: [UInt8] = [0x00, 0x40, 0xC0]

  @Test(arguments: [
    // §3.1.1: type A ends lines in CR LF, type E in NL, type I leaves bytes alone.
    (format(ascii, .file, .stream), bytes("a\nb\r\n"), bytes("a\r\nb\r\n")),
    (format(ebcdic, .file, .stream), bytes("A b\n"), [0xC1, 0x40, 0x82, 0x15]),
    (format(.image, .file, .stream), [0, 10, 255], [0, 10, 255]),
    // §3.4.1: records in stream mode.
    (
      format(.image, .record, .stream), bytes("one\n") + [0xFF, 0x0A],
      bytes("one") + [0xFF, 0x01, 0xFF, 0xFF, 0xFF, 0x01, 0xFF, 0x02]
    ),
    (format(ascii, .record, .stream), bytes("\nopen"), [0xFF, 0x01] + bytes("open") + [0xFF, 0x02]),
    (format(ebcdic, .record, .stream), bytes("A\nB\n"), [0xC1, 0xFF, 0x01, 0xC2, 0xFF, 0x01, 0xFF, 0x02]),
    (format(.image, .record, .stream), [], [0xFF, 0x02]),
    // §3.4.2: blocks.
    (format(ascii, .file, .block), bytes("a\n"), [0x00, 0, 3, 0x61, 0x0D, 0x0A, 0x40, 0, 0]),
    (format(.image, .file, .block), [], [0x40, 0, 0]),
    (
      format(.image, .record, .block), bytes("ab\n\nc"),
      [0x80, 0, 2, 0x61, 0x62, 0x80, 0, 0, 0x00, 0, 1, 0x63, 0x40, 0, 0]
    ),
    (
      format(ebcdic, .record, .block, .prefixed), [0, 6, 0, 0, 0x41, 0x0A, 0, 4, 0, 0],
      [0x80, 0, 2, 0xC1, 0x15, 0x80, 0, 0, 0x40, 0, 0]
    ),
    (
      format(.image, .record, .block, .prefixed), [0, 5, 1, 0, 1, 0, 5, 3, 0, 2, 0, 5, 2, 0, 3],
      [0x80, 0, 3, 1, 2, 3, 0x40, 0, 0]
    ),
    // §3.4.3: strings, runs, filler; an escape is about the string behind it.
    (format(.image, .file, .compressed), bytes("ab"), [2, 0x61, 0x62] + end),
    (format(.image, .file, .compressed), bytes("aab"), [3, 0x61, 0x61, 0x62] + end),
    (format(.image, .file, .compressed), bytes("xaaay"), [1, 0x78, 0x83, 0x61, 1, 0x79] + end),
    (format(.image, .file, .compressed), [UInt8](repeating: 0, count: 64), [0xFF, 0xC1] + end),
    (format(ascii, .file, .compressed), bytes("     \n\n\n"), [0xC5, 6, 13, 10, 13, 10, 13, 10] + end),
    (format(ebcdic, .file, .compressed), bytes("    A"), [0xC4, 1, 0xC1] + end),
    (format(.image, .file, .compressed), bytes("    "), [0x84, 0x20] + end),
    (
      format(.image, .file, .compressed), [UInt8](1...130),
      [127] + [UInt8](1...127) + [3, 128, 129, 130] + end
    ),
    (
      format(.image, .record, .compressed), bytes("ab\n\n"),
      [0x00, 0x80, 2, 0x61, 0x62, 0x00, 0x80, 0xC0] + end
    ),
    (format(.image, .file, .compressed), [], end),
  ])
  func encodes(format: TransferFormat, file: [UInt8], wire: [UInt8]) {
    let whole = Cutting(seed: 1, pieces: 1000...1000, rooms: 1000...1000)
    #expect(CodingDriver.encode(file, format, cut: whole).bytes == wire, "\(format.name)")
  }

  /// §3.1.2.3: header length, page index, data length, page type; then further fields and data.
  @Test func encodesPages() {
    let simple: [UInt8] = [4, 9, 2, 1, 0x41, 0x0A]
    let descriptor: [UInt8] = [6, 0, 1, 2, 0x41, 0x42, 0x43]
    let controlled: [UInt8] = [5, 3, 0, 3, 0x41]
    let last: [UInt8] = [4, 0, 0, 0]
    let file = PageParser.mark + simple + descriptor + controlled + last
    #expect(CodingDriver.encode(file, Self.format(.image, .page, .stream)).bytes == Array(file.dropFirst(8)))
    let blocks = CodingDriver.encode(file, Self.format(Self.ebcdic, .page, .block)).bytes
    #expect(
      blocks == [0, 0, 6, 4, 9, 2, 1, 0xC1, 0x15] + [0, 0, 7, 6, 0, 1, 2, 0x41, 0x42, 0xC3] + [0, 0, 5]
        + controlled + [0, 0, 4] + last + [0x40, 0, 0], "headers are numbers, only data are characters")
  }

  @Test func blocksAreAsLongAsTheyMayBe() {
    let file = [UInt8](repeating: 7, count: 200_000)
    let cut = Cutting(seed: 1, pieces: 200_000...200_000, rooms: 300_000...300_000)
    let wire = CodingDriver.encode(file, Self.format(.image, .file, .block), cut: cut).bytes
    #expect(wire.count == 200_000 + 4 * 3 + 3)
    #expect(Array(wire.prefix(3)) == [0, 0xFF, 0xFF])
  }

  @Test func aMarkerStandsBehindEveryInterval() throws {
    for mode in [TransmissionMode.block, .compressed] {
      let format = Self.format(.image, .file, mode)
      let wire = CodingDriver.encode([UInt8](0...9), format, interval: 4)
      let marks = CodingDriver.decode(wire.bytes, format).marks
      #expect(marks.map(\.produced) == [4, 8])
      #expect(marks.compactMap { RestartPoint.parse($0.text)?.fileOffset } == [4, 8])
    }
    let marker = Array("4-IF-".utf8)
    let whole = Cutting(seed: 1, pieces: 1000...1000, rooms: 1000...1000)
    let format = Self.format(.image, .file, .compressed)
    let wire = CodingDriver.encode([UInt8](0...9), format, interval: 4, cut: whole).bytes
    // A string of regular data, announced by an escape with the marker's bit.
    #expect(Array(wire[5..<13]) == [0x00, 0x10, 9] + marker)
  }

  /// Records and pages are not torn apart, however short the interval.
  @Test func markersKeepRecordsWhole() {
    let format = Self.format(.image, .record, .block)
    let marks = CodingDriver.decode(CodingDriver.encode(bytes("12345\n6\n7\n890\n"), format, interval: 3).bytes, format)
      .marks
    #expect(marks.map(\.produced) == [6, 10, 14])
    let none = CodingDriver.encode(bytes("12345\n6\n"), Self.format(.image, .record, .stream), interval: 1).bytes
    #expect(CodingDriver.decode(none, Self.format(.image, .record, .stream)).marks.isEmpty, "mode S has no markers")
  }

  @Test(
    arguments: [
      (FileStructure.record, [0, 3, 0, 0], CodingError.recordPrefix(at: 0)),
      (.record, [0, 5, 0, 0, 9, 0x7F, 0xF5, 0, 0], .recordPrefix(at: 5)),
      (.record, [0, 4, 4, 0], .recordPrefix(at: 0)), (.record, [0, 4, 0, 1], .recordPrefix(at: 0)),
      (.record, [0, 4, 2, 0], .recordPrefix(at: 0)), (.record, [0, 4, 3, 0], .recordPrefix(at: 0)),
      (.record, [0, 4, 1, 0, 0, 4, 0, 0], .recordPrefix(at: 4)),
      (.record, [0, 4, 1, 0, 0, 4, 1, 0], .recordPrefix(at: 4)),
      (.record, [0, 4, 1, 0], .recordCutShort(at: 4)), (.record, [0, 9, 0, 0, 1], .recordCutShort(at: 5)),
      (.record, [0], .recordCutShort(at: 1)), (.record, [0xFF, 0xFF, 0, 0], .recordPrefix(at: 0)),
      (.page, [], .notPageFile), (.page, [0x89], .notPageFile), (.page, bytes("hello, world"), .notPageFile),
      (.page, PageParser.mark, .pageFileCutShort(at: 8)),
      (.page, PageParser.mark + [4, 0, 9, 1, 1], .pageFileCutShort(at: 13)),
      (.page, PageParser.mark + [3, 0, 0, 1], .storedPage(at: 11)),
      (.page, PageParser.mark + [4, 0, 0, 0, 0], .storedPage(at: 12)),
      (.page, PageParser.mark + [4, 0, 0, 9], .storedPage(at: 11)),
    ] as [(FileStructure, [UInt8], CodingError)])
  func refusesStoredFiles(structure: FileStructure, file: [UInt8], error: CodingError) {
    for mode in [TransmissionMode.stream, .block, .compressed] {
      for most in [1, 2, 5, 200] {
        let cut = Cutting(seed: 1, pieces: 1...most, rooms: 1...most)
        let wire = CodingDriver.encode(file, Self.format(.image, structure, mode, .prefixed), cut: cut)
        #expect(wire.error == error)
        #expect(error.isInFile)
      }
    }
  }
}
