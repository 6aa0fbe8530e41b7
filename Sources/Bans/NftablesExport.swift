// Bans as sets of nftables, so that the kernel turns the banned away before they have a connection.

import LinuxSystem

/// Writes what nft(8) reads by `nft -f`: two sets of the table `inet weftpd`, replaced as a whole in one transaction.
///
/// The rules that use the sets are the operator's. Users' bans are left out: the kernel knows no users.
public struct NftablesExport: Sendable {
  private let file: ReplacedFile

  /// - Parameter path: the file; its directory must exist.
  public init(path: String) { file = ReplacedFile(path: path, mode: 0o640) }

  public var path: String { file.path }

  /// Replaces the file.
  public func write(_ bans: [Ban], allowing allowed: [IPNetwork], at now: Int64) throws(SystemError) {
    try file.replace(Array(Self.batch(bans, allowing: allowed, at: now).utf8))
  }

  /// The commands for nft(8).
  public static func batch(_ bans: [Ban], allowing allowed: [IPNetwork], at now: Int64) -> String {
    var banned: [IPNetwork: Int64?] = [:]
    for ban in bans where ban.holds(at: now) {
      if case .network(let network) = ban.subject { banned[network] = .some(ban.until) }
    }
    var text = "# Written by weftpd; `nft -f` takes it.\nadd table inet weftpd\n"
    let families = [(IPAddress.Family.ipv4, "4", "ipv4_addr"), (.ipv6, "6", "ipv6_addr")]
    for (family, number, type) in families {
      text += set("banned\(number)", "type \(type); flags interval, timeout;", elements(banned, family, at: now))
      let permanent = Dictionary(allowed.map { ($0, Int64?.none) }) { first, _ in first }
      text += set("allowed\(number)", "type \(type); flags interval;", elements(permanent, family, at: now))
    }
    return text
  }

  private static func set(_ name: String, _ definition: String, _ elements: [String]) -> String {
    var text = "add set inet weftpd \(name) { \(definition) }\nflush set inet weftpd \(name)\n"
    if !elements.isEmpty { text += "add element inet weftpd \(name) { \(elements.joined(separator: ", ")) }\n" }
    return text
  }

  /// The networks of a family, without those that lie in another: intervals of a set must not overlap.
  private static func elements(
    _ networks: [IPNetwork: Int64?], _ family: IPAddress.Family, at now: Int64
  ) -> [String] {
    let all = networks.filter { $0.key.address.family == family }
    let prefixes = Set(all.keys.map(\.prefix))
    return all.filter { network, _ in
      !prefixes.contains { $0 < network.prefix && all[IPNetwork(network.address, prefix: $0)] != nil }
    }.map { network, until in
      let element = network.isSingle ? network.address.description : network.description
      return element + (until.map { " timeout \(max(1, $0 - now))s" } ?? "")
    }.sorted()
  }
}
