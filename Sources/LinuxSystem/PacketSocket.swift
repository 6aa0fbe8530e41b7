// Local sockets that keep packets apart, for communication between processes on one machine.

import CLinux
import Glibc

/// UNIX sockets of the kind SOCK_SEQPACKET: what is sent in one call is received in one call, or not at all. Source: unix(7).
public enum PacketSocket {
  /// The result of a non-blocking receive.
  public enum Received: Sendable, Equatable {
    /// A packet of this many bytes is in the buffer.
    case packet(Int)
    /// A packet came that was longer than the buffer; its rest is lost.
    case tooLong
    case nothing
    /// The other end is closed.
    case ended
  }

  /// Two connected sockets, close-on-exec and non-blocking. Source: socketpair(2).
  public static func pair() throws(SystemError) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError(code: errno, call: "socketpair") }
    return (ends[0], ends[1])
  }

  /// Connects to the socket at `path`, without waiting for its owner. Source: connect(2).
  public static func connect(to path: String) throws(SystemError) -> Descriptor {
    let socket = Descriptor(owning: try check(weft_socket(AF_UNIX, kind, 0), "socket"))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
      // One byte stays for the terminating NUL.
      guard name.count < place.count, !name.contains(0) else { return false }
      place.copyBytes(from: name)
      return true
    }
    guard fits else { throw SystemError(code: ENAMETOOLONG, call: "connect") }
    let number = socket.number
    let length = UInt32(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) { weft_connect(number, UnsafeRawPointer($0), length) }
    try check(result, "connect")
    return socket
  }

  /// Accepts a connection, or nil when none waits. Source: accept4(2).
  public static func accept(_ listener: Int32) throws(SystemError) -> Int32? {
    let result = weft_accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue))
    if result == -EAGAIN || result == -EINTR || result == -ECONNABORTED { return nil }
    return try check(result, "accept4")
  }

  /// Sends one packet; false if the other end cannot accept it now. Source: send(2).
  public static func send(_ socket: Int32, _ packet: [UInt8]) throws(SystemError) -> Bool {
    let result = weft_send(socket, packet, packet.count, Int32(MSG_NOSIGNAL) | WEFT_MSG_DONTWAIT)
    if result == -Int(EAGAIN) || result == -Int(EINTR) { return false }
    try check(result, "send")
    return true
  }

  /// Receives one packet. Source: recv(2), MSG_TRUNC.
  public static func receive(
    _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Received {
    let result = weft_recv(
      socket, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC) | WEFT_MSG_DONTWAIT)
    if result == -Int(EAGAIN) || result == -Int(EINTR) { return .nothing }
    // A packet may be empty, but none of ours is: zero is the end.
    let count = try check(result, "recv")
    if count == 0 { return .ended }
    return count > buffer.count ? .tooLong : .packet(count)
  }

  /// Whether `socket` waits for connections. Source: socket(7), SO_ACCEPTCONN.
  public static func isListening(_ socket: Int32) -> Bool {
    (try? Socket.option(socket, SOL_SOCKET, SO_ACCEPTCONN)) == 1
  }

  private static var kind: Int32 {
    Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
  }
}
