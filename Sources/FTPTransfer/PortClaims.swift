// Who holds the passive ports and who waits for one, so that nobody holds them all while others get none.

import LinuxSystem

/// One that asks for passive ports: a session, for a user, from an address. By reference: it is passed on and kept with each port.
public final class PortClaimant: Sendable {
  /// A number no other claimant has.
  public let number: UInt64
  /// What the ports of one user are counted by.
  public let user: [UInt8]
  /// What the ports of one client are counted by.
  public let address: IPAddress
  /// Called, on any thread, when it is worth asking again, or when its port is wanted back.
  public let wake: @Sendable () -> Void

  public init(number: UInt64, user: [UInt8], address: IPAddress, wake: @escaping @Sendable () -> Void) {
    self.number = number
    self.user = user
    self.address = address.client
    self.wake = wake
  }
}

/// The table behind ``PassivePorts``: no socket and no clock, so that it can be tried by itself.
struct PortClaims {
  private struct Holding {
    let claimant: PortClaimant
    /// From when on the port may be taken back for somebody who has fewer; `.never` once its client has come.
    var isRevocableAt: MonotonicTime
    let lease: PortLease
  }

  private struct Wait {
    let claimant: PortClaimant
    var until: MonotonicTime
  }

  private var held: [SocketAddress: Holding] = [:]
  /// Those held at any address; most questions end here.
  private var heldPorts = PortSet()
  /// How many addresses more than one a port is held at.
  private var doubles: [UInt16: Int] = [:]
  private var perUser: [[UInt8]: Int] = [:]
  private var perAddress: [IPAddress: Int] = [:]
  /// In the order they came.
  private var waiting: [Wait] = []
  /// A longer queue is of no use: its end would not be reached in time.
  private static let waitingLimit = 1024
  /// How long a client has to connect before its port may be taken back, in nanoseconds.
  static let graceTime: Int64 = 2_000_000_000

  // MARK: holding

  /// Whether a port is held here; one that is held at the wildcard address is held everywhere.
  func isHeld(_ address: SocketAddress) -> Bool {
    guard heldPorts.contains(address.port) else { return false }
    return held[address] != nil || held[SocketAddress(address.address.family.wildcard, port: address.port)] != nil
  }

  /// Whether a port is held at any address.
  func isHeld(_ port: UInt16) -> Bool { heldPorts.contains(port) }

  /// How many ports are held.
  var heldCount: Int { held.count }

  /// Gives `claimant` the port.
  mutating func hold(_ address: SocketAddress, _ claimant: PortClaimant, _ lease: PortLease, at now: MonotonicTime) {
    let old = held.updateValue(
      Holding(claimant: claimant, isRevocableAt: now.advanced(by: Self.graceTime), lease: lease), forKey: address)
    if old == nil {
      if heldPorts.contains(address.port) { doubles[address.port, default: 0] += 1 }
      heldPorts.insert(address.port)
    }
    perUser[claimant.user, default: 0] += 1
    perAddress[claimant.address, default: 0] += 1
  }

  /// The client has come to this port: it is not taken back any more.
  mutating func serve(_ address: SocketAddress) { held[address]?.isRevocableAt = .never }

  /// The port is free again.
  mutating func release(_ address: SocketAddress) {
    guard let holding = held.removeValue(forKey: address) else { return }
    if doubles.isEmpty || doubles[address.port] == nil {
      heldPorts.remove(address.port)
    } else {
      Self.takeOne(of: address.port, from: &doubles)
    }
    Self.takeOne(of: holding.claimant.user, from: &perUser)
    Self.takeOne(of: holding.claimant.address, from: &perAddress)
  }

  private static func takeOne<Key>(of key: Key, from counts: inout [Key: Int]) {
    guard let index = counts.index(forKey: key) else { return }
    if counts.values[index] > 1 { counts.values[index] -= 1 } else { counts.remove(at: index) }
  }

  // MARK: waiting

  /// Whether `claimant` may have one of `size` ports now; those who hold fewer, or have waited longer, come first.
  mutating func admits(_ claimant: PortClaimant, of ports: ClosedRange<UInt16>, at now: MonotonicTime) -> Bool {
    waiting.removeAll { $0.until <= now }
    if waiting.isEmpty, held.count < ports.count { return true }
    let free = ports.count - held.keys.count { ports.contains($0.port) }
    guard free > 0 else { return false }
    let burden = burden(claimant)
    var isBehindMe = false
    var ahead = 0
    for other in waiting {
      if other.claimant.number == claimant.number {
        isBehindMe = true
        continue
      }
      let theirs = self.burden(other.claimant)
      if theirs < burden || (theirs == burden && !isBehindMe) { ahead += 1 }
    }
    return free > ahead
  }

  /// Puts `claimant` in the queue until `until`; it keeps its place if it is there.
  mutating func wait(_ claimant: PortClaimant, until: MonotonicTime) {
    if let index = waiting.firstIndex(where: { $0.claimant.number == claimant.number }) {
      waiting[index].until = until
    } else if waiting.count < Self.waitingLimit {
      waiting.append(Wait(claimant: claimant, until: until))
    }
  }

  /// Takes a claimant out of the queue.
  mutating func withdraw(_ number: UInt64) { waiting.removeAll { $0.claimant.number == number } }

  /// The one whose turn it is; nil when nobody waits.
  var next: PortClaimant? {
    var best: (claimant: PortClaimant, burden: Int)?
    for wait in waiting {
      let burden = burden(wait.claimant)
      if burden < best?.burden ?? .max { best = (wait.claimant, burden) }
    }
    return best?.claimant
  }

  /// How many ports the user and the client's address hold between them.
  private func burden(_ claimant: PortClaimant) -> Int {
    (perUser[claimant.user] ?? 0) + (perAddress[claimant.address] ?? 0)
  }

  /// The port that is taken back for `claimant`: of those who would still hold no less than it, from the one that holds most, the port
  /// that has waited longest for its client. Nil when all have had too little time, or nobody has more than a fair share.
  func revocable(for claimant: PortClaimant, at now: MonotonicTime) -> PortLease? {
    let own = burden(claimant)
    var best: (holding: Holding, burden: Int)?
    for holding in held.values where holding.isRevocableAt <= now && !holding.lease.isRevoked {
      let other = holding.claimant
      let burden = burden(other)
      // What is not counted for both, the holder would have less by.
      let change = (other.user == claimant.user ? 0 : 1) + (other.address == claimant.address ? 0 : 1)
      guard burden - change > own else { continue }
      if let best, (best.burden, holding.isRevocableAt) <= (burden, best.holding.isRevocableAt) { continue }
      best = (holding, burden)
    }
    return best?.holding.lease
  }
}
