// Tests of RestartPoint: its text comes back as it was, and nothing else comes in.

import Testing

@testable import FTPProtocol

@Suite struct RestartPointTests {
  private static func points() -> [RestartPoint] {
    var random = FixedRandom(seed: 3)
    return (0..<300).map { _ in
      var point = RestartPoint(
        fileOffset: UInt64.random(in: 0...UInt64(Int64.max), using: &random)
          >> UInt64.random(in: 0...63, using: &random))
      if Bool.random(using: &random), let format = TransferFormat.all.randomElement(using: &random) {
        point.shape = RestartPoint.Shape(format)
      }
      point.endsInCR = Bool.random(using: &random)
      point.isInSegmentedRecord = Bool.random(using: &random)
      point.hasLastPage = Bool.random(using: &random)
      if Bool.random(using: &random) { point.pageBytesLeft = UInt8.random(in: 0...255, using: &random) }
      if Bool.random(using: &random) {
        for _ in 0..<Int.random(in: 1...256, using: &random) {
          _ = point.pages.insert(UInt8.random(in: 0...255, using: &random))
        }
      }
      return point
    }
  }

  @Test func theTextComesBack() {
    for point in Self.points() {
      #expect(RestartPoint.parse(point.text) == point)
      #expect(point.text.count <= RestartPoint.textLimit)
      #expect(point.text.allSatisfy { 0x21...0x7E ~= $0 }, "printable, no blank: RFC 959 §3.4.2")
    }
  }

  @Test func theLargestFits() {
    var point = RestartPoint(fileOffset: UInt64(Int64.max))
    point.shape = RestartPoint.Shape(TransferFormat(structure: .record, records: .prefixed))
    (point.endsInCR, point.isInSegmentedRecord, point.hasLastPage, point.pageBytesLeft) = (true, true, true, 255)
    for index in UInt8.min...UInt8.max { _ = point.pages.insert(index) }
    #expect(point.text.count <= RestartPoint.textLimit)
    #expect(RestartPoint.parse(point.text) == point)
  }

  /// One byte changed, left out, doubled or added: with a checksum of 16 bits and one form of each text that is never another's.
  @Test func nothingElseComesIn() {
    for point in Self.points().prefix(40) {
      let right = point.text
      for place in right.indices {
        for byte in Array("0159-acfplsxAFRP +.".utf8) where byte != right[place] {
          var wrong = right
          wrong[place] = byte
          #expect(RestartPoint.parse(wrong) == nil, "\(text(wrong))")
        }
        var short = right
        short.remove(at: place)
        #expect(RestartPoint.parse(short) == nil || short == right, "\(text(short))")
      }
      #expect(RestartPoint.parse(right + [0x30]) == nil)
      #expect(RestartPoint.parse([0x30] + right) == nil)
    }
  }

  @Test(arguments: [
    "", "-", "--", "0", "12345", "-1", "18446744073709551615-0000", "18446744073709551616-0000",
    "99999999999999999999999-0000", "9223372036854775808-0000", "1-2-3-4-5-6-7", "0-p-0000", "0-p256-0000",
    "0-p00-0000",
    "0-x-0000", "0-xg-0000", "0-AF-AF-0000", "00-1d0f", "\u{0}", "0 -0000",
  ])
  func strangersStayOut(marker: String) {
    #expect(RestartPoint.parse(bytes(marker)) == nil)
  }

  @Test func aPointFitsWhatItWasMadeFor() {
    let format = TransferFormat(type: .ebcdic(.nonPrint), structure: .record, mode: .block)
    let point = FileEncoder(format, markerInterval: 10, from: RestartPoint()).restartPoint
    #expect(point.fits(format))
    #expect(RestartPoint(fileOffset: 7).fits(format))
    var other = format
    other.mode = .compressed
    #expect(point.fits(other), "a file may go on in another mode")
    for change in [
      { (format: inout TransferFormat) in format.type = .image }, { $0.structure = .file }, { $0.records = .prefixed },
    ] {
      var other = format
      change(&other)
      #expect(!point.fits(other))
    }
  }
}
