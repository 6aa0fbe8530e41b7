// Buckets that are shared by key: who comes back finds the same one, and none stays for ever.

import Testing

@testable import Bandwidth

@Suite struct RateTableTests {
  private let time = VirtualTime()

  @Test func sharesByKeyAndTakesNewRates() {
    let table = RateTable<String>(clock: time.clock)
    let one = table.hold("alice", RateSchedule(1000))
    let other = table.hold("alice", RateSchedule(2000))
    #expect(one === other)
    #expect(one.schedule == RateSchedule(2000))
    #expect(table.hold("bob", RateSchedule(1000)) !== one)
    #expect(table.count == 2)
  }

  @Test func aNewLoginDoesNotBeginAnew() {
    let table = RateTable<String>(clock: time.clock)
    let first = table.hold("alice", RateSchedule(1000))
    let throttle = Throttle([first])
    #expect(throttle.ask(for: 1460) == 0)
    throttle.spend(1460)
    throttle.close()
    table.release("alice")
    let second = table.hold("alice", RateSchedule(1000))
    #expect(second === first)
    #expect(Throttle([second]).ask(for: 1460) > 0)
  }

  @Test func nothingStaysWhenItIsFullAgain() {
    let table = RateTable<Int>(clock: time.clock)
    for key in 0..<100 {
      let throttle = Throttle([table.hold(key, RateSchedule(1000))])
      _ = throttle.ask(for: 1000)
      throttle.spend(1000)
      throttle.close()
      table.release(key)
    }
    time.now += 60 * VirtualTime.second
    for key in 0..<60 {
      _ = table.hold(1000 + key, RateSchedule(1000))
      table.release(1000 + key)
    }
    #expect(table.count < 5)
  }
}
