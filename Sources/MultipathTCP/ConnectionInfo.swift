// The kernel's information about a multipath connection as a whole: struct mptcp_info, decoded by offset and length.

import CLinux
import Glibc
import LinuxSystem

/// The state of one multipath connection. A field is nil where the running kernel does not have it.
///
/// Source: <linux/mptcp.h>, struct mptcp_info; the version beside each field is the first that fills it.
public struct ConnectionInfo: Sendable, Hashable {
  /// Subflows beyond the first one.
  public let extraSubflows: Int
  /// All subflows that exist, the first one included (6.8). See ``pathCount``.
  public let totalSubflows: Int?
  /// Addresses announced to the peer.
  public let announcedAddresses: Int
  /// Announced addresses of the peer that were accepted.
  public let acceptedAddresses: Int
  /// The most extra subflows, announced addresses and accepted addresses that the limits and endpoints allow.
  public let extraSubflowsMax: Int
  public let announcedAddressesMax: Int
  public let acceptedAddressesMax: Int
  /// `subflow` endpoints in use, and how many there are (5.12).
  public let localAddressesUsed: Int?
  public let localAddressesMax: Int?
  /// The connection runs as TCP inside the multipath socket.
  public let isFallback: Bool
  /// The peer's key is known: multipath is established.
  public let hasRemoteKey: Bool
  /// Names the connection in path manager events of this host.
  public let token: UInt32
  /// Whether every mapping carries a checksum (5.14).
  public let isChecksummed: Bool?
  /// Data-level retransmissions and the bytes in them (6.5).
  public let retransmissions: UInt32?
  public let bytesRetransmitted: UInt64?
  /// Data-level bytes (6.5): each counted once, whatever path carried it.
  public let bytesSent: UInt64?
  public let bytesReceived: UInt64?
  public let bytesAcknowledged: UInt64?
  /// How long ago data was sent, data was received, an acknowledgement came in, at millisecond resolution (6.10).
  public let sinceDataSent: Duration?
  public let sinceDataReceived: Duration?
  public let sinceAcknowledged: Duration?

  /// Subflows there are now, the first one included. It counts paths that are dead but not yet given up.
  public var pathCount: Int { totalSubflows ?? extraSubflows + 1 }

  /// ``token`` as `ip mptcp monitor` and ``PathEvent`` write it: eight hexadecimal digits.
  public var tokenText: String { Self.hexadecimal(token) }

  static func hexadecimal(_ token: UInt32) -> String {
    let digits = String(token, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// Reads a struct mptcp_info of any version; nil below the first 16 bytes.
  public init?(bytes: UnsafeRawBufferPointer) {
    let info = KernelBytes(bytes)
    guard let flags = info.load(8, as: UInt32.self), let token = info.load(12, as: UInt32.self) else { return nil }
    extraSubflows = info.byte(0) ?? 0
    announcedAddresses = info.byte(1) ?? 0
    acceptedAddresses = info.byte(2) ?? 0
    extraSubflowsMax = info.byte(3) ?? 0
    announcedAddressesMax = info.byte(4) ?? 0
    acceptedAddressesMax = info.byte(5) ?? 0
    isFallback = flags & 1 != 0
    hasRemoteKey = flags & 2 != 0
    self.token = token
    localAddressesUsed = info.byte(40)
    localAddressesMax = info.byte(41)
    isChecksummed = info.byte(42).map { $0 != 0 }
    retransmissions = info.load(44)
    bytesRetransmitted = info.load(48)
    bytesSent = info.load(56)
    bytesReceived = info.load(64)
    bytesAcknowledged = info.load(72)
    totalSubflows = info.byte(80)
    sinceDataSent = info.milliseconds(84)
    sinceDataReceived = info.milliseconds(88)
    sinceAcknowledged = info.milliseconds(92)
  }
}

extension MultipathSocket {
  /// The state of the connection as a whole.
  /// - Throws: ``MultipathError/notMultipath(_:)`` with what the socket is instead, ``MultipathError/kernelTooOld(needs:)``
  ///   before Linux 5.16.
  ///
  /// Cost: about 0.5 µs. Source: MPTCP_INFO.
  public static func info(_ socket: Int32) throws(MultipathError) -> ConnectionInfo {
    // Twice today's size, so that there is room for the fields of later kernels.
    try withUnsafeTemporaryAllocation(byteCount: 192, alignment: 8) {
      (buffer) throws(MultipathError) -> ConnectionInfo in
      var length = UInt32(buffer.count)
      let result = weft_getsockopt(socket, KernelOption.levelMPTCP, KernelOption.info, buffer.baseAddress, &length)
      guard result == 0 else { throw refusal(socket, -result) }
      let filled = UnsafeRawBufferPointer(rebasing: buffer[..<min(Int(length), buffer.count)])
      guard let info = ConnectionInfo(bytes: filled) else { throw .malformedAnswer("mptcp_info of \(length) bytes") }
      guard info.hasRemoteKey || info.isFallback else { throw .notMultipath(.undecided) }
      return info
    }
  }

  /// Why a call of level SOL_MPTCP failed with `code`.
  static func refusal(_ socket: Int32, _ code: Int32) -> MultipathError {
    guard code == EOPNOTSUPP || code == ENOPROTOOPT else {
      return .system(SystemError(code: code, call: "getsockopt"))
    }
    let state = negotiated(socket)
    return state == .unknown && identify(socket) != nil ? .kernelTooOld(needs: "5.16") : .notMultipath(state)
  }
}
