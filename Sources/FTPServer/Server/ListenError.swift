// Why an address cannot be listened on, and what an operator can do about it.

import Glibc
import LinuxSystem
import MultipathTCP

/// An address that cannot be listened on.
public struct ListenError: Error, Sendable, CustomStringConvertible {
  public let address: SocketAddress
  public let cause: MultipathError

  public init(address: SocketAddress, cause: MultipathError) {
    self.address = address
    self.cause = cause
  }

  public var description: String {
    guard case .system(let error) = cause else { return "cannot listen on \(address): \(cause)" }
    let advice = Self.advice(error.code, address.port).map { "; \($0)" } ?? ""
    return "cannot listen on \(address): \(error.reason)\(advice)"
  }

  /// What to do about the errno of bind(2) or listen(2); nil where its own words say all.
  static func advice(_ code: Int32, _ port: UInt16, firstUnprivilegedPort: Int = ThisProcess.firstUnprivilegedPort)
    -> String?
  {
    switch code {
    case EACCES where Int(port) < firstUnprivilegedPort:
      return lowPortAdvice(port, firstUnprivilegedPort: firstUnprivilegedPort)
    case EADDRINUSE: return "another program has this port (see ss -ltnp), or weftpd runs already"
    case EADDRNOTAVAIL: return "no interface of this host has this address; * is every address"
    default: return nil
    }
  }

  /// How a process without privilege gets a port that asks for one.
  public static func lowPortAdvice(
    _ port: UInt16, firstUnprivilegedPort: Int = ThisProcess.firstUnprivilegedPort
  ) -> String {
    "ports below \(firstUnprivilegedPort) need CAP_NET_BIND_SERVICE: let systemd open the port (weftpd.socket), give the "
      + "capability (AmbientCapabilities= in the unit, or setcap cap_net_bind_service=ep on the program), start weftpd as "
      + "root with server.user, allow the port to all (sysctl net.ipv4.ip_unprivileged_port_start=\(port)), or choose "
      + "another port, such as 2121"
  }
}
