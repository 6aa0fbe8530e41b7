// Best-effort options of a socket, its receive window, abort, and the bytes in its queues.

import CLinux
import Glibc
import LinuxSystem

/// A socket option that is nice to have: a multipath socket may refuse it, and nothing breaks.
public enum SocketTuning: Sendable, Hashable {
  /// TCP_NODELAY: send small segments at once.
  case noDelay(Bool)
  /// SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL (seconds) and TCP_KEEPCNT. The timers need Linux 6.10 on multipath sockets.
  case keepAlive(idle: Int32, interval: Int32, count: Int32)
  /// IP_TOS (the eight bits of DSCP and ECN); IPV6_TCLASS on IPv6 sockets.
  case typeOfService(UInt8)
  /// TCP_CONGESTION: a name of net.ipv4.tcp_available_congestion_control. Linux 5.13 on multipath sockets.
  case congestionControl(String)
  /// TCP_NOTSENT_LOWAT, bytes. Not inherited by the plain TCP children of a multipath listener.
  case notSentLowWater(Int32)
  /// SO_OOBINLINE. Multipath sockets refuse it; urgent data arrives in band there anyway.
  case urgentInline(Bool)
  /// TCP_USER_TIMEOUT, milliseconds. Multipath sockets refuse it.
  case userTimeout(UInt32)
  /// SO_MAX_PACING_RATE, bytes per second. Multipath sockets refuse it.
  case pacingRate(UInt32)
  /// TCP_QUICKACK. Multipath sockets refuse it.
  case quickAcknowledgement(Bool)
  /// Any other integer option.
  case integer(level: Int32, name: Int32, value: Int32)
}

/// An option that was not set, and why.
public struct RefusedTuning: Sendable, Hashable {
  public let tuning: SocketTuning
  public let error: SystemError
}

extension MultipathSocket {
  /// Sets every option that this socket accepts and returns those it refused. Never fails. Source: setsockopt(2).
  @discardableResult
  public static func tune(_ socket: Int32, _ tunings: [SocketTuning]) -> [RefusedTuning] {
    var refused: [RefusedTuning] = []
    for tuning in tunings {
      do {
        try apply(tuning, to: socket)
      } catch { refused.append(RefusedTuning(tuning: tuning, error: error)) }
    }
    return refused
  }

  private static func apply(_ tuning: SocketTuning, to socket: Int32) throws(SystemError) {
    let tcp = SOL_TCP
    switch tuning {
    case .noDelay(let on): try Socket.setOption(socket, tcp, TCP_NODELAY, on ? 1 : 0)
    case .keepAlive(let idle, let interval, let count):
      try Socket.setOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
      try Socket.setOption(socket, tcp, TCP_KEEPIDLE, idle)
      try Socket.setOption(socket, tcp, TCP_KEEPINTVL, interval)
      try Socket.setOption(socket, tcp, TCP_KEEPCNT, count)
    case .typeOfService(let bits):
      let isIPv6 = try Socket.option(socket, SOL_SOCKET, SO_DOMAIN) == AF_INET6
      if isIPv6 { try Socket.setOption(socket, Int32(IPPROTO_IPV6), IPV6_TCLASS, Int32(bits)) }
      // An IPv6 socket may carry IPv4 (mapped addresses). If it cannot, a refusal of the IPv4 option does not matter.
      if !integerSet(socket, Int32(IPPROTO_IP), IP_TOS, Int32(bits)), !isIPv6 {
        try Socket.setOption(socket, Int32(IPPROTO_IP), IP_TOS, Int32(bits))
      }
    case .congestionControl(let name):
      let bytes = Array(name.utf8)
      let result = weft_setsockopt(socket, tcp, TCP_CONGESTION, bytes, UInt32(truncatingIfNeeded: bytes.count))
      if result < 0 { throw SystemError(code: -result, call: "setsockopt") }
    case .notSentLowWater(let bytes): try Socket.setOption(socket, tcp, 25, bytes)
    case .urgentInline(let on): try Socket.setOption(socket, SOL_SOCKET, SO_OOBINLINE, on ? 1 : 0)
    case .userTimeout(let value): try Socket.setOption(socket, tcp, 18, Int32(truncatingIfNeeded: value))
    case .pacingRate(let value): try Socket.setOption(socket, SOL_SOCKET, 47, Int32(truncatingIfNeeded: value))
    case .quickAcknowledgement(let on): try Socket.setOption(socket, tcp, TCP_QUICKACK, on ? 1 : 0)
    case .integer(let level, let name, let value): try Socket.setOption(socket, level, name, value)
    }
  }

  /// Lets the receive window of a multipath socket grow to hold `bytes` at once, without fixing its size.
  ///
  /// For the end that connects and receives: without it two paths of 1 Gbit/s carried 1.1 to 1.4 Gbit/s with a stall of
  /// 200 ms, with it 1.9 Gbit/s. Raising SO_RCVLOWAT makes the kernel provide the buffer (since Linux 6.7); the second
  /// call makes the socket readable from the first byte again.
  ///
  /// Call it after connect(2), which need not have finished. Before it there is no path: only the connection's own buffer
  /// grows, the kernel's autotuning finds it large enough, and the window of each path stays at 64 to 128 KiB: 13 Mbit/s
  /// over a round trip of 50 ms (Linux 6.18).
  /// - Returns: whether it was done; false for plain TCP, which needs no help.
  ///
  /// Cost: about 1 µs. Source: socket(7), SO_RCVLOWAT.
  @discardableResult
  public static func growReceiveWindow(_ socket: Int32, to bytes: Int32 = 4 << 20) -> Bool {
    guard integer(socket, SOL_SOCKET, SO_PROTOCOL) == StreamProtocol.multipath.rawValue else { return false }
    let grown = integerSet(socket, SOL_SOCKET, SO_RCVLOWAT, bytes)
    // Always, even if the first call failed: with a low-water mark of megabytes the socket would not become readable.
    return integerSet(socket, SOL_SOCKET, SO_RCVLOWAT, 1) && grown
  }

  /// Closes the socket with an abort: MP_FASTCLOSE on all paths of a multipath connection, RST on TCP. Queued data is
  /// discarded and the peer gets ECONNRESET. Source: socket(7) SO_LINGER; RFC 8684, section 3.5.
  public static func abort(_ socket: consuming Descriptor) { Socket.resetOnClose(socket.number) }

  /// Bytes the peer has not acknowledged yet, sent or not; nil where there is no connection. Source: tcp(7), SIOCOUTQ (Linux
  /// 5.17 for multipath sockets).
  public static func unacknowledgedBytes(_ socket: Int32) -> Int? { queued(socket, KernelOption.siocOutq) }

  /// Bytes queued here that were not sent yet. Source: SIOCOUTQNSD (Linux 5.17 for multipath sockets).
  public static func unsentBytes(_ socket: Int32) -> Int? { queued(socket, KernelOption.siocOutqNotSent) }

  /// Bytes that have arrived and that the program has not received yet. Source: tcp(7), SIOCINQ.
  public static func unreadBytes(_ socket: Int32) -> Int? { queued(socket, KernelOption.siocInq) }

  private static func queued(_ socket: Int32, _ request: UInt) -> Int? {
    var value: Int32 = 0
    return weft_ioctl_int(socket, request, &value) == 0 ? Int(value) : nil
  }
}
