// What a service manager needs of a server: to hand it listening sockets, and to learn whether its threads still turn.

import LinuxSystem
import MultipathTCP

/// How a control connection of a listener begins.
public enum ListenerSecurity: Sendable, Equatable {
  /// In clear text; the client may ask for TLS by AUTH (RFC 4217).
  case explicit
  /// With a TLS handshake, before the first byte of FTP.
  case implicit
}

extension FTPServer {
  /// Transfers that run now, listings included.
  public var activeTransfers: Int { context.registry.transfersRunning }

  /// Takes a listening TCP or multipath TCP socket that somebody else made; what it is it stays, whatever `mptcp.control` says.
  ///
  /// The one who made it goes on with it after us: ``drain(grace:)`` lets it listen, and clients wait there for whoever comes next.
  /// - Returns: the address clients connect to.
  public func adopt(
    _ socket: consuming Descriptor, security: ListenerSecurity = .explicit
  ) throws(SystemError) -> SocketAddress {
    try Socket.prepareInherited(socket.number)
    try Acceptor.tuneListener(socket.number)
    let isMultipath = try SocketKind(of: socket.number).stream == .multipath
    let local = try Socket.localAddress(socket.number)
    let acceptor = try Acceptor(
      context: context, listener: socket, address: local, isMultipath: isMultipath, isKept: true,
      rules: ListenerRules(isImplicit: security == .implicit))
    add(acceptor)
    return local
  }

  /// Whether the reactor and every acceptor come round their loops within `limit` each. Blocks the caller so long at most for each:
  /// call it from a thread that belongs to none of them.
  ///
  /// - Returns: the names of those that do not; empty when all do.
  public func stuckThreads(within limit: Duration) -> [String] {
    var stuck = context.reactor.isTurning(within: limit) ? [] : ["reactor"]
    // An acceptor that was told to end answers no more.
    var isAccepting: Bool {
      context.ending.load(ordering: .sequentiallyConsistent) == .no && acceptors.withLock { !$0.isEmpty }
    }
    for acceptor in acceptors.withLock({ $0 }) {
      guard isAccepting else { break }
      if !acceptor.isTurning(within: limit), isAccepting {
        stuck.append("acceptor of \(acceptor.place)")
      }
    }
    return stuck
  }
}
