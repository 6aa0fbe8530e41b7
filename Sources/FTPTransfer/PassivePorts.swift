// Finds the ports of passive data connections: at random, none that served or was announced lately, and none for ever the same client's.

import Glibc
import LinuxSystem
import MultipathTCP
import Synchronization

/// Opens listening sockets for passive data connections.
///
/// In clear FTP the port is all that a client's data connection is known by among those who have its address. So each serves once: the
/// next one is drawn by the kernel's random generator from all of the range (decision 0036).
public final class PassivePorts: Sendable {
  private struct State {
    var claims = PortClaims()
    var resting = RestingPorts()
    var random = BufferedRandom()
  }

  private let state = Mutex(State())

  public init() {}

  /// Opens a listener on `address` with a port of `ports` (nil: the kernel chooses).
  ///
  /// - Parameters:
  ///   - claimant: who asks.
  ///   - policy: whether its connections may be multipath; those want the wildcard for `address`, or no path to the host's other
  ///     addresses joins.
  ///   - until: how long a claimant that gets none keeps its place in the queue.
  /// - Throws: ``PassivePortError``.
  public func open(
    for claimant: PortClaimant, on address: IPAddress, ports: ClosedRange<UInt16>?, policy: MultipathPolicy = .off,
    expires: MonotonicTime, waitingUntil until: MonotonicTime = .now
  ) throws(PassivePortError) -> PassiveListener {
    guard let ports else { return try openAnywhere(claimant, address, policy, expires) }
    var draw = PortDraw(ports, address)
    while let (local, lease) = take(&draw, claimant) {
      do throws(MultipathError) {
        return PassiveListener(
          made: try Self.listen(local, policy), local: local, policy: policy, expires: expires, lease, self)
      } catch {
        draw.failed = local
        guard error.errno == EADDRINUSE || error.errno == EACCES else {
          state.withLock { $0.claims.release(local) }
          throw .failed(error)
        }
      }
    }
    queue(claimant, until: until)
    throw .allInUse(ports.count)
  }

  /// Whether a listener of this table is open at `target`, or at its port on the wildcard address.
  public func isOpen(at target: SocketAddress) -> Bool { state.withLock { $0.claims.isHeld(target) } }

  /// Whether a listener of this table has this port at any address.
  public func isOpen(port: UInt16) -> Bool { state.withLock { $0.claims.isHeld(port) } }

  /// How many listeners of this table are open.
  public var openCount: Int { state.withLock { $0.claims.heldCount } }

  /// The claimant will not come again: it keeps no place in the queue.
  public func withdraw(_ claimant: UInt64) { state.withLock { $0.claims.withdraw(claimant) } }

  // MARK: for listeners

  /// The client has come.
  func serves(_ local: SocketAddress) { state.withLock { $0.claims.serve(local) } }

  /// The socket is closed: the port rests, and whoever waits is told.
  func closed(_ local: SocketAddress) {
    let next = state.withLock { state -> PortClaimant? in
      state.claims.release(local)
      state.resting.add(local.port)
      return state.claims.next
    }
    next?.wake()
  }

  // MARK: how one is made

  /// Draws the next port that may be tried and holds it; nil when there is none.
  ///
  /// All of it under one lock: in a crowd, a lock taken several times for each transfer costs more than the transfer.
  private func take(_ draw: inout PortDraw, _ claimant: PortClaimant) -> (SocketAddress, PortLease)? {
    let lease = PortLease(wake: claimant.wake)
    let (local, next) = state.withLock { state -> (SocketAddress?, PortClaimant?) in
      if let failed = draw.failed { state.claims.release(failed) }
      draw.failed = nil
      if !draw.hasBegun {
        draw.hasBegun = true
        state.resting.trim(to: RestingPorts.share(of: draw.ports.count))
        guard state.claims.admits(claimant, of: draw.ports, at: .now) else { return (nil, nil) }
      }
      // Those that rest come last, when there is nothing else in a narrow range.
      while let (port, mayRest) = draw.next(&state.random) {
        let local = SocketAddress(draw.address, port: port)
        guard state.resting.contains(port) == mayRest, !state.claims.isHeld(local) else { continue }
        state.claims.hold(local, claimant, lease, at: .now)
        state.claims.withdraw(claimant.number)
        return (local, state.claims.next)
      }
      return (nil, nil)
    }
    next?.wake()
    return local.map { ($0, lease) }
  }

