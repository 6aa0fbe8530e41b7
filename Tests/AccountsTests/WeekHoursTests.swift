// Hours of the week, and rates that change with them.

import Testing

@testable import Accounts

@Suite struct WeekHoursTests {
  @Test(arguments: [
    ("mon-fri 0800-1800", 0, 480, true), ("mon-fri 0800-1800", 0, 1080, false), ("mon-fri 0800-1800", 5, 600, false),
    ("0800-1800", 6, 600, true), ("sat+sun", 6, 0, true), ("sat+sun", 4, 0, false), ("fri-mon", 0, 0, true),
    ("fri-mon", 1, 0, false), ("2200-0600", 2, 0, true), ("2200-0600", 2, 1400, true), ("2200-0600", 2, 600, false),
    ("fri 2200-0600", 5, 100, true), ("fri 2200-0600", 4, 100, false), ("mon 08:00-24:00", 0, 1439, true),
    ("mon 0800-0900;tue 1000-1100", 1, 601, true), ("mon 0800-0900 and tue 1000-1100", 0, 601, false),
  ])
  func contain(_ text: String, _ day: Int, _ minute: Int, _ isIn: Bool) throws {
    #expect(try #require(WeekHours(text)).contain(WeekMoment(day: day, minute: minute)) == isIn)
  }

  @Test(arguments: ["", "8-18", "0800", "0860-1800", "2500-2600", "mon tue 0800-1800", "0800-1800 mon", "mon-"])
  func whatCannotBe(_ text: String) { #expect(WeekHours(text) == nil) }

  @Test func aRateHasItsHours() throws {
    let rate = try #require(ByteRate("1MiB;mon-fri 0800-1800=200KiB;sun=none"))
    #expect(rate.limit(at: WeekMoment(day: 0, minute: 600)) == 200 << 10)
    #expect(rate.limit(at: WeekMoment(day: 5, minute: 600)) == 1 << 20)
    #expect(rate.limit(at: WeekMoment(day: 6, minute: 600)) == 0)
    #expect(ByteRate("none")?.bytesPerSecond == 0)
  }
}
