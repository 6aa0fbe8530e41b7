// Tests of how a scarce range of ports is shared: whose turn it is, and whose port is taken back.

import LinuxSystem
import Testing

@testable import FTPTransfer

@Suite struct PortClaimsTests {
  private let range: ClosedRange<UInt16> = 5000...5009
  private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)
  private let claims = Table()

  private func claimant(_ number: UInt64, _ user: String, _ address: UInt32) -> PortClaimant {
    PortClaimant(number: number, user: Array(user.utf8), address: IPAddress(ipv4: address)) {}
  }

  private func local(_ port: UInt16) -> SocketAddress { SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: port) }

  /// Gives the ports of the range to `holders`, one each.
  private func fill(_ holders: [PortClaimant]) -> [PortLease] {
    zip(range, holders).map { port, holder in
      let lease = PortLease {}
      claims.hold(local(port), holder, lease, at: start)
      return lease
    }
  }

  private var later: MonotonicTime { start.advanced(by: PortClaims.graceTime) }

  @Test func whoWaitsComesBeforeWhoAsksAgain() {
    let holders = (0..<10).map { claimant(UInt64($0), "user\($0)", UInt32($0 + 1)) }
    _ = fill(holders)
    let eleventh = claimant(10, "eleven", 99)
    #expect(!claims.admits(eleventh, of: range, at: start))
    claims.wait(eleventh, until: .never)
    claims.release(local(5003))
    #expect(!claims.admits(holders[3], of: range, at: start))
    claims.wait(holders[3], until: .never)
    #expect(claims.next?.number == 10)
    #expect(claims.admits(eleventh, of: range, at: start))
    claims.hold(local(5003), eleventh, PortLease {}, at: start)
    claims.withdraw(10)
    // Now it is the turn of the one who gave way.
    claims.release(local(5004))
    #expect(!claims.admits(holders[4], of: range, at: start))
    #expect(claims.admits(holders[3], of: range, at: start))
  }

  @Test func aPlaceInTheQueueIsLost() {
    let holders = (0..<10).map { claimant(UInt64($0), "user\($0)", UInt32($0 + 1)) }
    _ = fill(holders)
    claims.wait(claimant(10, "eleven", 99), until: later)
    claims.release(local(5000))
    #expect(!claims.admits(holders[0], of: range, at: start))
    #expect(claims.admits(holders[0], of: range, at: later))
  }

  @Test func whoHoldsLessComesFirst() {
    let greedy = (0..<10).map { claimant(UInt64($0), "greedy", 1) }
    _ = fill(greedy)
    claims.wait(claimant(20, "greedy", 1), until: .never)
    claims.wait(claimant(21, "modest", 1), until: .never)
    claims.wait(claimant(22, "other", 2), until: .never)
    #expect(claims.next?.number == 22)
    claims.release(local(5000))
    #expect(!claims.admits(claimant(21, "modest", 1), of: range, at: start))
    #expect(claims.admits(claimant(22, "other", 2), of: range, at: start))
    claims.withdraw(22)
    #expect(claims.admits(claimant(21, "modest", 1), of: range, at: start))
  }

  @Test(arguments: [1, 2] as [UInt32]) func oneUserDoesNotKeepThemAll(_ address: UInt32) {
    let leases = fill((0..<10).map { claimant(UInt64($0), "greedy", 1) })
    let modest = claimant(20, "modest", address)
    // Each client has had a moment to connect.
    #expect(claims.revocable(for: modest, at: start) == nil)
    #expect(claims.revocable(for: modest, at: later).map { lease in leases.contains { $0 === lease } } == true)
    #expect(claims.revocable(for: claimant(21, "greedy", address), at: later) == nil || address == 2)
  }

  @Test func oneAddressDoesNotKeepThemAll() {
    let leases = fill((0..<10).map { claimant(UInt64($0), "user\($0)", 1) })
    #expect(claims.revocable(for: claimant(20, "user3", 1), at: later) == nil)
    let lease = claims.revocable(for: claimant(20, "user20", 2), at: later)
    #expect(leases.contains { $0 === lease })
  }

  @Test func whoHasOneKeepsIt() {
    _ = fill((0..<10).map { claimant(UInt64($0), "user\($0)", UInt32($0 + 1)) })
    #expect(claims.revocable(for: claimant(20, "eleven", 99), at: later) == nil)
    // Nor does the eleventh behind one address take another's.
    let office = PortClaimsTests()
    _ = office.fill((0..<10).map { claimant(UInt64($0), "user\($0)", 1) })
    #expect(office.claims.revocable(for: claimant(20, "eleven", 1), at: later) == nil)
  }

  @Test func aPortThatServesIsNotTakenBack() {
    _ = fill((0..<10).map { claimant(UInt64($0), "greedy", 1) })
    for port in range { claims.serve(local(port)) }
    #expect(claims.revocable(for: claimant(20, "modest", 2), at: later) == nil)
  }

  @Test func theSamePortIsTakenBackOnce() {
    let leases = fill((0..<10).map { claimant(UInt64($0), "greedy", 1) })
    for expected in 1...4 {
      claims.revocable(for: claimant(20, "modest", 2), at: later)?.revoke()
      #expect(leases.count { $0.isRevoked } == expected)
    }
  }
}

/// The table in a class: the macros of a test cannot change a value.
private final class Table {
  private var claims = PortClaims()

  var next: PortClaimant? { claims.next }

  func admits(_ claimant: PortClaimant, of ports: ClosedRange<UInt16>, at now: MonotonicTime) -> Bool {
    claims.admits(claimant, of: ports, at: now)
  }

  func hold(_ address: SocketAddress, _ claimant: PortClaimant, _ lease: PortLease, at now: MonotonicTime) {
    claims.hold(address, claimant, lease, at: now)
  }

  func serve(_ address: SocketAddress) { claims.serve(address) }
  func release(_ address: SocketAddress) { claims.release(address) }
  func wait(_ claimant: PortClaimant, until: MonotonicTime) { claims.wait(claimant, until: until) }
  func withdraw(_ number: UInt64) { claims.withdraw(number) }

  func revocable(for claimant: PortClaimant, at now: MonotonicTime) -> PortLease? {
    claims.revocable(for: claimant, at: now)
  }
}
