// LoginThrottle: growing delays, whole /64 networks, forgetting, and a table that stays bounded.

import Synchronization
import Testing

@testable import Accounts

@Suite struct LoginThrottleTests {
  /// A clock that stands still until it is moved.
  private final class Clock: Sendable {
    private let time = Mutex(Duration.zero)
    func advance(by step: Duration) { time.withLock { $0 += step } }
    func now() -> Duration { time.withLock(\.self) }
  }

  private let clock = Clock()
  private let throttle: LoginThrottle

  init() {
    let clock = clock
    throttle = LoginThrottle(capacity: 8) { clock.now() }
  }

  private let home: [UInt8] = [192, 0, 2, 1]

  private func network(_ number: UInt8, host: UInt8) -> [UInt8] {
    [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, number, 0, 0, 0, 0, 0, 0, 0, host]
  }

  @Test func delaysGrow() {
    var delays = [throttle.delayBeforeAnswer(address: home)]
    for _ in 1...8 {
      throttle.recordFailure(address: home, user: bytes("a"))
      delays.append(throttle.delayBeforeAnswer(address: home))
    }
    #expect(delays == [0, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000].map { .milliseconds($0) })
    for _ in 0..<1000 { throttle.recordFailure(address: home) }
    #expect(throttle.delayBeforeAnswer(address: home) == LoginThrottle.longestDelay)
  }

  @Test func othersDoNotWait() {
    throttle.recordFailure(address: home)
    #expect(throttle.delayBeforeAnswer(address: [192, 0, 2, 2]) == .zero)
    #expect(throttle.delayBeforeAnswer(address: []) == .zero)
  }

  @Test func anIPv6NetworkCountsAsOne() {
    throttle.recordFailure(address: network(1, host: 1))
    throttle.recordFailure(address: network(1, host: 2))
    #expect(throttle.delayBeforeAnswer(address: network(1, host: 3)) == .milliseconds(500))
    #expect(throttle.delayBeforeAnswer(address: network(2, host: 1)) == .zero)
  }

  @Test func mappedAddressesAreIPv4() {
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + home
    throttle.recordFailure(address: mapped)
    #expect(throttle.delayBeforeAnswer(address: home) == .milliseconds(250))
    #expect(throttle.delayBeforeAnswer(address: mapped.dropLast() + [9]) == .zero)
  }

  @Test func forgetsAfterAWhile() {
    throttle.recordFailure(address: home)
    clock.advance(by: .seconds(899))
    #expect(throttle.delayBeforeAnswer(address: home) == .milliseconds(250))
    throttle.recordFailure(address: home)
    clock.advance(by: .seconds(899))
    #expect(throttle.delayBeforeAnswer(address: home) == .milliseconds(500))
    clock.advance(by: .seconds(1))
    #expect(throttle.delayBeforeAnswer(address: home) == .zero)
    throttle.recordFailure(address: home)
    #expect(throttle.delayBeforeAnswer(address: home) == .milliseconds(250))
  }

  @Test func successForgivesTheSameUserOnly() {
    throttle.recordFailure(address: home, user: bytes("alice"))
    throttle.recordFailure(address: home, user: bytes("alice"))
    throttle.recordFailure(address: home, user: bytes("root"))
    throttle.recordSuccess(address: home, user: bytes("mallory"))
    #expect(throttle.delayBeforeAnswer(address: home) == .seconds(1))
    throttle.recordSuccess(address: home, user: bytes("alice"))
    #expect(throttle.delayBeforeAnswer(address: home) == .milliseconds(250))
    throttle.recordSuccess(address: home, user: bytes("alice"))
    #expect(throttle.delayBeforeAnswer(address: home) == .milliseconds(250))
    throttle.recordSuccess(address: home, user: bytes("root"))
    #expect(throttle.delayBeforeAnswer(address: home) == .zero)
    #expect(throttle.count == 0)
  }

  @Test func failuresOfManyNamesAreAllCounted() {
    for number in 0..<20 { throttle.recordFailure(address: home, user: bytes("u\(number)")) }
    for number in 0..<20 { throttle.recordSuccess(address: home, user: bytes("u\(number)")) }
    #expect(throttle.delayBeforeAnswer(address: home) == .seconds(10))
  }

  @Test func theTableIsBoundedAndTheOldestGo() {
    for number: UInt8 in 0..<100 {
      clock.advance(by: .seconds(1))
      throttle.recordFailure(address: [10, 0, 0, number])
      #expect(throttle.count <= 8)
    }
    #expect(throttle.delayBeforeAnswer(address: [10, 0, 0, 99]) == .milliseconds(250))
    #expect(throttle.delayBeforeAnswer(address: [10, 0, 0, 0]) == .zero)
  }

  @Test func whoKeepsFailingIsNotPushedOut() {
    for number: UInt8 in 0..<50 {
      clock.advance(by: .seconds(1))
      throttle.recordFailure(address: home)
      throttle.recordFailure(address: [10, 0, 0, number])
    }
    #expect(throttle.delayBeforeAnswer(address: home) == LoginThrottle.longestDelay)
  }
}
