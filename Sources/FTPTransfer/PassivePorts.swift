// Finds the ports of passive data connections: at random from the range, and not those let go of lately.

import Glibc
import LinuxSystem
import MultipathTCP
import Synchronization

/// Opens listening sockets for passive data connections, and knows which ports were closed lately.
public final class PassivePorts: Sendable {
  /// Ports that were let go of lately, oldest first: not chosen again while they are in here.
  private let recent = Mutex<[UInt16]>([])
  private static let recentLimit = 128
  /// Listeners that sessions keep for their next transfer.
  private let kept = Atomic<Int>(0)
  /// More are not kept, whatever the number of sessions: each costs a descriptor.
  private static let keptLimit = 512

  public init() {}

  /// Counts a listener in that is to be kept; false when there are too many.
  public func mayKeep() -> Bool {
    if kept.add(1, ordering: .relaxed).newValue <= Self.keptLimit { return true }
    kept.subtract(1, ordering: .relaxed)
    return false
  }

  /// Counts a listener out that was kept.
  public func noLongerKept() { kept.subtract(1, ordering: .relaxed) }

  /// Notes that the port of a listener is closed, so that it is not handed out again at once. The socket closes with its last reference.
  public func giveUp(_ listener: PassiveListener) {
    recent.withLock { recent in
      if recent.count >= Self.recentLimit { recent.removeFirst(Self.recentLimit / 4) }
      recent.append(listener.local.port)
    }
  }

  /// Opens a listener on `address` with a port of `ports` (nil: the kernel chooses).
  ///
  /// - Parameter policy: whether its connections may be multipath; those want the wildcard for `address`, or no path to the host's other
  ///   addresses joins.
  /// - Throws: EADDRINUSE when every port of the range is taken; EMFILE and its kin.
  public func open(
    on address: IPAddress, ports: ClosedRange<UInt16>?, policy: MultipathPolicy = .off, expires: MonotonicTime
  ) throws(MultipathError) -> PassiveListener {
    guard let ports else { return try Self.bind(SocketAddress(address, port: 0), policy, expires) }
    let size = Int(ports.upperBound - ports.lowerBound) + 1
    let start = Int.random(in: 0..<size)
    let recent = size > 2 * Self.recentLimit ? self.recent.withLock { $0 } : []
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
