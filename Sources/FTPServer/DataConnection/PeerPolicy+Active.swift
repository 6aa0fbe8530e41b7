// Where a server may connect to in active mode (RFC 2577: no bounce attack).

import FTPTransfer
import LinuxSystem

extension PeerPolicy {
  /// Says why the server must not connect to `target`, nil when it may.
  func objection(to target: SocketAddress) -> String? {
    if !admits(target.address) { return "the address must be your own, \(client)" }
    if target.port < 1024 { return "the port must be 1024 or higher" }
    return nil
  }
}
