// Who may be at the other end of a data connection (RFC 2577: no bounce attack, no stolen data connection).

import FTPProtocol
import LinuxSystem

/// Says which peers a session's data connections may have. Multipath sessions will know more addresses than one.
struct PeerPolicy {
  /// The address of the control connection's peer.
  let client: IPAddress

  /// Whether a connection from `peer` to a passive port is the client's.
  func admits(_ peer: IPAddress) -> Bool { peer == client }

  /// Says why the server must not connect to `target`, nil when it may.
  func objection(to target: SocketAddress) -> String? {
    if target.address != client { return "the address must be your own, \(client)" }
    if target.port < 1024 { return "the port must be 1024 or higher" }
    return nil
  }
}
