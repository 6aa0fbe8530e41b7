// LoginBudget: bursts and steady rates for each kind of bucket, known pairs, forgetting, and tables that stay bounded.

import LinuxSystem
import Synchronization
import Testing

@testable import Accounts

@Suite struct LoginBudgetTests {
  /// A clock that stands still until it is moved.
  private final class Clock: Sendable {
    private let time = Mutex(Duration.zero)
    func advance(by step: Duration) { time.withLock { $0 += step } }
    func now() -> Duration { time.withLock(\.self) }
  }

  private let clock = Clock()
  private let rates: LoginBudget.Rates
  private let budget: LoginBudget

  init() {
    var rates = LoginBudget.Rates()
    rates.pair = .init(burst: 3, interval: .seconds(60))
    rates.user = .init(burst: 6, interval: .seconds(10))
    rates.address = .init(burst: 5, interval: .seconds(20))
    rates.network = .init(burst: 8, interval: .seconds(5))
    rates.codes = .init(burst: 2, interval: .seconds(60))
    self.rates = rates
    let clock = clock
    budget = LoginBudget(rates) { clock.now() }
  }

  private let home = IPAddress(ipv4: 0xC000_0201)
  private func address(_ number: UInt32) -> IPAddress { IPAddress(ipv4: 0x0A00_0000 + number) }
  private func network(_ site: Int, _ network: Int, host: Int = 1) throws -> IPAddress {
    try #require(IPAddress("2001:db8:\(site):\(network)::\(host)"))
  }

  /// Fails as long as it may, `limit` times at most, and says how often that was.
  private func failures(_ user: String, from address: IPAddress, limit: Int = 100) -> Int {
    var count = 0
    while count < limit, budget.admits(bytes(user), from: [address]) {
      budget.recordFailure(bytes(user), from: [address])
      count += 1
    }
    return count
  }

  @Test func aPairHasABurstAndThenASteadyRate() {
    #expect(failures("bob", from: home) == 3)
    clock.advance(by: .seconds(59))
    #expect(failures("bob", from: home) == 0)
    clock.advance(by: .seconds(1))
    #expect(failures("bob", from: home) == 1)
    clock.advance(by: .seconds(3600))
    #expect(failures("bob", from: home) == 3)
  }

  @Test func whatIsOverBudgetCostsNothingMore() {
    #expect(failures("bob", from: home) == 3)
    for _ in 0..<1000 { #expect(!budget.admits(bytes("bob"), from: [home])) }
    clock.advance(by: .seconds(60))
    #expect(budget.admits(bytes("bob"), from: [home]))
  }

  @Test func aUserHasABudgetOverAllAddresses() {
    let total = (0..<20).reduce(0) { $0 + failures("bob", from: address($1), limit: 2) }
    #expect(total == 6)
    #expect(budget.admits(bytes("alice"), from: [address(99)]))
    clock.advance(by: .seconds(10))
    #expect(budget.admits(bytes("bob"), from: [address(99)]))
  }

  @Test func anAddressHasABudgetOverAllUsers() {
    let total = (0..<20).reduce(0) { $0 + failures("u\($1)", from: home, limit: 2) }
    #expect(total == 5)
    #expect(budget.admits(bytes("u0"), from: [address(1)]))
    clock.advance(by: .seconds(20))
    #expect(failures("other", from: home) == 1)
  }

  @Test func neighboursWhoHaveLoggedInLatelyAreNotHeldUp() {
    budget.recordSuccess(bytes("alice"), from: [home])
    // One device with a wrong password behind the same address, for ever, while others log in.
    for _ in 0..<500 {
      _ = failures("camera", from: home, limit: 1)
      #expect(budget.admits(bytes("alice"), from: [home]))
      budget.recordSuccess(bytes("alice"), from: [home])
      clock.advance(by: .seconds(5))
    }
    // The device itself is over its budget all the time, and the address is not: what is not looked at is not counted.
    #expect(budget.admits(bytes("newcomer"), from: [home]))
  }

  @Test func aFloodFromElsewhereDoesNotKeepAKnownUserOut() {
    budget.recordSuccess(bytes("bob"), from: [home])
    for number in 0..<50 { _ = failures("bob", from: address(UInt32(number))) }
    #expect(!budget.admits(bytes("bob"), from: [address(99)]))
    #expect(budget.admits(bytes("bob"), from: [home]))
    #expect(budget.knows(bytes("bob"), from: [home]))
    #expect(!budget.knows(bytes("bob"), from: [address(99)]))
    // Not for ever.
    clock.advance(by: LoginBudget.memory)
    #expect(!budget.knows(bytes("bob"), from: [home]))
  }

  @Test func aSuccessForgivesThePairAndNobodyElse() {
    #expect(failures("root", from: home, limit: 2) == 2)
    #expect(failures("bob", from: home, limit: 2) == 2)
    budget.recordSuccess(bytes("bob"), from: [home])
    #expect(failures("bob", from: home) == 3)
    #expect(failures("root", from: home) == 0, "the address has used up its budget, whoever logged in meanwhile")
  }

  @Test func networksOfIPv6() throws {
    // Two addresses of one /64 are one.
    #expect(failures("bob", from: try network(1, 1, host: 1)) == 3)
    #expect(failures("bob", from: try network(1, 1, host: 2)) == 0)
    // All networks of one /48 have eight together.
    var total = 3
    for number in 2..<20 { total += failures("u\(number)", from: try network(1, number), limit: 1) }
    #expect(total == 8)
    #expect(budget.admits(bytes("x"), from: [try network(2, 1)]))
  }

  @Test func mappedAddressesAreIPv4() throws {
    #expect(failures("bob", from: try #require(IPAddress("::ffff:192.0.2.1"))) == 3)
    #expect(failures("bob", from: home) == 0)
  }

  @Test func codesHaveABudgetOfTheUser() {
    for number in 0..<2 { budget.recordFailure(bytes("bob"), from: [address(UInt32(number))], .code) }
    #expect(!budget.admits(bytes("bob"), from: [address(9)], wantsCode: true))
    #expect(budget.admits(bytes("alice"), from: [address(9)], wantsCode: true))
    clock.advance(by: .seconds(60))
    #expect(budget.admits(bytes("bob"), from: [address(9)], wantsCode: true))
  }

  @Test func everyPathOfAClientCounts() {
    for _ in 0..<3 { budget.recordFailure(bytes("bob"), from: [home, address(1)]) }
    #expect(!budget.admits(bytes("bob"), from: [address(1)]))
    #expect(!budget.admits(bytes("bob"), from: [address(2), address(1)]))
    #expect(budget.admits(bytes("bob"), from: [address(2)]))
  }

  @Test func theTablesStayBoundedAndKeepTheWorst() {
    let clock = clock
    let budget = LoginBudget(rates, capacity: 32) { clock.now() }
    for _ in 0..<3 { budget.recordFailure(bytes("bob"), from: [home]) }
    for number in 0..<1000 {
      budget.recordFailure(bytes("u\(number)"), from: [address(UInt32(number))])
      budget.recordSuccess(bytes("u\(number)"), from: [address(UInt32(number))])
      #expect(budget.count <= 32)
    }
    #expect(!budget.admits(bytes("bob"), from: [home]))
  }
}
