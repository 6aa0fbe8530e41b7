// Tests of TimeStamp: printing, reading, and refusing what the calendar does not have.

import FTPProtocol
import Testing

@Suite struct TimeStampTests {
  @Test(
    arguments: [
      (0, "19700101000000"), (-1, "19691231235959"), (951_782_399, "20000228235959"), (951_782_400, "20000229000000"),
      (1_767_323_045, "20260102030405"), (253_402_300_799, "99991231235959"), (253_402_300_800, "99991231235959"),
      (Int64.max, "99991231235959"), (Int64.min, "00000101000000"), (-62_167_219_200, "00000101000000"),
    ] as [(Int64, String)])
  func prints(seconds: Int64, expected: String) {
    #expect(text(TimeStamp.format(seconds)) == expected)
  }

  @Test(
    arguments: [
      ("19700101000000", 0, 0), ("20260102030405", 1_767_323_045, 0), ("20260102030405.5", 1_767_323_045, 500_000_000),
      ("20260102030405.000000001", 1_767_323_045, 1), ("20260102030405.1234567899", 1_767_323_045, 123_456_789),
      ("20000229000000", 951_782_400, 0), ("20161231235960", 1_483_228_800, 0), ("99991231235959", 253_402_300_799, 0),
    ] as [(String, Int64, UInt32)])
  func reads(stamp: String, seconds: Int64, nanoseconds: UInt32) {
    let time = TimeStamp.parse(bytes(stamp))
    #expect(time?.seconds == seconds)
    #expect(time?.nanoseconds == nanoseconds)
  }

  @Test(arguments: [
    "", "2026", "2026010203040", "202601020304055", "20260102030405.", "20260102030405.x", "20260102030405 ",
    " 20260102030405", "20261302030405", "20260002030405", "20260100030405", "20260132030405", "20260431000000",
    "20250229000000", "21000229000000", "20260102240000", "20260102236000", "20260102030461", "19691231235959",
    "2026-102030405", "20260102030405,5", "2026010203040\u{665}",
  ])
  func refuses(stamp: String) {
    #expect(TimeStamp.parse(bytes(stamp)) == nil)
  }

  @Test func readsWhatItPrints() {
    var random = FixedRandom(seed: 3)
    for _ in 0..<5000 {
      let seconds = Int64.random(in: 0...253_402_300_799, using: &random)
      #expect(TimeStamp.parse(TimeStamp.format(seconds))?.seconds == seconds)
    }
  }

  @Test func everyDayFollowsTheOneBefore() {
    // Four centuries have every kind of leap year.
    var previous = text(TimeStamp.format(946_684_800 - 86400).prefix(8))
    for day in 0..<146_097 {
      let stamp = TimeStamp.format(946_684_800 + Int64(day) * 86400)
      let date = text(stamp.prefix(8))
      guard date > previous, TimeStamp.parse(stamp) != nil, stamp.suffix(6).allSatisfy({ $0 == 0x30 }) else {
        Issue.record("\(date) after \(previous)")
        return
      }
      previous = date
    }
    #expect(previous == "23991231")
  }

  @Test func splitsTheTimeFromTheName() {
    let parts = TimeStamp.parseLeading(bytes("20260102030405.25  a b"))
    #expect(parts?.seconds == 1_767_323_045)
    #expect(parts?.nanoseconds == 250_000_000)
    #expect(parts.map { text($0.rest) } == " a b")
    #expect(TimeStamp.parseLeading(bytes("20260102030405")) == nil)
    #expect(TimeStamp.parseLeading(bytes("a.txt b")) == nil)
  }
}
