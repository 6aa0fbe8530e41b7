// Who may be at the other end of a data connection (RFC 2577: no bounce attack, no stolen data connection).

import FTPProtocol
import LinuxSystem

/// Says which peers a session's data connections may have.
struct PeerPolicy {
  /// The address of the control connection's peer.
  let client: IPAddress
  /// All remote addresses of a multipath control connection's paths; empty when it has but one path.
  var paths: Set<IPAddress> = []

  /// Every address the client is known by.
  var addresses: [IPAddress] { paths.isEmpty ? [client] : Array(paths.union([client])) }

  /// Whether a connection from `peer` to a passive port is the client's.
  func admits(_ peer: IPAddress) -> Bool { paths.isEmpty ? peer == client : paths.contains(peer) }

  /// Says why the server must not connect to `target`, nil when it may.
  func objection(to target: SocketAddress) -> String? {
    if !admits(target.address) { return "the address must be your own, \(client)" }
    if target.port < 1024 { return "the port must be 1024 or higher" }
    return nil
  }
}
