// Who may be at the other end of a data connection (RFC 2577: no bounce attack, no stolen data connection).

import LinuxSystem

/// Says which peers a session's data connections may have.
public struct PeerPolicy {
  /// The address of the control connection's peer.
  public let client: IPAddress
  /// All remote addresses of a multipath control connection's paths; empty when it has but one path.
  public var paths: Set<IPAddress> = []

  public init(client: IPAddress, paths: Set<IPAddress> = []) {
    self.client = client
    self.paths = paths
  }

  /// Every address the client is known by, the control connection's own first.
  public var addresses: [IPAddress] { paths.isEmpty ? [client] : [client] + paths.subtracting([client]) }

  /// Whether a connection from `peer` to a passive port is the client's.
  public func admits(_ peer: IPAddress) -> Bool { paths.isEmpty ? peer == client : paths.contains(peer) }
}
