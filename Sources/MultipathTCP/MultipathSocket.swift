// Makes stream sockets: multipath if the policy and the kernel allow it, plain TCP otherwise, and reports which.

import Glibc
import LinuxSystem

/// All operations on one socket. They take plain descriptor numbers, so they also work on sockets made elsewhere. None of
/// them waits.
public enum MultipathSocket {}

/// A socket, a listener or a connection in progress, made under a policy.
///
/// The kind of socket that was made does not say what was negotiated: see ``MultipathSocket/negotiated(_:)``.
public struct MadeSocket: ~Copyable, Sendable {
  /// The socket, non-blocking and close-on-exec, closed with this value.
  public let descriptor: Descriptor
  public let family: IPAddress.Family
  /// Why it is plain TCP; nil if it is a multipath socket.
  public let unavailability: MultipathUnavailability?
  /// The connection was established at once (``MultipathSocket/connect(to:from:policy:receives:reuseAddress:)`` on loopback may do so).
  public internal(set) var isConnected = false

  public var number: Int32 { descriptor.number }
  public var kind: StreamProtocol { unavailability == nil ? .multipath : .tcp }

  /// Gives up the descriptor to the caller.
  public consuming func takeDescriptor() -> Descriptor { descriptor }
}

extension MultipathSocket {
  /// Makes a non-blocking, close-on-exec stream socket.
  ///
  /// Multipath is tried again for every socket, since `net.mptcp.enabled` can change at any time.
  /// - Throws: ``MultipathError/unavailable(_:)`` under ``MultipathPolicy/required``; shortages (EMFILE, ENFILE, ENOBUFS,
  ///   ENOMEM) always, as ``MultipathError/system(_:)``: a second attempt would only hide them.
  ///
  /// Cost, with the close: 3 µs, as plain TCP. Source: socket(2), RFC 8684.
  public static func stream(
    _ family: IPAddress.Family, policy: MultipathPolicy = .automatic
  ) throws(MultipathError) -> MadeSocket {
    guard policy != .off else { return try plain(family, because: .notRequested) }
    do {
      return MadeSocket(
        descriptor: try Socket.stream(family, protocol: .multipath), family: family, unavailability: nil)
    } catch {
      guard let why = MultipathUnavailability(socketErrno: error.code) else { throw .system(error) }
      if policy == .required { throw .unavailable(why) }
      return try plain(family, because: why)
    }
  }

  private static func plain(
    _ family: IPAddress.Family, because why: MultipathUnavailability
  ) throws(MultipathError) -> MadeSocket {
    do {
      return MadeSocket(descriptor: try Socket.stream(family), family: family, unavailability: why)
    } catch { throw .system(error) }
  }

  /// Makes a socket, binds it and listens.
  ///
  /// A plain TCP client of a multipath listener gets a plain TCP socket, without any disadvantage. Further paths of a
  /// connection are accepted only as long as its listener stays open and its queue is drained, unless a `signal` endpoint
  /// has a port of its own. They are accepted only at addresses the listener is bound to, so bind the wildcard address.
  /// - Parameters:
  ///   - address: where to listen; port 0 lets the kernel choose.
  ///   - policy: whether it is to be multipath.
  ///   - backlog: connections that may wait; capped by net.core.somaxconn.
  ///   - reuseAddress: bind even if connections of an earlier listener linger (SO_REUSEADDR).
  ///   - reusePort: share the port with listeners of other processes or threads (SO_REUSEPORT).
  ///   - dualStack: let a listener on `::` accept IPv4 clients too.
  /// - Throws: as ``stream(_:policy:)``, and errors of bind(2) and listen(2) such as EADDRINUSE.
  ///
  /// Source: bind(2), listen(2), ipv6(7) IPV6_V6ONLY.
  public static func listen(
    on address: SocketAddress, policy: MultipathPolicy = .automatic, backlog: Int32 = 128, reuseAddress: Bool = true,
    reusePort: Bool = false, dualStack: Bool = false
  ) throws(MultipathError) -> MadeSocket {
    try prepared(address.address.family, policy) { (socket) throws(SystemError) in
      if reuseAddress { try Socket.setOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1) }
      if reusePort { try Socket.setOption(socket.number, SOL_SOCKET, SO_REUSEPORT, 1) }
      if socket.family == .ipv6 {
        try Socket.setOption(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, dualStack ? 0 : 1)
      }
      try Socket.bind(socket.descriptor, to: address, family: socket.family)
      try Socket.listen(socket.descriptor, backlog: backlog)
    }
  }

  /// Makes a socket and starts to connect it. Unless ``MadeSocket/isConnected`` says that it is connected already, wait
  /// until it is writable and then call `Socket.pendingError`.
  /// - Parameters:
  ///   - remote: where to connect to.
  ///   - local: the address to connect from; port 0 lets the kernel choose one when the destination is known.
  ///   - policy: whether it is to be multipath.
  ///   - receives: this end will mostly receive. The receive window is then widened with ``growReceiveWindow(_:to:)``;
  ///     otherwise a connecting multipath receiver may stall for 200 ms.
  ///   - reuseAddress: bind to a fixed local port (20 in active mode) even if others use it (SO_REUSEADDR).
  /// - Throws: as ``stream(_:policy:)``, and what connect(2) refuses at once (ENETUNREACH, …).
  ///
  /// If a peer or middlebox ignores MPTCP, the connection becomes plain TCP. If a middlebox drops SYNs with the option, this
  /// costs about 3 s, once: the kernel then makes all outgoing connections plain TCP for `net.mptcp.blackhole_timeout`
  /// seconds.
  public static func connect(
    to remote: SocketAddress, from local: SocketAddress? = nil, policy: MultipathPolicy = .automatic,
    receives: Bool = false, reuseAddress: Bool = false
  ) throws(MultipathError) -> MadeSocket {
    let family: IPAddress.Family =
      remote.address.family == .ipv6 || local?.address.family == .ipv6 ? .ipv6 : .ipv4
    return try prepared(family, policy) { (socket) throws(SystemError) in
      if reuseAddress { try Socket.setOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1) }
      if let local {
        // IP_BIND_ADDRESS_NO_PORT: without it every local address has only one range of ports for all destinations.
        if local.port == 0 { _ = integerSet(socket.number, Int32(IPPROTO_IP), 24, 1) }
        try Socket.bind(socket.descriptor, to: local, family: family)
      }
      socket.isConnected = try Socket.connect(socket.descriptor, to: remote, family: family)
      // Not before: there is no path yet then whose buffer could grow with that of the connection, and it stays small for megabytes.
      if receives, socket.kind == .multipath { growReceiveWindow(socket.number) }
    }
  }

  /// Makes a socket and prepares it with `body`. If the kernel does not support these operations on a multipath socket (Linux
  /// 5.6 to 5.15 refuse several options), does both again with plain TCP.
  private static func prepared(
    _ family: IPAddress.Family, _ policy: MultipathPolicy,
    _ body: (inout MadeSocket) throws(SystemError) -> Void
  ) throws(MultipathError) -> MadeSocket {
    var socket = try stream(family, policy: policy)
    do {
      try body(&socket)
      return socket
    } catch {
      guard socket.kind == .multipath, let why = MultipathUnavailability(callErrno: error.code) else {
        throw .system(error)
      }
      if policy == .required { throw .unavailable(why) }
      var second = try plain(family, because: why)
      do { try body(&second) } catch { throw .system(error) }
      return second
    }
  }

  /// Sets an integer option and returns whether the kernel accepted it.
  static func integerSet(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Bool {
    do {
      try Socket.setOption(socket, level, name, value)
      return true
    } catch { return false }
  }
}
