// Limits as transfers feel them: within 3 % over 10 s, fair, and the lowest wins. Time is virtual.

import Testing

@testable import Bandwidth

@Suite struct ThrottleTests {
  private let time = VirtualTime()

  private func bucket(_ rate: UInt64) -> RateBucket { RateBucket(RateSchedule(rate), clock: time.clock) }

  private func expect(_ bytes: Int, near wanted: Double, within share: Double = 0.03) {
    #expect(abs(Double(bytes) - wanted) <= wanted * share, "\(bytes) bytes, wanted \(wanted)")
  }

  @Test(arguments: [20_000, 1_000_000, 1_000_000_000] as [UInt64])
  func holdsARateOverTenSeconds(rate: UInt64) {
    let transfer = VirtualTransfer(Throttle([bucket(rate)]))
    time.run([transfer], for: 10 * VirtualTime.second)
    expect(transfer.moved, near: Double(rate) * 10)
  }

  @Test func doesNotFallBehindWhenWakesComeLate() {
    let transfer = VirtualTransfer(Throttle([bucket(1_000_000)]), lateness: 50_000_000)
    time.run([transfer], for: 10 * VirtualTime.second)
    expect(transfer.moved, near: 10_000_000)
  }

  @Test func keepsNoMoreThanATenthOfASecondForLater() {
    let shared = bucket(1_000_000)
    time.now = 3600 * VirtualTime.second
    let transfer = VirtualTransfer(Throttle([shared]))
    time.run([transfer], for: VirtualTime.second)
    expect(transfer.moved, near: 1_050_000, within: 0.06)
  }

  @Test func fiveHundredShareOneFairly() {
    let shared = bucket(50_000_000)
    let transfers = (0..<500).map { _ in VirtualTransfer(Throttle([shared])) }
    time.run(transfers, for: 10 * VirtualTime.second)
    expect(transfers.map(\.moved).reduce(0, +), near: 500_000_000)
    for transfer in transfers { expect(transfer.moved, near: 1_000_000, within: 0.05) }
  }

  @Test func manyShareLessThanAPacketEach() {
    let shared = bucket(100_000)
    let transfers = (0..<500).map { _ in VirtualTransfer(Throttle([shared])) }
    time.run(transfers, for: 10 * VirtualTime.second)
    expect(transfers.map(\.moved).reduce(0, +), near: 1_000_000)
    let fewest = transfers.map(\.moved).min() ?? 0
    let most = transfers.map(\.moved).max() ?? 0
    #expect(most - fewest <= 2 * Int(RateBucket.leastShare))
  }

  @Test func theLowestLimitWins() {
    let (server, user) = (bucket(1_000_000), bucket(300_000))
    let limited = (0..<3).map { _ in VirtualTransfer(Throttle([bucket(200_000), user, server])) }
    let other = VirtualTransfer(Throttle([server]))
    time.run(limited + [other], for: 10 * VirtualTime.second)
    expect(limited.map(\.moved).reduce(0, +), near: 3_000_000)
    for transfer in limited { expect(transfer.moved, near: 1_000_000, within: 0.05) }
    // What those leave, whoever is not held back has.
    expect(other.moved, near: 7_000_000, within: 0.05)
  }

  @Test func whatASlowClientLeavesGoesToTheOthers() {
    let shared = bucket(1_000_000)
    let slow = VirtualTransfer(Throttle([shared]), clientRate: 50_000)
    let fast = VirtualTransfer(Throttle([shared]))
    time.run([slow, fast], for: 10 * VirtualTime.second)
    expect(slow.moved, near: 500_000, within: 0.1)
    expect(fast.moved, near: 9_500_000)
  }

  @Test func aNewRateHoldsForWhoWaitsAlready() {
    let shared = bucket(10_000)
    let transfers = (0..<100).map { _ in VirtualTransfer(Throttle([shared])) }
    time.run(transfers, for: 2 * VirtualTime.second)
    shared.schedule = RateSchedule(10_000_000)
    // By the old rate the last of them would still wait for ten seconds.
    time.run(transfers, for: VirtualTime.second)
    for transfer in transfers { transfer.startCounting() }
    time.run(transfers, for: 10 * VirtualTime.second)
    expect(transfers.map(\.moved).reduce(0, +), near: 100_000_000)
    shared.schedule = .unlimited
    time.run([], for: VirtualTime.second)
    #expect(transfers[0].throttle.ask(for: 1000) == 0)
  }

