// Determines the kind of a socket that was made elsewhere.

import CLinux
import Glibc

/// The kind of a socket, from the kernel. Source: socket(7): SO_DOMAIN, SO_TYPE, SO_PROTOCOL, SO_ACCEPTCONN.
public struct SocketKind: Sendable, Equatable {
  /// AF_INET, AF_INET6, AF_UNIX, …
  public let domain: Int32
  /// SOCK_STREAM, SOCK_DGRAM, …
  public let type: Int32
  /// IPPROTO_TCP (6), IPPROTO_MPTCP (262), …
  public let number: Int32
  /// Whether listen(2) was called on it.
  public let isListening: Bool

  /// - Throws: ENOTSOCK or EBADF when the descriptor is no socket.
  public init(of descriptor: Int32) throws(SystemError) {
    domain = try Socket.option(descriptor, SOL_SOCKET, SO_DOMAIN)
    type = try Socket.option(descriptor, SOL_SOCKET, SO_TYPE)
    number = try Socket.option(descriptor, SOL_SOCKET, SO_PROTOCOL)
    isListening = try Socket.option(descriptor, SOL_SOCKET, SO_ACCEPTCONN) != 0
  }

  /// TCP or multipath TCP; nil for every other protocol.
  public var stream: StreamProtocol? {
    type == Int32(SOCK_STREAM.rawValue) && (domain == AF_INET || domain == AF_INET6)
      ? StreamProtocol(rawValue: number) : nil
  }
}

extension Socket {
  /// Makes an inherited descriptor close-on-exec and non-blocking, like the descriptors made here. Source: fcntl(2).
  public static func prepareInherited(_ descriptor: Int32) throws(SystemError) {
    try check(weft_fcntl_int(descriptor, F_SETFD, FD_CLOEXEC), "fcntl")
    let flags = try check(weft_fcntl_int(descriptor, F_GETFL, 0), "fcntl")
    try check(weft_fcntl_int(descriptor, F_SETFL, flags | O_NONBLOCK), "fcntl")
  }
}
