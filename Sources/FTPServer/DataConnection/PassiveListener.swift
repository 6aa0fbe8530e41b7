// One listening socket for passive data connections.

import LinuxSystem

/// A listening data socket. It is lent to one session at a time, or lies in the pool.
final class PassiveListener: @unchecked Sendable {
  // Sendable: `expires` and `leases` are changed by the pool only, before the listener is lent (under the pool's lock or not yet shared).
  private let socket: Descriptor
  let local: SocketAddress
  /// When it is closed if its client has not connected.
  var expires: MonotonicTime
  /// How often it was lent.
  var leases = 0

  init(socket: consuming Descriptor, local: SocketAddress, expires: MonotonicTime) {
    self.socket = socket
    self.local = local
    self.expires = expires
  }

  var number: Int32 { socket.number }
}