  @Test func goesByTheHour() {
    let time = time
    let schedule = RateSchedule(named: "one minute") { time.now < 60 * VirtualTime.second ? 1_000_000 : 200_000 }
    let transfer = VirtualTransfer(Throttle([RateBucket(schedule, clock: time.clock)]))
    time.run([transfer], for: 50 * VirtualTime.second)
    expect(transfer.moved, near: 50_000_000)
    time.run([transfer], for: 15 * VirtualTime.second)
    transfer.startCounting()
    time.run([transfer], for: 10 * VirtualTime.second)
    expect(transfer.moved, near: 2_000_000)
  }

  @Test func schedulesAreTheSameByTheirNames() {
    let one = RateSchedule(named: "a") { 1 }
    #expect(one == RateSchedule(named: "a") { 2 } && one != RateSchedule(named: "b") { 1 })
    #expect(one != RateSchedule(1) && RateSchedule(1) == RateSchedule(1))
    #expect(!one.isUnlimited && RateSchedule.unlimited.isUnlimited)
  }

  @Test func whatIsNotUsedGoesBack() {
    let shared = bucket(100_000)
    let first = Throttle([shared])
    while first.ask(for: 5_000) > 0 { time.now += 1_000_000 }
    first.spend(1_000)
    // It waits for more when it is broken off.
    let waiting = Throttle([shared])
    while waiting.ask(for: 50_000) == 0 { waiting.spend(waiting.credit) }
    first.close()
    waiting.close()
    #expect(shared.users == 0)
    time.now += VirtualTime.second
    #expect(shared.isFull)
  }

  @Test func whatIsRelinquishedIsNotKeptForLater() {
    let shared = bucket(1_000_000)
    let throttles = (0..<100).map { _ in Throttle([shared]) }
    for throttle in throttles {
      while throttle.ask(for: .max) > 0 { time.now += 10_000_000 }
      throttle.relinquish()
    }
    #expect(throttles.allSatisfy { $0.credit == 0 })
    // All of them come back at once, and get no more than anybody else would.
    let transfers = throttles.map { VirtualTransfer($0) }
    time.run(transfers, for: VirtualTime.second)
    expect(transfers.map(\.moved).reduce(0, +), near: 1_050_000, within: 0.06)
  }

  @Test func aDebtIsPaidFirst() {
    let throttle = Throttle([bucket(100_000)])
    #expect(throttle.ask(for: 1_000) == 0)
    throttle.spend(51_000)
    #expect(throttle.credit == -50_000)
    let start = time.now
    while true {
      let delay = throttle.ask(for: .max)
      if delay == 0 { break }
      time.now += delay
    }
    #expect(throttle.credit > 0)
    #expect(time.now - start >= 4 * VirtualTime.second / 10)
  }

  @Test func anAllowanceEndsItForGood() {
    let allowance = Allowance(10_000)
    let throttle = Throttle([], from: allowance)
    var moved = 0
    while throttle.ask(for: 3_000) == 0, !throttle.isUsedUp {
      moved += throttle.credit
      throttle.spend(throttle.credit)
    }
    #expect(moved == 10_000)
    let other = Throttle([], from: allowance)
    #expect(other.ask(for: 1) == 0 && other.isUsedUp)
  }

  @Test func anAllowanceGetsBackWhatDidNotMove() {
    let allowance = Allowance(10_000)
    let throttle = Throttle([], from: allowance)
    _ = throttle.ask(for: 8_000)
    throttle.spend(1_000)
    throttle.close()
    #expect(allowance.take(upTo: .max) == 9_000)
  }
}

/// A number of bytes, and no more.
private final class Allowance: ByteAllowance {
  private nonisolated(unsafe) var rest: Int64  // One thread uses it.

  init(_ bytes: Int64) { rest = bytes }

  func take(upTo bytes: Int64) -> Int64? {
    let taken = min(bytes, rest)
    rest -= taken
    return taken
  }

  func giveBack(_ bytes: Int64) { rest += bytes }
}
