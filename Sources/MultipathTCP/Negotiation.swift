// Whether a socket really is a multipath connection, regardless of what was asked for when it was made.

import CLinux
import Glibc
import LinuxSystem

/// The result of the negotiation on a socket.
public enum Negotiation: String, Sendable, Hashable, CustomStringConvertible {
  /// Both ends speak MPTCP.
  case multipath
  /// Made as a multipath socket, now plain TCP: the peer or something between does not speak MPTCP, or changed the data.
  case fellBack
  /// A plain TCP socket. A multipath listener returns these for clients that do not speak MPTCP.
  case tcp
  /// A multipath socket without a connection: fresh, listening, or still connecting.
  case undecided
  /// The kernel cannot tell (Linux 5.6 to 5.15), or the descriptor is not a stream socket.
  case unknown

  public var description: String {
    switch self {
    case .multipath: "multipath"
    case .fellBack: "fell back to TCP"
    case .tcp: "TCP"
    case .undecided: "not connected"
    case .unknown: "unknown"
    }
  }
}

extension MultipathSocket {
  /// What was negotiated on `socket`. Works on every descriptor, wherever it was made; never blocks and never fails.
  ///
  /// Cost: about 0.6 µs, for plain TCP 0.2 µs. Source: tcp(7) TCP_IS_MPTCP (Linux 6.10), socket(7) SO_PROTOCOL, MPTCP_INFO (Linux 5.16).
  public static func negotiated(_ socket: Int32) -> Negotiation {
    guard let kind = integer(socket, SOL_SOCKET, SO_PROTOCOL) else { return .unknown }
    guard kind == StreamProtocol.multipath.rawValue else {
      return kind == StreamProtocol.tcp.rawValue ? .tcp : .unknown
    }
    // The flags are the u32 at offset 8; the second bit is set once the peer's key is known. A fresh or listening
    // socket answers too, with the bit clear. A socket that fell back does not answer (EOPNOTSUPP, on IPv6 ENOPROTOOPT).
    var head: (UInt64, UInt32) = (0, 0)
    var length: UInt32 = 12
    let result = weft_getsockopt(socket, KernelOption.levelMPTCP, KernelOption.info, &head, &length)
    if result == 0 {
      if length < 12 { return .unknown }
      if head.1 & 1 != 0 { return .fellBack }
      return head.1 & 2 != 0 ? .multipath : .undecided
    }
    guard result == -EOPNOTSUPP || result == -ENOPROTOOPT else { return .unknown }
    if KernelOption.absent.contains(.info) { return .unknown }
    // Linux 6.10 and later report a fallback. On earlier kernels it is a fallback if MPTCP_INFO works on a new socket.
    if integer(socket, SOL_TCP, KernelOption.isMultipath) == 0 { return .fellBack }
    return KernelOption.answersInfo() ? .fellBack : .unknown
  }

  /// The kind of a descriptor that was made elsewhere, such as a listener passed by systemd.
  ///
  /// Nil if it is not a TCP or MPTCP socket. Source: socket(7), SO_PROTOCOL and SO_ACCEPTCONN.
  public static func identify(_ socket: Int32) -> (kind: StreamProtocol, isListening: Bool)? {
    guard let number = integer(socket, SOL_SOCKET, SO_PROTOCOL), let kind = StreamProtocol(rawValue: number),
      let listening = integer(socket, SOL_SOCKET, SO_ACCEPTCONN)
    else { return nil }
    return (kind, listening != 0)
  }

  /// An integer option, nil on any error.
  static func integer(_ socket: Int32, _ level: Int32, _ name: Int32) -> Int32? {
    var value: Int32 = 0
    var length: UInt32 = 4
    return weft_getsockopt(socket, level, name, &value, &length) == 0 ? value : nil
  }
}
