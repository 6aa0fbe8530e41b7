// Connections on this machine by Unix sockets: listening at a path, accepting, whole packets, and who is at the other end.

import CLinux
import Glibc

/// The kind of a Unix socket with connections. Source: unix(7).
public enum LocalSocketKind: Sendable {
  /// Packets, each whole (SOCK_SEQPACKET).
  case packets
  /// Bytes (SOCK_STREAM).
  case stream

  var type: Int32 {
    switch self {
    case .packets: Int32(SOCK_SEQPACKET.rawValue)
    case .stream: Int32(SOCK_STREAM.rawValue)
    }
  }
}

extension Socket {
  /// A non-blocking datagram socket that sends to `address` by UDP. Source: udp(7).
  public static func datagram(to address: SocketAddress) throws(SystemError) -> Descriptor {
    let domain = address.address.family == .ipv4 ? AF_INET : AF_INET6
    let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = Descriptor(owning: try check(weft_socket(domain, type, 0), "socket"))
    _ = try connect(socket, to: address, family: address.address.family)
    return socket
  }
}

/// Who is at the other end of a Unix connection, as of its connect(2). Source: unix(7), SO_PEERCRED.
public struct LocalPeer: Sendable, Equatable {
  public let process: Int32
  public let user: UInt32
  public let group: UInt32
}

/// Calls on Unix sockets with connections.
public enum LocalSocket {
  /// A non-blocking socket that listens at `path`, with the permissions `mode`.
  ///
  /// What a process that is gone has left at `path` is replaced; a socket somebody listens at, and any other file, is not.
  ///
  /// - Parameter owner: who owns the socket, where that is not the process itself.
  /// - Throws: EADDRINUSE where another process listens, EEXIST where there is a file that is no socket.
  public static func listen(
    _ kind: LocalSocketKind, at path: String, mode: UInt32, owner: (user: UInt32, group: UInt32)? = nil,
    backlog: Int32 = 64
  ) throws(SystemError) -> Descriptor {
    guard let address = LocalAddress(path), !address.bytes.starts(with: [0]) else {
      throw SystemError(code: ENAMETOOLONG, call: "bind")
    }
    try removeStale(kind, address, path)
    // Nobody can connect before it listens, and then owner and mode are right.
    let bound = address.bytes.withUnsafeBytes { weft_unix_bind(kind.type, $0.baseAddress, $0.count) }
    let socket = Descriptor(owning: try check(bound, "bind"))
    do throws(SystemError) {
      if let owner { try owned(path, owner) }
      try check(weft_chmod(path, mode), "chmod")
      try Socket.listen(socket, backlog: backlog)
    } catch {
      unlink(path)
      throw error
    }
    return socket
  }

  private static func owned(_ path: String, _ owner: (user: UInt32, group: UInt32)) throws(SystemError) {
    if lchown(path, owner.user, owner.group) < 0 { throw SystemError(code: errno, call: "chown") }
  }

  /// Removes the socket at `path` if nobody listens there; any other file stays.
  public static func removeStale(_ kind: LocalSocketKind, at path: String) {
    if let address = LocalAddress(path) { try? removeStale(kind, address, path) }
  }

  private static func removeStale(
    _ kind: LocalSocketKind, _ address: LocalAddress, _ path: String
  ) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(code: EEXIST, call: "bind") }
    let result = address.bytes.withUnsafeBytes { weft_unix_connect(kind.type, $0.baseAddress, $0.count) }
    if result >= 0 {
      _ = weft_close(result)
      throw SystemError(code: EADDRINUSE, call: "bind")
    }
    // EPROTOTYPE: a socket of another kind listens there.
    guard result == -ECONNREFUSED else { throw SystemError(code: -result, call: "connect") }
    if unlink(path) < 0 { throw SystemError(code: errno, call: "unlink") }
  }

  /// A connection to who listens at `path`. Source: connect(2).
  ///
  /// - Parameter blocking: false: it does not wait for room in the queue of who listens, and neither do calls on it.
  /// - Throws: EAGAIN without `blocking` if that queue is full.
  public static func connect(
    _ kind: LocalSocketKind, to path: String, blocking: Bool = true
  ) throws(SystemError) -> Descriptor {
    guard let address = LocalAddress(path) else { throw SystemError(code: ENAMETOOLONG, call: "connect") }
    let type = kind.type | (blocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    let result = address.bytes.withUnsafeBytes { weft_unix_connect(type, $0.baseAddress, $0.count) }
    return Descriptor(owning: try check(result, "connect"))
  }

  /// Accepts one connection, non-blocking unless `blocking`; nil if none is waiting, or if only reserved descriptors are left for it.
  /// Source: accept4(2).
  public static func accept(_ listener: Int32, blocking: Bool = false) throws(SystemError) -> Descriptor? {
    let flags = Int32(SOCK_CLOEXEC.rawValue) | (blocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    while true {
      let result = weft_accept4(listener, nil, nil, flags)
      if result >= 0 {
        if !ProcessLimits.isReserved(result) { return Descriptor(owning: result) }
        _ = weft_close(result)
        return nil
      }
      switch -result {
      case EAGAIN: return nil
      case EINTR, ECONNABORTED, EPROTO: continue
      default: throw SystemError(code: -result, call: "accept4")
      }
    }
  }

  /// Who is at the other end. Source: unix(7), SO_PEERCRED.
  public static func peer(_ socket: Int32) throws(SystemError) -> LocalPeer {
    var (process, user, group) = (Int32(0), UInt32(0), UInt32(0))
    try check(weft_unix_peer(socket, &process, &user, &group), "getsockopt")
    return LocalPeer(process: process, user: user, group: group)
  }

  /// The peer's supplementary groups; empty where the kernel does not tell. Source: unix(7), SO_PEERGROUPS (Linux 4.13).
  public static func peerGroups(_ socket: Int32) -> [UInt32] {
    var groups = [UInt32](repeating: 0, count: 1024)
    let count = weft_unix_peer_groups(socket, &groups, Int32(groups.count))
    return count > 0 ? Array(groups[..<Int(count)]) : []
  }

  /// Receives one packet into `buffer`, without waiting; `.moved(0)` is the end. A longer packet is cut: give it one byte more than is
  /// allowed. Source: recv(2).
  public static func receivePacket(
    _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Progress {
    try Socket.receive(socket, into: buffer)
  }
}
