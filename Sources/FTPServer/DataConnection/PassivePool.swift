// Where passive data listeners come from: ports at random from the range, sockets that served well lent again.

import Glibc
import LinuxSystem
import MultipathTCP
import Synchronization

/// Lends listening sockets for passive data connections.
///
/// Making one costs four system calls, a quarter of a small transfer, and after some 14,000 transfers a minute the kernel's own choice
/// of a port becomes a search through TIME_WAIT sockets (measured: from thousands of transfers a second to hundreds). So a listener
/// whose client came is kept for the next lease. Which of those that lie here is taken is left to chance, so that the next port
/// cannot be foretold; one that nobody connected to is closed instead, lest its late client meet another session.
final class PassivePool: Sendable {
  private struct State {
    var idle: [PassiveListener] = []
    /// Ports that were let go of lately, oldest first: not chosen again while they are in here.
    var recent: [UInt16] = []
    var random = BufferedRandom()
  }

  private let state = Mutex(State())
  /// A listener is lent so often, then its port is given up.
  private static let leaseLimit = 64
  /// A listener is lent again only when so many lie ready to choose among.
  private static let enoughToChoose = 8
  private static let idleLimit = 64
  private static let recentLimit = 128
  /// Nanoseconds after which a listener that lies idle is closed.
  private static let idleTime: Int64 = 30_000_000_000

  /// Lends a listener on `address` with a port of `ports` (nil: the kernel chooses).
  ///
  /// - Parameter policy: whether its connections may be multipath; those want the wildcard for `address`, or no path to the host's other
  ///   addresses joins.
  /// - Throws: EADDRINUSE when every port of the range is taken; EMFILE and its kin.
  func lease(
    on address: IPAddress, ports: ClosedRange<UInt16>?, policy: MultipathPolicy = .off, expires: MonotonicTime
  ) throws(MultipathError) -> PassiveListener {
    if let listener = reuse(address, ports, policy, expires, ofAtLeast: Self.enoughToChoose) { return listener }
    do {
      let listener = try make(address, ports, policy, expires)
      listener.leases = 1
      return listener
    } catch where error.errno == EADDRINUSE {
      // A narrow range: its ports may all lie here.
      guard let listener = reuse(address, ports, policy, expires, ofAtLeast: 1) else { throw error }
      return listener
    }
  }

  private func reuse(
    _ address: IPAddress, _ ports: ClosedRange<UInt16>?, _ policy: MultipathPolicy, _ expires: MonotonicTime,
    ofAtLeast enough: Int
  ) -> PassiveListener? {
    while let listener = takeIdle(address, ports, policy, ofAtLeast: enough) {
      guard listener.drain() != nil else { continue }
      listener.expires = expires
      listener.leases += 1
      return listener
    }
    return nil
  }

  /// Takes back a listener whose client has come.
  func giveBack(_ listener: PassiveListener) {
    guard listener.leases < Self.leaseLimit else { return giveUp(listener) }
    let now = MonotonicTime.now
    listener.expires = now.advanced(by: Self.idleTime)
    let expired = state.withLock { state -> [PassiveListener] in
      // Idle ones are in the order they came back, so the oldest are in front.
      let old = state.idle.prefix { $0.expires <= now }
      let expired = Array(state.idle.count >= Self.idleLimit && old.isEmpty ? state.idle.prefix(1) : old)
      state.idle.removeFirst(expired.count)
      state.idle.append(listener)
      return expired
    }
    for listener in expired { giveUp(listener) }
  }

  /// Notes that the port of a listener is closed, so that it is not handed out again at once. The socket closes with its last reference.
  func giveUp(_ listener: PassiveListener) {
    state.withLock { state in
      if state.recent.count >= Self.recentLimit { state.recent.removeFirst(Self.recentLimit / 4) }
      state.recent.append(listener.local.port)
    }
  }

  /// Closes what has lain idle too long. Called every half minute.
  func sweep() {
    let now = MonotonicTime.now
    let expired = state.withLock { state -> [PassiveListener] in
      let expired = Array(state.idle.prefix { $0.expires <= now })
      state.idle.removeFirst(expired.count)
      return expired
    }
    for listener in expired { giveUp(listener) }
  }

  private func takeIdle(
    _ address: IPAddress, _ ports: ClosedRange<UInt16>?, _ policy: MultipathPolicy, ofAtLeast enough: Int
  ) -> PassiveListener? {
    state.withLock { state in
      guard state.idle.count >= enough else { return nil }
      let start = Int.random(in: 0..<state.idle.count, using: &state.random)
      // After a reload, or on a host with several addresses, not every one fits.
      for step in 0..<state.idle.count {
        let index = (start + step) % state.idle.count
        let listener = state.idle[index]
        guard listener.local.address == address, listener.policy == policy,
          ports?.contains(listener.local.port) ?? true
        else { continue }
        state.idle.remove(at: index)
        return listener
      }
      return nil
    }
  }

  private func make(
    _ address: IPAddress, _ ports: ClosedRange<UInt16>?, _ policy: MultipathPolicy, _ expires: MonotonicTime
  ) throws(MultipathError) -> PassiveListener {
    guard let ports else { return try Self.bind(SocketAddress(address, port: 0), policy, expires) }
    let size = Int(ports.upperBound - ports.lowerBound) + 1
    let start = Int.random(in: 0..<size)
    let recent = size > 2 * Self.recentLimit ? state.withLock { $0.recent } : []
    // A full round from a random port; the few let go of lately are passed over as long as the range is wide.
    for step in 0..<size {
      let port = ports.lowerBound + UInt16((start + step) % size)
      if recent.contains(port) { continue }
      do {
        return try Self.bind(SocketAddress(address, port: port), policy, expires)
      } catch where error.errno == EADDRINUSE || error.errno == EACCES {
        continue
      }
    }
    throw .system(SystemError(code: EADDRINUSE, call: "bind"))
  }

  private static func bind(
    _ address: SocketAddress, _ policy: MultipathPolicy, _ expires: MonotonicTime
  ) throws(MultipathError) -> PassiveListener {
    // A long queue: while a transfer runs, connections of strangers wait here until the transfer next looks (and would keep
    // further paths out if the queue were full).
    let made = try MultipathSocket.listen(on: address, policy: policy, backlog: policy == .off ? 16 : 128)
    let local: SocketAddress
    do { local = address.port == 0 ? try Socket.localAddress(made.number) : address } catch { throw .system(error) }
    return PassiveListener(made: made, local: local, policy: policy, expires: expires)
  }
}
