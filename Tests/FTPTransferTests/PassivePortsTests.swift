// Tests of where passive ports come from: in their range, hard to foretell, never two claimants at one, none again soon.

import Glibc
import LinuxSystem
import MultipathTCP
import Synchronization
import TestSupport
import Testing
import UnitSupport

@testable import FTPTransfer

@Suite(.serialized, .timeLimit(.minutes(5))) struct PassivePortsTests {
  private let ports = PassivePorts()
  /// A loopback address that no other test and no other program has ports on.
  let address = IPAddress(ipv4: 0x7F00_0000 | UInt32.random(in: 0x01_0000...0xFE_FFFE))
  // Below the ports that the kernel gives to clients (ip_local_port_range), which other tests are.
  let range: ClosedRange<UInt16> = 20_000...20_999

  private func open(_ range: ClosedRange<UInt16>? = nil, by number: UInt64 = 1) throws -> PassiveListener {
    try ports.open(for: claimant(number), on: address, ports: range, expires: .never)
  }

  private func connect(to listener: PassiveListener) throws -> Held {
    let client = Held(try Socket.stream(.ipv4))
    _ = try Socket.connect(client.descriptor, to: listener.local, family: .ipv4)
    #expect(Poll.wait(client.number, .writable, milliseconds: 10_000))
    #expect(Socket.pendingError(client.number) == nil)
    return client
  }

  @Test func aListenerTakesConnections() throws {
    for range in [nil, range] {
      let listener = try open(range)
      #expect(listener.local.address == address)
      #expect(try Socket.localAddress(listener.number) == listener.local)
      #expect(range?.contains(listener.local.port) ?? (listener.local.port > 0))
      let client = try connect(to: listener)
      #expect(Poll.wait(listener.number, .readable, milliseconds: 10_000))
      let (number, peer) = try #require(try listener.accept())
      _ = Held(owning: number)
      #expect(try Socket.localAddress(client.number) == peer)
    }
  }

  @Test func portsLieInTheRangeAndDiffer() throws {
    let listeners = try (0..<200).map { _ in try open(range) }
    let numbers = listeners.map(\.local.port)
    #expect(numbers.allSatisfy(range.contains))
    #expect(Set(numbers).count == 200)
    // Not one after the other: the next port must not be foretold from the last.
    #expect(zip(numbers, numbers.dropFirst()).count { Int($0) + 1 == Int($1) } < 20)
  }

  @Test func theFirstPortIsNotAlwaysTheSame() throws {
    let firsts = try (0..<10).map { _ in
      try PassivePorts().open(for: claimant(1), on: address, ports: range, expires: .never).local.port
    }
    #expect(Set(firsts).count > 3)
  }

  /// Whether it served or was only announced: who has seen a port does not meet the next client there.
  @Test(arguments: [true, false]) func aPortRestsWhenItIsClosed(_ isFixed: Bool) throws {
    var seen: [UInt16] = []
    for _ in 0..<(isFixed ? 200 : 900) { seen.append(try open(isFixed ? range : nil).local.port) }
    #expect(Set(seen).count == seen.count)
  }

  @Test func aWideRangeRestsForLong() throws {
    var seen: [UInt16] = []
    for _ in 0..<1000 { seen.append(try open(30_000...46_000).local.port) }
    #expect(Set(seen).count == seen.count)
  }

  @Test func inANarrowRangeAQuarterRests() throws {
    let narrow: ClosedRange<UInt16> = 22_000...22_015
    var seen: [UInt16] = []
    for _ in 0..<300 {
      let port = try open(narrow).local.port
      #expect(!seen.suffix(4).contains(port))
      seen.append(port)
    }
    #expect(Set(seen) == Set(narrow))
    // Nor do they come in turn.
    let steps = Set(zip(seen, seen.dropFirst()).map { Int($1) - Int($0) })
    #expect(steps.count > 10)
  }

  @Test(arguments: [1, 3, 10])
  func anExhaustedRangeIsAnError(_ size: UInt16) throws {
    let range = 21_500...(21_500 + size - 1)
    var listeners = try (0..<size).map { _ in try open(range) }
    #expect(Set(listeners.map(\.local.port)) == Set(range))
    do {
      _ = try open(range)
      Issue.record("there was one more")
    } catch let error as PassivePortError {
      guard case .allInUse(Int(size)) = error else { throw error }
    }
    let port = listeners.removeFirst().local.port
    #expect(try open(range).local.port == port)
  }

  @Test func portsOfOtherProgramsArePassedOver() throws {
    let range: ClosedRange<UInt16> = 21_700...21_703
    let foreign = try (21_700...21_702).map { (port: UInt16) in
      let made = try MultipathSocket.listen(on: SocketAddress(address, port: port), policy: .off)
      return Held(owning: dup(made.number))
    }
    for _ in 0..<20 { #expect(try open(range).local.port == 21_703) }
    _ = foreign
  }

  @Test func theWholeRangeOfPortsIsARange() throws {
    #expect(try open(1024...65535).local.port >= 1024)
    #expect(try open(65535...65535).local.port == 65535)
  }

  /// A range as firewalls open it: each transfer gives its port back, and the next must get one.
  @Test(arguments: [1, 4, 10, 70])
  func aNarrowRangeServesOneTransferAfterTheOther(_ size: UInt16) throws {
    let range = 22_500...(22_500 + size - 1)
    for _ in 0..<200 {
      var listener: PassiveListener?
      let deadline = MonotonicTime.now.advanced(by: 10_000_000_000)
      // A child that another test starts holds copies of our sockets until it is another program.
      while listener == nil {
        listener = try? open(range)
        try #require(MonotonicTime.now < deadline)
      }
    }
  }

  @Test func whatIsOpenIsKnown() throws {
    let elsewhere = IPAddress(ipv4: (address.ipv4 ?? 0) &+ 1)
    let local: SocketAddress
    do {
      let listener = try open(range)
      local = listener.local
      #expect(ports.isOpen(at: local))
      #expect(ports.isOpen(port: local.port))
      #expect(!ports.isOpen(at: SocketAddress(elsewhere, port: local.port)))
    }
    #expect(!ports.isOpen(at: local))
    #expect(!ports.isOpen(port: local.port))
    let everywhere = try ports.open(
      for: claimant(1), on: IPAddress.Family.ipv4.wildcard, ports: 23_000...23_999, expires: .never)
    #expect(ports.isOpen(at: SocketAddress(elsewhere, port: everywhere.local.port)))
  }

  /// When a port is free, the one that has waited is told, and nobody else gets it first.
  @Test func whoHasWaitedComesFirst() throws {
    let range: ClosedRange<UInt16> = 24_000...24_000
    let woken = Atomic<Int>(0)
    var holder: PassiveListener? = try open(range, by: 1)
    let later = MonotonicTime.now.advanced(by: 60_000_000_000)
    let waiter = claimant(2) { woken.add(1, ordering: .relaxed) }
    #expect(throws: PassivePortError.self) {
      try ports.open(for: waiter, on: address, ports: range, expires: .never, waitingUntil: later)
    }
    #expect(woken.load(ordering: .relaxed) == 0)
    withExtendedLifetime(holder) {}
    holder = nil
    #expect(woken.load(ordering: .relaxed) == 1)
    #expect(throws: PassivePortError.self) { try open(range, by: 1) }
    var mine: PassiveListener?
    let deadline = MonotonicTime.now.advanced(by: 60_000_000_000)
    // A child that another test starts holds copies of our sockets until it is another program.
    while mine == nil {
      mine = try? ports.open(for: waiter, on: address, ports: range, expires: .never)
      try #require(mine != nil || MonotonicTime.now < deadline)
    }
    #expect(mine?.local.port == 24_000)
  }

  @Test func whoHasGoneIsNotWaitedFor() throws {
    let range: ClosedRange<UInt16> = 24_001...24_001
    var holder: PassiveListener? = try open(range, by: 1)
    let later = MonotonicTime.now.advanced(by: 60_000_000_000)
    #expect(throws: PassivePortError.self) {
      try ports.open(for: claimant(2), on: address, ports: range, expires: .never, waitingUntil: later)
    }
    withExtendedLifetime(holder) {}
    holder = nil
    ports.withdraw(2)
    _ = try open(range, by: 1)
  }
}

/// A claimant whose user and address are its own.
func claimant(_ number: UInt64, wake: @escaping @Sendable () -> Void = {}) -> PortClaimant {
  PortClaimant(
    number: number, user: Array("user\(number)".utf8), address: IPAddress(ipv4: 0x0A00_0000 | UInt32(number)),
    wake: wake)
}