  /// Puts a claimant in the queue, and asks whoever holds more than a fair share to give up a port.
  private func queue(_ claimant: PortClaimant, until: MonotonicTime) {
    let lease = state.withLock { state -> PortLease? in
      state.claims.wait(claimant, until: until)
      return state.claims.revocable(for: claimant, at: .now)
    }
    lease?.revoke()
  }

  /// The kernel chooses at random, too, but knows nothing of ports that rest: then it is asked again.
  private func openAnywhere(
    _ claimant: PortClaimant, _ address: IPAddress, _ policy: MultipathPolicy, _ expires: MonotonicTime
  ) throws(PassivePortError) -> PassiveListener {
    do throws(MultipathError) {
      var refused: [PassiveListener] = []
      while true {
        let made = try Self.listen(SocketAddress(address, port: 0), policy)
        let local: SocketAddress
        do { local = try Socket.localAddress(made.number) } catch { throw .system(error) }
        let lease = PortLease(wake: claimant.wake)
        let isResting = state.withLock { state in
          state.claims.hold(local, claimant, lease, at: .now)
          return state.resting.contains(local.port)
        }
        let listener = PassiveListener(made: made, local: local, policy: policy, expires: expires, lease, self)
        if !isResting || refused.count >= 8 { return listener }
        // Kept open until another is found, so that it is not chosen again.
        refused.append(listener)
      }
    } catch {
      throw .failed(error)
    }
  }

  private static func listen(
    _ address: SocketAddress, _ policy: MultipathPolicy
  ) throws(MultipathError) -> MadeSocket {
    try MultipathSocket.listen(on: address, policy: policy, backlog: PassiveListener.backlog)
  }
}

/// Why there is no passive port.
public enum PassivePortError: Error, Sendable {
  /// All ports of the range, which has so many, are in use, or kept for those who have waited longer.
  case allInUse(Int)
  /// EMFILE and its kin.
  case failed(MultipathError)
}

/// All ports of a range once, in an order that nobody can foretell: a random one, then on by a random step that misses none.
struct PortOrder {
  private let ports: ClosedRange<UInt16>
  private var place = 0
  private var step = 0
  private var count = 0

  init(_ ports: ClosedRange<UInt16>) { self.ports = ports }

  mutating func next(_ random: inout BufferedRandom) -> UInt16? {
    let size = ports.count
    guard count < size else { return nil }
    if count == 0 {
      place = Int.random(in: 0..<size, using: &random)
    } else {
      if step == 0 { step = Self.coprime(to: size, &random) }
      place = (place + step) % size
    }
    count += 1
    return ports.lowerBound + UInt16(place)
  }

  private static func coprime(to size: Int, _ random: inout BufferedRandom) -> Int {
    while true {
      let step = Int.random(in: 1...size, using: &random)
      var (one, other) = (size, step)
      while other > 0 { (one, other) = (other, one % other) }
      if one == 1 { return step }
    }
  }
}

/// The draw of one port: all that do not rest, and then those that do.
private struct PortDraw {
  let ports: ClosedRange<UInt16>
  let address: IPAddress
  var hasBegun = false
  /// A port that was held and could not be had.
  var failed: SocketAddress?
  private var order: PortOrder
  private var mayRest = false

  init(_ ports: ClosedRange<UInt16>, _ address: IPAddress) {
    self.ports = ports
    self.address = address
    order = PortOrder(ports)
  }

  mutating func next(_ random: inout BufferedRandom) -> (UInt16, mayRest: Bool)? {
    if let port = order.next(&random) { return (port, mayRest) }
    if mayRest { return nil }
    mayRest = true
    order = PortOrder(ports)
    return order.next(&random).map { ($0, true) }
  }
}
