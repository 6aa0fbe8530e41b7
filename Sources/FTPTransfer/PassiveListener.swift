// One listening socket for passive data connections.

import Glibc
import LinuxSystem
import MultipathTCP

/// A listening data socket. It belongs to one session.
public final class PassiveListener {
  private let socket: Descriptor
  public let local: SocketAddress
  /// What was wanted when it was made.
  public let policy: MultipathPolicy
  /// Whether it is a multipath listener: its connections may be multipath.
  public let isMultipath: Bool
  /// When it is closed if its client has not connected.
  public var expires: MonotonicTime
  /// How often it was lent.
  public var leases = 1
  /// Whether it may stop listening and start again on the same port.
  public let isReusable: Bool
  /// Connections that may wait: enough that strangers cannot keep the client out.
  public static let backlog: Int32 = 128

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

  public var number: Int32 { socket.number }

  public func listen() throws(SystemError) { try Socket.listen(socket, backlog: Self.backlog) }

  /// Refuses and drops connections until ``listen()``; the port it was bound to stays its own.
  public func stopListening() { _ = shutdown(number, Int32(SHUT_RD)) }

  /// Takes the next connection that waits here; nil when none does.
  ///
  /// - Throws: ``TransferBreak/acceptFailed(_:)``.
  public func accept() throws(TransferBreak) -> (number: Int32, peer: SocketAddress)? {
    do { return try Socket.accept(socket.number) } catch { throw .acceptFailed(error) }
  }

  /// Makes a data connection of an accepted socket. A multipath one keeps this listener open.
  ///
  /// - Throws: ``TransferBreak/notMultipath`` if it had to be.
  public func connection(
    _ socket: consuming Descriptor, _ peer: SocketAddress
  ) throws(TransferBreak) -> DataConnection {
    let isMultipath = isMultipath && MultipathSocket.negotiated(socket.number) == .multipath
    if policy == .required, !isMultipath { throw .notMultipath }
    return DataConnection(
      socket: socket, peer: peer, isMultipath: isMultipath, isReported: policy != .off,
      listener: isMultipath ? self : nil)
  }

  /// Closes connections that wait here and are not wanted, and returns how many there were; nil when the listener is broken.
  @discardableResult
  public func drain() -> Int? {
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
