// One listening socket for passive data connections.

import Glibc
import LinuxSystem
import MultipathTCP

/// A listening data socket. It belongs to one session.
final class PassiveListener {
  private let socket: Descriptor
  let local: SocketAddress
  /// What was wanted when it was made.
  let policy: MultipathPolicy
  /// Whether it is a multipath listener: its connections may be multipath.
  let isMultipath: Bool
  /// When it is closed if its client has not connected.
  var expires: MonotonicTime
  /// How often it was lent.
  var leases = 1
  /// Whether it may stop listening and start again on the same port.
  let isReusable: Bool
  /// Connections that may wait: enough that strangers cannot keep the client out.
  static let backlog: Int32 = 128

  init(
    made: consuming MadeSocket, local: SocketAddress, policy: MultipathPolicy, hasOwnPort: Bool, expires: MonotonicTime
  ) {
    isMultipath = made.kind == .multipath
    isReusable = hasOwnPort && made.kind == .tcp
    self.policy = policy
    socket = made.takeDescriptor()
    self.local = local
    self.expires = expires
  }

  var number: Int32 { socket.number }

  func listen() throws(SystemError) { try Socket.listen(socket, backlog: Self.backlog) }

  /// Refuses and drops connections until ``listen()``; the port it was bound to stays its own.
  func stopListening() { _ = shutdown(number, Int32(SHUT_RD)) }

  /// Closes connections that wait here and are not wanted, and returns how many there were; nil when the listener is broken.
  @discardableResult
  func drain() -> Int? {
    var count = 0
    do {
      while let (number, _) = try Socket.accept(socket.number) {
        _ = Descriptor(owning: number)
        count += 1
      }
      return count
    } catch {
      return nil
    }
  }
}
