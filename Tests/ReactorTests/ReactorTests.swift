// Tests of the reactor itself: several side by side, and no deadline missed however short.

import LinuxSystem
import Testing

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ReactorTests {
  @Test func reactorsDoNotMeet() async throws {
    let one = Parking(try Reactor())
    let other = Parking(try Reactor())
    async let first = one.sleep(until: .never)
    async let second = other.sleep(until: .after(milliseconds: 20))
    #expect(await second == .deadline)
    one.wake()
    #expect(await first == .called)
    one.retire()
    other.retire()
  }

  @Test func shortDeadlinesOneAfterTheOther() async throws {
    let parking = Parking(try Reactor())
    let start = MonotonicTime.now
    for _ in 0..<200 {
      let deadline = MonotonicTime.now.advanced(by: 100_000)
      #expect(await parking.sleep(until: deadline) == .deadline)
      #expect(MonotonicTime.now >= deadline)
    }
    #expect(MonotonicTime.now.since(start) >= 20_000_000)
    parking.retire()
  }
}
