// What multipath TCP came to on a control connection, and the advice that follows from it.

import LinuxSystem
import MultipathTCP

/// The control connection as the kernel has it.
public struct TransportReport: Sendable, CustomStringConvertible {
  /// Whether it is multipath, and what each path has carried; nil when it is closed.
  public let connection: ConnectionReport?
  /// Why this host made a plain TCP socket; nil if it made a multipath one, which may have fallen back: see ``connection``.
  public let unavailability: MultipathUnavailability?

  /// `multipath, 1 path: …`, or plain TCP and why.
  public var description: String {
    guard let connection else { return "closed" }
    if let unavailability { return "\(connection) (\(unavailability))" }
    return "\(connection)"
  }
}

extension ClientSession {
  /// The advice to switch on checksums of multipath TCP, exactly where it matters: the control connection is multipath and in clear, the
  /// client is in active mode, and `net.mptcp.checksum_enabled` is 0. A NAT that rewrites PORT lines can garble commands then. Under TLS
  /// it cannot, and in passive mode it has nothing to rewrite here.
  public func checksumAdvice() -> Finding? {
    guard control.tls == nil, options.dataMode == .active || dataWay?.isActive == true,
      MultipathSocket.negotiated(control.number) == .multipath
    else { return nil }
    return HostProbe.run().findings.first { $0.id == "checksum-off" }
  }
}
