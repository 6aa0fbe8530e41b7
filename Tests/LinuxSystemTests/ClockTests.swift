// Tests that times and durations saturate instead of wrapping: a deadline that wraps would be in the past.

import Testing

@testable import LinuxSystem

@Suite struct ClockTests {
  @Test func theMonotonicClockNeverGoesBack() {
    var last = MonotonicTime.now
    for _ in 0..<10_000 {
      let now = MonotonicTime.now
      #expect(now >= last)
      last = now
    }
    #expect(last < .never)
  }

  @Test func advancing() {
    let time = MonotonicTime(nanoseconds: 1000)
    #expect(time.advanced(by: 5).nanoseconds == 1005)
    #expect(time.advanced(by: -5).nanoseconds == 995)
    #expect(time.advanced(by: 5).since(time) == 5)
  }

  @Test func advancingSaturates() {
    #expect(MonotonicTime(nanoseconds: 1).advanced(by: .max) == .never)
    #expect(MonotonicTime.never.advanced(by: 1) == .never)
    #expect(MonotonicTime.never.advanced(by: 0) == .never)
    #expect(MonotonicTime.now.advanced(by: .max) == .never)
  }

  @Test func durationsInNanoseconds() {
    #expect(Duration.zero.inNanoseconds == 0)
    #expect(Duration.nanoseconds(1).inNanoseconds == 1)
    #expect(Duration.seconds(60).inNanoseconds == 60_000_000_000)
    #expect(Duration.milliseconds(1500).inNanoseconds == 1_500_000_000)
    #expect(Duration.milliseconds(-1500).inNanoseconds == -1_500_000_000)
  }

  @Test func longDurationsSaturate() {
    #expect(Duration.seconds(Int64.max).inNanoseconds == .max)
    #expect(Duration.seconds(9_223_372_037).inNanoseconds == .max)
    #expect(Duration.nanoseconds(Int64.max).inNanoseconds == .max)
  }

  /// 2^63 nanoseconds are 9,223,372,036.854775808 seconds: the seconds alone still fit, with their fraction they do not.
  @Test func theFractionCountsTowardsTheBound() {
    let duration = Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 999_000_000_000_000_000)
    #expect(duration.inNanoseconds == .max)
  }

  @Test func theWallClockIsInThisMillennium() {
    #expect(WallClock.seconds > 1_700_000_000)
    #expect(abs(WallClock.nanoseconds / 1_000_000_000 - WallClock.seconds) <= 1)
  }
}
