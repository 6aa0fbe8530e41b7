// What Range asks for, by the examples of RFC 9110, section 14.1.2.

import Testing

@testable import ConsoleServer

struct ByteRangeTests {
  @Test(
    arguments: [
      ("bytes=0-499", 0..<500), ("bytes=500-999", 500..<1000), ("bytes=-500", 9500..<10000),
      ("bytes=9500-", 9500..<10000),
      ("bytes=0-0", 0..<1), ("bytes=-20000", 0..<10000), ("bytes=9999-20000", 9999..<10000),
      ("bytes=0-18446744073709551615", 0..<10000),
    ] as [(String, Range<UInt64>)]) func ranges(_ field: String, _ meant: Range<UInt64>)
  {
    #expect(ByteRange(field)?.resolved(in: 10000) == meant)
  }

  @Test(arguments: ["bytes=10000-", "bytes=-0", "bytes=20000-30000"]) func nothingIsThere(_ field: String) {
    #expect(ByteRange(field)?.resolved(in: 10000) == nil)
  }

  @Test(arguments: [
    "bytes=", "bytes=-", "bytes=x-1", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes=1-x", "bytes=-x",
  ])
  func whatIsNotUnderstoodIsPassedOver(_ field: String) {
    #expect(ByteRange(field) == nil)
  }

  @Test func anEmptyFileHasNoRange() {
    #expect(ByteRange("bytes=-5")?.resolved(in: 0) == nil)
    #expect(ByteRange("bytes=0-")?.resolved(in: 0) == nil)
  }
}
