// Socket calls, each once: created non-blocking and close-on-exec, errors typed, EINTR retried.

import CLinux
import Glibc

/// The result of a non-blocking read or write.
public enum Progress: Sendable, Equatable {
  /// This many bytes were moved. Zero from a receiving call is the peer's end of file.
  case moved(Int)
  /// Nothing can be moved now: wait for readiness and try again (EAGAIN).
  case wouldBlock
}

/// The kind of stream socket to make.
public enum StreamProtocol: Int32, Sendable {
  case tcp = 6
  /// Multipath TCP, RFC 8684.
  case multipath = 262
}

public enum Socket {
  /// Makes a non-blocking, close-on-exec stream socket. Source: socket(2).
  public static func stream(
    _ family: IPAddress.Family, protocol kind: StreamProtocol = .tcp
  ) throws(SystemError) -> Descriptor {
    let domain = family == .ipv4 ? AF_INET : AF_INET6
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    return Descriptor(owning: try check(weft_socket(domain, type, kind.rawValue), "socket"))
  }

  /// Binds `socket`, a socket of `family`. Source: bind(2).
  public static func bind(
    _ socket: borrowing Descriptor, to address: SocketAddress, family: IPAddress.Family
  ) throws(SystemError) {
    let number = socket.number
    try check(address.withSockaddr(family) { weft_bind(number, $0, $1) }, "bind")
  }

  /// Source: listen(2). `backlog` is capped by net.core.somaxconn.
  public static func listen(_ socket: borrowing Descriptor, backlog: Int32) throws(SystemError) {
    try check(weft_listen(socket.number, backlog), "listen")
  }

  /// Accepts one connection, close-on-exec and non-blocking unless `blocking`; nil if none is waiting.
  ///
  /// Errors of a connection that is already gone (accept(4), "Error handling") are ignored.
  ///
  /// - Parameters:
  ///   - refusing: called with a connection if only reserved descriptors are left for it; must close it soon. Without `refusing` the
  ///     connection is closed at once.
  /// - Throws: EMFILE also in that case.
  public static func accept(
    _ listener: Int32, blocking: Bool = false, refusing: ((Int32, SocketAddress) -> Void)? = nil
  ) throws(SystemError) -> (number: Int32, peer: SocketAddress)? {
    let flags = Int32(SOCK_CLOEXEC.rawValue) | (blocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    while true {
      let (result, peer) = SocketAddress.read { weft_accept4(listener, $0, $1, flags) }
      if result >= 0 {
        guard let peer else {
          _ = weft_close(result)
          continue
        }
        guard ProcessLimits.isReserved(result) else { return (result, peer) }
        if let refusing { refusing(result, peer) } else { _ = weft_close(result) }
        throw SystemError(code: EMFILE, call: "accept4")
      }
      switch -result {
      case EAGAIN: return nil
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH: continue
      default: throw SystemError(code: -result, call: "accept4")
      }
    }
  }

  /// Starts to connect a non-blocking socket; true when it is connected at once. Source: connect(2).
  public static func connect(
    _ socket: borrowing Descriptor, to address: SocketAddress, family: IPAddress.Family
  ) throws(SystemError) -> Bool {
    let number = socket.number
    let result = address.withSockaddr(family) { weft_connect(number, $0, $1) }
    if result == -EINPROGRESS || result == -EINTR { return false }
    try check(result, "connect")
    return true
  }

  /// The error a non-blocking connect(2) ended with, nil when it succeeded. Source: socket(7), SO_ERROR.
  public static func pendingError(_ socket: Int32) -> SystemError? {
    let code = (try? option(socket, SOL_SOCKET, SO_ERROR)) ?? EIO
    return code == 0 ? nil : SystemError(code: code, call: "connect")
  }

  /// The address `socket` is bound to. Source: getsockname(2).
  public static func localAddress(_ socket: Int32) throws(SystemError) -> SocketAddress {
    let (result, address) = SocketAddress.read { weft_getsockname(socket, $0, $1) }
    try check(result, "getsockname")
    guard let address else { throw SystemError(code: EAFNOSUPPORT, call: "getsockname") }
    return address
  }

  /// The address `socket` is connected to. Source: getpeername(2).
  public static func peerAddress(_ socket: Int32) throws(SystemError) -> SocketAddress {
    let (result, address) = SocketAddress.read { weft_getpeername(socket, $0, $1) }
    try check(result, "getpeername")
    guard let address else { throw SystemError(code: EAFNOSUPPORT, call: "getpeername") }
    return address
  }

  /// Whether `address` is one of this host's own. Asked with a datagram socket: confinement may keep TCP sockets from a bind.
  public static func isLocal(_ address: IPAddress) -> Bool {
    let domain = address.family == .ipv4 ? AF_INET : AF_INET6
    let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard let number = try? check(weft_socket(domain, type, 0), "socket") else { return false }
    let socket = Descriptor(owning: number)
    return (try? bind(socket, to: SocketAddress(address, port: 0), family: address.family)) != nil
  }

  /// Sets an integer option. Source: setsockopt(2).
  public static func setOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    try check(weft_setsockopt(socket, level, name, &value, 4), "setsockopt")
  }

