// Times of a zip archive. That others can read one is seen in the browser's tests, with Python's zipfile.

import Testing

@testable import ConsoleServer

struct ZipWriterTests {
  @Test func timesOfDOS() {
    // 2026-11-29 16:34:57 UTC
    let stamp = ZipWriter.stamp(1_795_970_097)
    #expect(stamp.date == (2026 - 1980) << 9 | 11 << 5 | 29)
    #expect(stamp.time == 16 << 11 | 34 << 5 | 28)
    // 2000-02-29, the last second of the day.
    #expect(ZipWriter.stamp(951_868_799).date == 20 << 9 | 2 << 5 | 29)
  }

  @Test(arguments: [nil, -1, 0, 315_532_799, 4_354_819_200, .max] as [Int64?]) func whatDOSDoesNotKnow(_ time: Int64?) {
    #expect(ZipWriter.stamp(time).date == 0x21)
  }

  @Test func sizesAndChecksumFollowTheData() throws {
    var zip = ZipWriter()
    _ = try zip.begin(Array("a".utf8), modified: nil)
    try zip.add(Array("123456789".utf8))
    let descriptor = try zip.end()
    // The check value of CRC-32.
    #expect(descriptor[4..<8].elementsEqual([0x26, 0x39, 0xF4, 0xCB]))
    #expect(descriptor[8..<16].elementsEqual([9, 0, 0, 0, 0, 0, 0, 0]))
  }
}
