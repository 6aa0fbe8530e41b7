// Tests of the limits on the number of sessions.

import Dispatch
import FTPProtocol
import FTPTransfer
import LinuxSystem
import Reactor
import Synchronization
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct SessionRegistryTests {
  private let registry = SessionRegistry()
  private let one = IPAddress(ipv4: 0x7F00_0001)
  private let other = IPAddress(ipv4: 0x7F00_0002)

  private func limits(_ sessions: Int, _ perAddress: Int = 0) -> ServerConfiguration.Limits {
    var limits = ServerConfiguration.Limits()
    limits.sessions = sessions
    limits.sessionsPerAddress = perAddress
    return limits
  }

  private func id(_ admission: SessionRegistry.Admission) -> UInt64? {
    if case .admitted(let id) = admission { id } else { nil }
  }

  @Test func asManyAsTheLimitAndNoMore() throws {
    let ids = (0..<3).compactMap { _ in id(registry.admit(one, limits: limits(3))) }
    #expect(Set(ids).count == 3)
    #expect(registry.count == 3)
    #expect(registry.admit(other, limits: limits(3)) == .tooManySessions)
    #expect(registry.count == 3)
    registry.release(ids[1], peer: one)
    let next = try #require(id(registry.admit(other, limits: limits(3))))
    #expect(!ids.contains(next))
    #expect(registry.admit(other, limits: limits(0)) == .tooManySessions)
  }

  @Test func asManyFromOneAddress() throws {
    let limits = limits(100, 2)
    let first = try #require(id(registry.admit(one, limits: limits)))
    #expect(id(registry.admit(one, limits: limits)) != nil)
    #expect(registry.admit(one, limits: limits) == .tooManyFromAddress)
    #expect(id(registry.admit(other, limits: limits)) != nil)
    // A refused one has not taken a place.
    #expect(registry.count == 3)
    registry.release(first, peer: one)
    #expect(id(registry.admit(one, limits: limits)) != nil)
    #expect(registry.admit(one, limits: limits) == .tooManyFromAddress)
  }

  @Test func everyPathOfAMultipathSessionCounts() throws {
    let limits = limits(100, 1)
    let first = try #require(id(registry.admit(one, limits: limits)))
    #expect(registry.count(first, peer: one, paths: [one, other], limit: 1))
    // Told twice, counted once.
    #expect(registry.count(first, peer: one, paths: [other], limit: 1))
    #expect(registry.admit(other, limits: limits) == .tooManyFromAddress)
    registry.release(first, peer: one)
    let second = try #require(id(registry.admit(other, limits: limits)))
    let third = try #require(id(registry.admit(one, limits: limits)))
    #expect(!registry.count(third, peer: one, paths: [one, other], limit: 1))
    registry.release(third, peer: one)
    // What was refused was not counted.
    registry.release(second, peer: other)
    #expect(id(registry.admit(other, limits: limits)) != nil)
  }

  @Test func noLimitPerAddress() {
    var limits = limits(1000, 0)
    limits.beforeLogin = 1000
    limits.beforeLoginPerAddress = 1000
    for _ in 0..<1000 { #expect(id(registry.admit(one, limits: limits)) != nil) }
  }

  @Test func manyThreadsNeverExceedTheLimit() {
    let registry = self.registry
    let limits = limits(5)
    let peer = one
    let worst = Worst()
    DispatchQueue.concurrentPerform(iterations: 5000) { _ in
      if case .admitted(let id) = registry.admit(peer, limits: limits) {
        worst.value.max(registry.count, ordering: .relaxed)
        registry.release(id, peer: peer)
      }
    }
    #expect(worst.value.load(ordering: .relaxed) <= 5)
    #expect(registry.count == 0)
  }

  private final class Worst: Sendable { let value = Atomic<Int>(0) }

  @Test func waitsUntilTheLastIsGone() async throws {
    let reactor = try Reactor()
    #expect(await registry.waitUntilEmpty(reactor, deadline: .never))
    let ids = (0..<2).compactMap { _ in id(registry.admit(one, limits: limits(10))) }
    #expect(await registry.waitUntilEmpty(reactor, deadline: .now.advanced(by: 5_000_000)) == false)
    async let isEmpty = registry.waitUntilEmpty(reactor, deadline: .never)
    for id in ids {
      await Task.yield()
      registry.release(id, peer: one)
    }
    #expect(await isEmpty)
  }

  // MARK: what others see of sessions

  @Test func summariesTellOfRunningTransfers() throws {
    let reactor = try Reactor()
    let activity = SessionActivity(id: 7, peer: SocketAddress(one, port: 4711), parking: Parking(reactor))
    registry.enter(activity)
    activity.note(user: Array("alice".utf8))
    #expect(registry.summaries.map(\.id) == [7])
    #expect(registry.summaries.first?.transfer == nil)
    let path = VirtualPath.root
    activity.begin(TransferProgress(verb: "RETR", direction: .download, path: path, total: nil).facts(isPrivate: false))
    activity.note(total: 100)
    activity.meter.count(40)
    let summary = try #require(registry.summaries.first)
    #expect(summary.user == Array("alice".utf8))
    #expect(summary.transfer?.verb == "RETR")
    #expect(summary.transfer?.total == 100)
    #expect(summary.bytes == 40)
    #expect(registry.transfersRunning == 1)
    activity.end()
    #expect(registry.transfersRunning == 0)
    #expect(registry.summaries.first?.transfer == nil)
    #expect(registry.summaries.first?.bytes == 0)
    // The next one begins at nought.
    activity.begin(TransferProgress(verb: "STOR", direction: .upload, path: path).facts(isPrivate: false))
    #expect(registry.summaries.first?.bytes == 0)
    activity.parking.retire()
  }

  @Test func aSessionIsToldToEnd() async throws {
    let reactor = try Reactor()
    let activity = SessionActivity(id: 7, peer: SocketAddress(one, port: 4711), parking: Parking(reactor))
    registry.enter(activity)
    #expect(!registry.end(8, saying: "no"))
    #expect(!activity.isTold)
    #expect(activity.farewell == nil)
    async let wake = activity.parking.sleep(until: .never)
    #expect(registry.end(7, saying: "Maintenance."))
    #expect(await wake == .called)
    #expect(activity.isTold)
    // The first word counts.
    #expect(registry.end(7, saying: "Something else."))
    #expect(activity.farewell == "Maintenance.")
    activity.parking.retire()
  }

  @Test func sessionsThatWaitForALoginHaveLimitsOfTheirOwn() throws {
    var limits = limits(100)
    limits.beforeLogin = 3
    limits.beforeLoginPerAddress = 2
    let first = try #require(id(registry.admit(one, limits: limits)))
    #expect(id(registry.admit(one, limits: limits)) != nil)
    #expect(registry.admit(one, limits: limits) == .tooManyBeforeLoginFromAddress)
    #expect(registry.logIn(first, as: [1], limit: 0))
    // Logging in again as another takes no second place.
    #expect(registry.logIn(first, as: [2], limit: 0))
    #expect(id(registry.admit(one, limits: limits)) != nil)
    #expect(id(registry.admit(other, limits: limits)) != nil)
    #expect(registry.admit(other, limits: limits) == .tooManyBeforeLogin)
    registry.release(first, peer: one)
    #expect(registry.admit(other, limits: limits) == .tooManyBeforeLogin)
  }

  @Test func byDefaultNobodyHoldsAllPlaces() {
    var limits = limits(10_000)
    #expect((limits.beforeLoginInForce, limits.beforeLoginPerAddressInForce) == (5_000, 500))
    limits.sessions = 4
    #expect((limits.beforeLoginInForce, limits.beforeLoginPerAddressInForce) == (10, 10))
  }

  @Test func sessionsOfOneUser() throws {
    let ids = (0..<3).compactMap { _ in id(registry.admit(one, limits: limits(10))) }
    #expect(registry.logIn(ids[0], as: [1], limit: 2))
    #expect(registry.logIn(ids[1], as: [1], limit: 2))
    #expect(!registry.logIn(ids[2], as: [1], limit: 2))
    // Who has a place keeps it.
    #expect(registry.logIn(ids[1], as: [1], limit: 2))
    #expect(registry.logIn(ids[2], as: [2], limit: 2))
    registry.release(ids[0], peer: one)
    #expect(registry.logIn(ids[2], as: [1], limit: 2))
  }
}
