// Who may be at the other end of a data connection (RFC 2577: no bounce attack, no stolen data connection).

import LinuxSystem

/// Says which peers a session's data connections may have.
public struct PeerPolicy {
  /// The address of the control connection's peer.
  public let client: IPAddress
  /// All remote addresses of a multipath control connection's paths; empty when it has but one path.
  public var paths: Set<IPAddress> = []
  /// Where other servers may be that this session transfers to or from; empty: nowhere.
  public var partners: [IPNetwork] = []

  public init(client: IPAddress, paths: Set<IPAddress> = [], partners: [IPNetwork] = []) {
    self.client = client
    self.paths = paths
    self.partners = partners
  }

  /// Every address the client is known by, the control connection's own first.
  public var addresses: [IPAddress] { paths.isEmpty ? [client] : [client] + paths.subtracting([client]) }

  /// Whether `peer` is the client.
  public func isClient(_ peer: IPAddress) -> Bool { paths.isEmpty ? peer == client : paths.contains(peer) }

  /// Whether a data connection with `peer` is the client's, or that of a server it may have named.
  public func admits(_ peer: IPAddress) -> Bool {
    if isClient(peer) { return true }
    // Neither is another host, however wide the network; services at loopback addresses trust those who reach them.
    if peer.isWildcard || peer.isMulticastOrBroadcast { return false }
    return partners.contains { $0.contains(peer) && (!peer.isLoopback || $0.address.isLoopback) }
  }
}
