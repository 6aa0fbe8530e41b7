// Tests of where passive ports come from, opened or kept: in their range, hard to foretell, never two sessions at one.

import Glibc
import LinuxSystem
import MultipathTCP
import TestSupport
import Testing
import UnitSupport

@testable import FTPServer
@testable import FTPTransfer

@Suite(.serialized, .timeLimit(.minutes(5))) struct PassivePortsTests {
  private let pool = Desk()
  /// A loopback address that no other test and no other program has ports on.
  let address = IPAddress(ipv4: 0x7F00_0000 | UInt32.random(in: 0x01_0000...0xFE_FFFE))
  // Below the ports that the kernel gives to clients (ip_local_port_range), which other tests are.
  let range: ClosedRange<UInt16> = 20_000...20_999

  private func lease(_ ports: ClosedRange<UInt16>? = nil, session: UInt64 = 1) throws -> PassiveListener {
    try pool.lease(for: session, on: address, ports: ports, expires: .never)
  }

  private final class Reference {
    weak var listener: PassiveListener?
    init(_ listener: PassiveListener) { self.listener = listener }
  }

  private func connect(to listener: PassiveListener) throws -> Held {
    let client = Held(try Socket.stream(.ipv4))
    _ = try Socket.connect(client.descriptor, to: listener.local, family: .ipv4)
    #expect(Poll.wait(client.number, .writable, milliseconds: 10_000))
    #expect(Socket.pendingError(client.number) == nil)
    return client
  }

  @Test func aListenerTakesConnections() throws {
    for ports in [nil, range] {
      let listener = try lease(ports)
      #expect(listener.local.address == address)
      #expect(try Socket.localAddress(listener.number) == listener.local)
      #expect(ports?.contains(listener.local.port) ?? (listener.local.port > 0))
      let client = try connect(to: listener)
      #expect(Poll.wait(listener.number, .readable, milliseconds: 10_000))
      let (number, peer) = try #require(try Socket.accept(listener.number))
      _ = Held(owning: number)
      #expect(try Socket.localAddress(client.number) == peer)
    }
  }

  @Test func portsLieInTheRangeAndDiffer() throws {
    let listeners = try (0..<200).map { _ in try lease(range) }
    let ports = listeners.map(\.local.port)
    #expect(ports.allSatisfy(range.contains))
    #expect(Set(ports).count == 200)
    // Not one after the other: the next port must not be foretold from the last.
    #expect(zip(ports, ports.dropFirst()).count { Int($0) + 1 == Int($1) } < 20)
  }

  @Test func theFirstPortIsNotAlwaysTheSame() throws {
    let firsts = try (0..<10).map { _ in try Desk().lease(for: 1, on: address, ports: range, expires: .never).local.port
    }
    #expect(Set(firsts).count > 3)
  }

  @Test(arguments: [1, 3, 10])
  func anExhaustedRangeIsAnError(_ size: UInt16) throws {
    let ports = 21_500...(21_500 + size - 1)
    var listeners = try (0..<size).map { _ in try lease(ports) }
    #expect(Set(listeners.map(\.local.port)) == Set(ports))
    let error = #expect(throws: MultipathError.self) { _ = try lease(ports) }
    #expect(error?.errno == EADDRINUSE)
    let port = listeners[0].local.port
    pool.giveUp(listeners.removeFirst())
    #expect(try lease(ports).local.port == port)
  }

  @Test func theWholeRangeOfPortsIsARange() throws {
    #expect(try lease(1024...65535).local.port >= 1024)
    #expect(try lease(65535...65535).local.port == 65535)
  }

  /// A range as firewalls open it: each transfer gives its listener back, and the next must get one.
  @Test(arguments: [1, 4, 10, 70])
  func aNarrowRangeServesOneTransferAfterTheOther(_ size: UInt16) throws {
    let ports = 22_500...(22_500 + size - 1)
    for _ in 0..<200 { pool.giveBack(try lease(ports)) }
  }

  @Test func aListenerIsLentToOneAtATime() throws {
    var held: [PassiveListener] = []
    for _ in 0..<100 {
      let listener = try lease(range)
      #expect(!held.contains { $0 === listener || $0.local.port == listener.local.port })
      held.append(listener)
      if held.count > 12, let back = held.randomElement() {
        held.removeAll { $0 === back }
        pool.giveBack(back)
      }
    }
  }

  @Test func onlyWhatWasGivenBackIsLentAgain() throws {
    let givenUp = try (0..<10).map { _ in try lease(range) }
    for listener in givenUp { pool.giveUp(listener) }
    let givenBack = try (0..<10).map { _ in try lease(range) }
    for listener in givenBack { pool.giveBack(listener) }
    var reused = 0
    for _ in 0..<100 {
      let listener = try lease(range)
      #expect(!givenUp.contains { $0 === listener })
      if givenBack.contains(where: { $0 === listener }) { reused += 1 }
      pool.giveBack(listener)
    }
    #expect(reused > 0)
  }

  @Test func aListenerThatIsGivenUpIsClosed() throws {
    let reference: Reference
    do {
      let listener = try lease(range)
      reference = Reference(listener)
      pool.giveUp(listener)
    }
    #expect(reference.listener == nil)
  }

  /// RFC 2577, section 3: a late client of the last session must not find the next one at its port.
  @Test func aPortLetGoOfIsNotTakenAgainSoon() throws {
    var ports: [UInt16] = []
    for _ in 0..<90 {
      let listener = try lease(range)
      ports.append(listener.local.port)
      pool.giveUp(listener)
    }
    #expect(Set(ports).count == 90)
  }

  @Test func strangersWaitingInAListenerAreTurnedAway() throws {
    let listeners = try (0..<2).map { _ in try lease(range) }
    let strangers = try listeners.map { try connect(to: $0) }
    for listener in listeners {
      #expect(Poll.wait(listener.number, .readable, milliseconds: 10_000))
      pool.giveBack(listener)
    }
    let again = try lease(range)
    let index = try #require(listeners.firstIndex { $0 === again })
    #expect(try Socket.accept(again.number) == nil)
    // The stranger is told so: its connection is at an end.
    let stranger = strangers[index].number
    #expect(Poll.wait(stranger, .readable, milliseconds: 10_000))
    var buffer = [UInt8](repeating: 0, count: 8)
    let received = try? buffer.withUnsafeMutableBytes { try Socket.receive(stranger, into: $0) }
    #expect(received == .moved(0) || received == nil)
  }

  @Test func leasesOfOneListenerAreBounded() throws {
    var listeners = try (0..<8).map { _ in try lease(range) }
    for listener in listeners { pool.giveBack(listener) }
    let references = listeners.map(Reference.init)
    listeners = []
    var most = 0
    for _ in 0..<3000 {
      let listener = try lease(range)
      most = max(most, listener.leases)
      pool.giveBack(listener)
    }
    #expect((2...16).contains(most))
    #expect(references.allSatisfy { $0.listener == nil })
  }

  @Test func keptListenersAreBounded() throws {
    var listeners = try (0..<20).map { _ in try lease(range) }
    for listener in listeners { pool.giveBack(listener) }
    let references = listeners.map(Reference.init)
    listeners = []
    #expect(references.count { $0.listener != nil } == 2)
  }

  @Test func allSessionsTogetherKeepABoundedNumber() throws {
    var references: [Reference] = []
    for session in 1...400 {
      let pair = try [lease(range, session: UInt64(session)), lease(range, session: UInt64(session))]
      for listener in pair { pool.giveBack(listener) }
      references += pair.map(Reference.init)
    }
    #expect((100...512).contains(references.count { $0.listener != nil }))
  }

  @Test func aListenerThatDoesNotFitIsNotLent() throws {
    for listener in try (0..<10).map({ _ in try lease(range) }) { pool.giveBack(listener) }
    for _ in 0..<30 {
      #expect((25_000...25_100).contains(try lease(25_000...25_100).local.port))
      let other = IPAddress(ipv4: (address.ipv4 ?? 0) &+ 1)
      #expect(try pool.lease(for: 1, on: other, ports: range, expires: .never).local.address == other)
    }
  }

  /// What one session's client has learnt is of no use against another's.
  @Test func aListenerIsKeptForItsSessionOnly() throws {
    let mine = try (0..<10).map { _ in try lease(range, session: 1) }
    for listener in mine { pool.giveBack(listener) }
    for _ in 0..<50 {
      let other = try lease(range, session: 2)
      #expect(!mine.contains { $0 === other })
      pool.giveUp(other)
    }
    pool.forget(session: 1)
    for _ in 0..<20 {
      let listener = try lease(range, session: 1)
      #expect(!mine.contains { $0 === listener })
      pool.giveUp(listener)
    }
  }

  @Test func aSessionNeverGetsThePortItHadLast() throws {
    var last: UInt16 = 0
    var ports: Set<UInt16> = []
    for _ in 0..<200 {
      let listener = try lease(range)
      #expect(listener.local.port != last)
      last = listener.local.port
      ports.insert(last)
      pool.giveBack(listener)
    }
    // And it moves on in time.
    #expect(ports.count >= 10)
  }

  @Test func nobodyConnectsToAListenerThatIsKept() throws {
    let listeners = try (0..<2).map { _ in try lease(range) }
    for listener in listeners { pool.giveBack(listener) }
    for listener in listeners {
      let client = Held(try Socket.stream(.ipv4))
      _ = try? Socket.connect(client.descriptor, to: listener.local, family: .ipv4)
      #expect(Poll.wait(client.number, .writable, milliseconds: 10_000))
      #expect(Socket.pendingError(client.number) != nil || (try? Socket.peerAddress(client.number)) == nil)
    }
    let again = try lease(range)
    #expect(listeners.contains { $0 === again })
    _ = try connect(to: again)
  }

  @Test func theDeadlineIsThatOfTheLease() throws {
    for listener in try (0..<10).map({ _ in try lease(range) }) { pool.giveBack(listener) }
    for _ in 0..<30 {
      let expires = MonotonicTime.now.advanced(by: Int64.random(in: 0...1_000_000_000))
      #expect(try pool.lease(for: 1, on: address, ports: range, expires: expires).expires == expires)
    }
  }
}

/// Sessions by their numbers: what each keeps, and the ports they share.
private final class Desk {
  let ports = PassivePorts()
  private var kept: [UInt64: KeptListeners] = [:]
  private var owners: [ObjectIdentifier: UInt64] = [:]

  func lease(
    for session: UInt64, on address: IPAddress, ports range: ClosedRange<UInt16>?, expires: MonotonicTime
  ) throws -> PassiveListener {
    let listener: PassiveListener
    if let own = kept[session, default: KeptListeners()].take(
      on: address, ports: range, policy: .off, expires: expires, ports)
    {
      listener = own
    } else {
      do {
        listener = try ports.open(on: address, ports: range, expires: expires)
      } catch  where error.errno == EADDRINUSE {
        kept[session]?.closeAll(ports)
        listener = try ports.open(on: address, ports: range, expires: expires)
      }
    }
    owners[ObjectIdentifier(listener)] = session
    return listener
  }

  func giveBack(_ listener: PassiveListener) {
    kept[owners[ObjectIdentifier(listener)] ?? 0, default: KeptListeners()].keep(listener, ports)
  }

  func giveUp(_ listener: PassiveListener) { ports.giveUp(listener) }

  func forget(session: UInt64) { kept[session]?.closeAll(ports) }
}
