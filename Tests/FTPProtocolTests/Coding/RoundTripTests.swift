// Tests of FileEncoder and FileDecoder together: what goes out comes back, whatever the buffers, and from every marker on.

import Testing

@testable import FTPProtocol

@Suite struct RoundTripTests {
  @Test(arguments: TransferFormat.all) func whatGoesOutComesBack(format: TransferFormat) {
    for seed in 1...15 as ClosedRange<UInt64> {
      var random = FixedRandom(seed: seed)
      let (file, back) = SampleFile.any(for: format, size: Int.random(in: 0...1000, using: &random), &random)
      let most = [1, 3, 40, 300, 70_000][Int(seed % 5)]
      let interval: UInt64? = seed.isMultiple(of: 2) ? 100 : nil
      let wire = CodingDriver.encode(
        file, format, interval: interval, cut: Cutting(seed: seed, pieces: 1...most, rooms: 1...most))
      #expect(wire.error == nil && wire.misbehaviour == nil, "\(format.name) \(seed) \(wire.misbehaviour ?? "")")
      let file2 = CodingDriver.decode(wire.bytes, format, cut: Cutting(seed: seed, pieces: 1...most, rooms: 1...most))
      #expect(file2.error == nil && file2.misbehaviour == nil, "\(format.name) \(seed) \(file2.misbehaviour ?? "")")
      #expect(file2.bytes == back, "\(format.name) \(seed) \(file2.misbehaviour ?? "")")
      let tellsEnd = format.mode != .stream || format.structure != .file
      #expect(file2.end == (tellsEnd ? wire.bytes.count : nil), "\(format.name) \(seed) \(file2.misbehaviour ?? "")")
      let mayMark = interval != nil && format.mode != .stream
      #expect(mayMark || file2.marks.isEmpty)
      if mayMark, format.structure == .file, file.count >= 200 { #expect(file2.marks.count >= file.count / 100 - 1) }
    }
  }

  /// Both sides break off after a marker and go on from what it says: sender by the text, receiver by its own point.
  @Test(arguments: TransferFormat.all.filter { $0.mode != .stream }) func everyMarkerIsABeginning(
    format: TransferFormat
  ) {
    for seed in 1...4 as ClosedRange<UInt64> {
      var random = FixedRandom(seed: seed)
      let (file, back) = SampleFile.any(for: format, size: 1500, &random)
      let cut = Cutting(seed: seed, pieces: 1...200, rooms: 1...400)
      let wire = CodingDriver.encode(file, format, interval: 60, cut: cut)
      let whole = CodingDriver.decode(wire.bytes, format, cut: cut)
      #expect(whole.bytes == back)
      #expect(!whole.marks.isEmpty || format.structure == .record)
      for mark in whole.marks {
        guard let point = RestartPoint.parse(mark.text), let own = RestartPoint.parse(mark.point.text) else {
          Issue.record("\(text(mark.text))")
          continue
        }
        #expect(own == mark.point)
        #expect(point.fits(format) && own.fits(format))
        #expect(own.fileOffset == UInt64(mark.produced))
        let rest = CodingDriver.encode(
          Array(file[Int(point.fileOffset)...]), format, interval: 60, from: point, cut: cut)
        let end = CodingDriver.decode(rest.bytes, format, from: own, cut: cut)
        #expect(rest.error == nil && end.error == nil && end.misbehaviour == nil)
        #expect(Array(back[..<mark.produced]) + end.bytes == back, "\(format.name) \(seed) \(text(mark.text))")
      }
    }
  }

  /// A wire cut off anywhere is an error wherever the end of file has to be told.
  @Test(arguments: TransferFormat.all.filter { !($0.mode == .stream && $0.structure == .file) })
  func anEarlyEndIsAnError(format: TransferFormat) {
    var random = FixedRandom(seed: 5)
    let (file, _) = SampleFile.any(for: format, size: 500, &random)
    let wire = CodingDriver.encode(file, format, interval: 100).bytes
    for count in 0..<min(wire.count, 1500) {
      // Mode C's end is the escape; the empty run behind it only gives it something to be about.
      if format.mode == .compressed, count == wire.count - 1 { continue }
      let cut = CodingDriver.decode(Array(wire[..<count]), format)
      #expect(cut.error == .endedEarly(at: UInt64(count)), "\(format.name) \(count)")
    }
  }

  /// What follows a file on its connection is left alone.
  @Test(arguments: TransferFormat.all.filter { !($0.mode == .stream && $0.structure == .file) })
  func theNextFileIsLeftAlone(format: TransferFormat) {
    var random = FixedRandom(seed: 6)
    let (file, back) = SampleFile.any(for: format, size: 500, &random)
    let wire = CodingDriver.encode(file, format).bytes
    for most in [1, 7, 9000] {
      let cut = Cutting(seed: 3, pieces: 1...most, rooms: 1...most)
      let decoded = CodingDriver.decode(wire + wire, format, cut: cut)
      #expect(decoded.bytes == back)
      #expect(decoded.end == wire.count)
    }
  }

  @Test func formatControlsChangeNoByte() {
    for control in FormatControl.allCases {
      let file = bytes("1page\n0two\u{0B}\u{0C}\r\n+over\n")
      for (type, plain) in [
        (RepresentationType.ascii(control), RepresentationType.ascii(.nonPrint)),
        (.ebcdic(control), .ebcdic(.nonPrint)),
      ] {
        let wire = CodingDriver.encode(file, TransferFormat(type: type)).bytes
        #expect(wire == CodingDriver.encode(file, TransferFormat(type: plain)).bytes)
        #expect(CodingDriver.decode(wire, TransferFormat(type: type)).bytes.last == 0x0A)
      }
    }
  }
}
