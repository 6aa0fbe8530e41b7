// Where passive data listeners come from: ports at random from the range, sockets that served well lent again.

import Glibc
import LinuxSystem
import MultipathTCP
import Synchronization

/// Lends listening sockets for passive data connections.
///
/// Making one costs five system calls, a quarter of a small transfer, and after some 14,000 transfers a minute the kernel's own choice
/// of a port becomes a search through TIME_WAIT sockets (measured: from thousands of transfers a second to hundreds). So a listener
/// whose client came is kept for a while, for the same session only: a port that somebody else has learnt is of no use to him. While
/// it is kept it does not listen; a session is not lent the one it had last; and after a few leases its port is given up.
final class PassivePool: Sendable {
  private struct State {
    /// In the order they came back.
    var idle: [PassiveListener] = []
    /// Ports that were let go of lately, oldest first: not chosen again while they are in here.
    var recent: [UInt16] = []
    var random = BufferedRandom()
  }

  private let state = Mutex(State())
  /// A listener is lent so often, then its port is given up.
  private static let leaseLimit = 16
  private static let idleLimit = 256
  private static let recentLimit = 128
  /// Nanoseconds after which a listener that lies idle is closed.
  private static let idleTime: Int64 = 30_000_000_000

  /// Lends a listener on `address` with a port of `ports` (nil: the kernel chooses) to `session`.
  ///
  /// - Parameter policy: whether its connections may be multipath; those want the wildcard for `address`, or no path to the host's other
  ///   addresses joins.
  /// - Throws: EADDRINUSE when every port of the range is taken; EMFILE and its kin.
  func lease(
    for session: UInt64, on address: IPAddress, ports: ClosedRange<UInt16>?, policy: MultipathPolicy = .off,
    expires: MonotonicTime
  ) throws(MultipathError) -> PassiveListener {
    while let listener = takeIdle(address, ports, policy, owner: session) {
      // Nobody can have connected while it lay here. Listening fails if the port was taken meanwhile.
      guard (try? listener.listen()) != nil else { continue }
      listener.expires = expires
      listener.leases += 1
      return listener
    }
    let listener: PassiveListener
    do {
      listener = try make(address, ports, policy, expires)
    } catch  where error.errno == EADDRINUSE {
      // A narrow range: its ports may all lie here.
      state.withLock { $0.idle = [] }
      listener = try make(address, ports, policy, expires)
    }
    listener.owner = session
    listener.leases = 1
    return listener
  }

  /// Takes back a listener whose client has come. It is kept if it can stop listening and start again: a multipath one cannot, and
  /// one whose port the kernel chose would lose it.
  func giveBack(_ listener: PassiveListener) {
    guard listener.isReusable, listener.leases < Self.leaseLimit else { return giveUp(listener) }
    listener.stopListening()
    let now = MonotonicTime.now
    listener.expires = now.advanced(by: Self.idleTime)
    let expired = state.withLock { state -> [PassiveListener] in
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

  /// Closes what was kept for a session that has ended.
  func forget(session: UInt64) {
    state.withLock { state in state.idle.removeAll { $0.owner == session } }
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

  /// One that `session` had before, but not the one it had last.
  private func takeIdle(
    _ address: IPAddress, _ ports: ClosedRange<UInt16>?, _ policy: MultipathPolicy, owner session: UInt64
  ) -> PassiveListener? {
    state.withLock { state in
      let own = state.idle.indices.filter {
        let listener = state.idle[$0]
        // After a reload it may not fit any more.
        return listener.owner == session && listener.local.address == address && listener.policy == policy
          && ports?.contains(listener.local.port) ?? true
      }
      guard let index = own.dropLast().randomElement(using: &state.random) else { return nil }
      return state.idle.remove(at: index)
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
      } catch  where error.errno == EADDRINUSE || error.errno == EACCES {
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
    let made = try MultipathSocket.listen(on: address, policy: policy, backlog: PassiveListener.backlog)
    let local: SocketAddress
    do { local = address.port == 0 ? try Socket.localAddress(made.number) : address } catch { throw .system(error) }
    return PassiveListener(
      made: made, local: local, policy: policy, hasOwnPort: address.port != 0, expires: expires)
  }
}