  /// Reads an integer option. Source: getsockopt(2).
  public static func option(_ socket: Int32, _ level: Int32, _ name: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var length: UInt32 = 4
    try check(weft_getsockopt(socket, level, name, &value, &length), "getsockopt")
    return value
  }

  /// Receives the available bytes into `buffer`; `.moved(0)` is the peer's end of file. Source: recv(2).
  @inlinable
  public static func receive(
    _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Progress {
    try progress("recv") { weft_recv(socket, buffer.baseAddress, buffer.count, Int32(WEFT_MSG_DONTWAIT)) }
  }

  /// Receives from a blocking socket, and waits up to the time of ``setReceiveTimeout(_:milliseconds:)``: one call instead
  /// of poll(2) and recv(2).
  @inlinable
  public static func receiveWaiting(
    _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Progress {
    try progress("recv") { weft_recv(socket, buffer.baseAddress, buffer.count, 0) }
  }

  /// Limits the time of every blocking receive of `socket`. Sockets accepted from a TCP listener inherit it. Source: socket(7),
  /// SO_RCVTIMEO.
  public static func setReceiveTimeout(_ socket: Int32, milliseconds: Int) throws(SystemError) {
    var value = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    try check(
      weft_setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &value, UInt32(MemoryLayout<timeval>.size)), "setsockopt")
  }

  /// Sends from `buffer` without ever raising SIGPIPE; `more` keeps a last partial segment back (MSG_MORE). Source: send(2).
  @inlinable
  public static func send(
    _ socket: Int32, _ buffer: UnsafeRawBufferPointer, more: Bool = false
  ) throws(SystemError) -> Progress {
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT) | (more ? Int32(MSG_MORE) : 0)
    return try progress("send") { weft_send(socket, buffer.baseAddress, buffer.count, flags) }
  }

  /// Copies at most `count` bytes of the file `file` from `offset` (advanced) to `socket` in the kernel. Source: sendfile(2).
  @inlinable
  public static func sendFile(
    _ socket: Int32, file: Int32, offset: inout Int64, count: Int
  ) throws(SystemError) -> Progress {
    try progress("sendfile") { weft_sendfile(socket, file, &offset, count) }
  }

  /// Sets whether calls on `socket` block. Source: fcntl(2), F_SETFL.
  public static func setBlocking(_ socket: Int32, _ blocks: Bool) throws(SystemError) {
    let flags = try check(weft_fcntl_int(socket, F_GETFL, 0), "fcntl")
    try check(weft_fcntl_int(socket, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK), "fcntl")
  }

  /// Like ``receive(_:into:)``, but the bytes stay in `socket`. Source: recv(2), MSG_PEEK.
  public static func peek(
    _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Progress {
    try progress("recv") {
      weft_recv(socket, buffer.baseAddress, buffer.count, Int32(WEFT_MSG_DONTWAIT) | Int32(MSG_PEEK))
    }
  }

  /// The next byte in `socket`, which stays there; nil if there is none. Source: recv(2), MSG_PEEK.
  public static func peekByte(_ socket: Int32) -> UInt8? {
    var byte: UInt8 = 0
    return weft_recv(socket, &byte, 1, Int32(WEFT_MSG_DONTWAIT) | Int32(MSG_PEEK)) == 1 ? byte : nil
  }

  /// Ends the sending half: queued data is delivered, then end of file. It is not an error if the peer is gone.
  public static func shutdownWriting(_ socket: Int32) { _ = weft_shutdown(socket, Int32(SHUT_WR)) }

  /// Makes the coming close(2) a reset, so that the peer cannot mistake what it got for a complete transfer. Source: socket(7),
  /// SO_LINGER.
  public static func resetOnClose(_ socket: Int32) {
    var value = linger(l_onoff: 1, l_linger: 0)
    _ = weft_setsockopt(socket, SOL_SOCKET, SO_LINGER, &value, UInt32(MemoryLayout<linger>.size))
  }

  @inlinable
  static func progress(_ call: StaticString, _ body: () -> Int) throws(SystemError) -> Progress {
    while true {
      let result = body()
      if result >= 0 { return .moved(result) }
      if result == -Int(EAGAIN) { return .wouldBlock }
      if result != -Int(EINTR) { throw SystemError(code: Int32(truncatingIfNeeded: -result), call: call) }
    }
  }
}
