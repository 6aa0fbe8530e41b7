// One listening socket for passive data connections.

import Glibc
import LinuxSystem
import MultipathTCP

/// A listening data socket, for one transfer. Its port is free again when the last reference to it has gone.
public final class PassiveListener {
  private var socket: Descriptor?
  public let local: SocketAddress
  public let number: Int32
  /// What was wanted when it was made.
  public let policy: MultipathPolicy
  /// Whether it is a multipath listener: its connections may be multipath.
  public let isMultipath: Bool
  /// When it is closed if its client has not connected.
  public let expires: MonotonicTime
  private let lease: PortLease
  private let ports: PassivePorts
  /// Connections that may wait. Strangers are sent away as they come; a burst of them must not keep the client out meanwhile.
  public static let backlog: Int32 = 1024
  /// How many connections are looked at before others get their turn.
  public static let acceptLimit = 256

  init(
    made: consuming MadeSocket, local: SocketAddress, policy: MultipathPolicy, expires: MonotonicTime,
    _ lease: PortLease, _ ports: PassivePorts
  ) {
    isMultipath = made.kind == .multipath
    self.policy = policy
    number = made.number
    socket = made.takeDescriptor()
    self.local = local
    self.expires = expires
    self.lease = lease
    self.ports = ports
  }

  deinit {
    // Closed first: whoever is told that the port is free will want to bind it.
    socket = nil
    ports.closed(local)
  }

  /// Whether the port is wanted back for somebody who has none.
  public var isRevoked: Bool { lease.isRevoked }

  /// Takes the next connection that waits here; nil when none does.
  ///
  /// - Throws: ``TransferBreak/acceptFailed(_:)``.
  public func accept() throws(TransferBreak) -> (number: Int32, peer: SocketAddress)? {
    do { return try Socket.accept(number) } catch { throw .acceptFailed(error) }
  }

  /// Makes a data connection of an accepted socket. A multipath one keeps this listener open.
  ///
  /// - Throws: ``TransferBreak/notMultipath`` if it had to be.
  public func connection(
    _ socket: consuming Descriptor, _ peer: SocketAddress
  ) throws(TransferBreak) -> DataConnection {
    let isMultipath = isMultipath && MultipathSocket.negotiated(socket.number) == .multipath
    if policy == .required, !isMultipath { throw .notMultipath }
    if isMultipath { ports.serves(local) }
    return DataConnection(
      socket: socket, peer: peer, isMultipath: isMultipath, isReported: policy != .off,
      listener: isMultipath ? self : nil)
  }

  /// Closes connections that wait here and are not wanted, and returns how many there were; nil when the listener is broken.
  @discardableResult
  public func drain() -> Int? {
    var count = 0
    do {
      while count < Self.acceptLimit, let (number, _) = try Socket.accept(number) {
        _ = Descriptor(owning: number)
        count += 1
      }
      return count
    } catch {
      return nil
    }
  }
}
