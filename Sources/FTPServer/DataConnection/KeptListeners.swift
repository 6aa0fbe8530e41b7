// The passive listeners a session keeps for its next transfers.

import FTPTransfer
import LinuxSystem
import MultipathTCP

/// Listeners of one session that have served and may serve again.
///
/// Making one costs five system calls, a quarter of a small transfer, and after some 14,000 transfers a minute the kernel's own choice
/// of a port becomes a search through TIME_WAIT sockets (measured: from thousands of transfers a second to hundreds). They are the
/// session's own: a port that another session has learnt is of no use to it. Where the port itself is the proof of who comes to it, none is
/// kept (``Session/mayKeepPorts``). While one is kept it does not listen; the one that
/// served last is not taken next; and after a few leases its port is given up.
struct KeptListeners {
  /// In the order they came back; the last one is never taken.
  private var listeners: [PassiveListener] = []
  private static let limit = 2
  /// A listener is lent so often, then its port is given up.
  private static let leaseLimit = 16
  /// Nanoseconds after which a listener that is kept is closed.
  private static let idleTime: Int64 = 30_000_000_000

  /// When the first of them has been kept long enough.
  var expires: MonotonicTime { listeners.first?.expires ?? .never }

  /// A listener that fits and takes connections again, to be used before `expires`.
  mutating func take(
    on address: IPAddress, ports range: ClosedRange<UInt16>?, policy: MultipathPolicy, expires: MonotonicTime,
    _ ports: PassivePorts
  ) -> PassiveListener? {
    while listeners.count >= Self.limit {
      let listener = listeners.removeFirst()
      ports.noLongerKept()
      // After a reload, or when the live path has changed, it may not fit. Listening fails if the port was taken meanwhile.
      guard listener.local.address == address, listener.policy == policy,
        range?.contains(listener.local.port) ?? true, (try? listener.listen()) != nil
      else {
        ports.giveUp(listener)
        continue
      }
      listener.expires = expires
      listener.leases += 1
      return listener
    }
    return nil
  }

  /// Takes back a listener whose client has come. It is kept if it can stop listening and start again: a multipath one cannot, and
  /// one whose port the kernel chose would lose it.
  mutating func keep(_ listener: PassiveListener, _ ports: PassivePorts) {
    guard listener.isReusable, listener.leases < Self.leaseLimit, listeners.count < Self.limit, ports.mayKeep() else {
      return ports.giveUp(listener)
    }
    listener.stopListening()
    listener.expires = MonotonicTime.now.advanced(by: Self.idleTime)
    listeners.append(listener)
  }

  /// Closes those that have been kept long enough by `now`.
  mutating func expire(at now: MonotonicTime, _ ports: PassivePorts) {
    while let first = listeners.first, first.expires <= now { close(listeners.removeFirst(), ports) }
  }

  /// Closes them all.
  mutating func closeAll(_ ports: PassivePorts) {
    while let listener = listeners.popLast() { close(listener, ports) }
  }

  private func close(_ listener: PassiveListener, _ ports: PassivePorts) {
    ports.noLongerKept()
    ports.giveUp(listener)
  }
}
