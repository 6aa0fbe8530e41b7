// A client behind a router that translates addresses and rewrites PORT lines with the kernel's FTP helper.

import NetworkSupport
import TestSupport

/// What the router makes of the client's address in a PORT line.
enum Rewriting: String, CaseIterable, Sendable {
  case same, longer, shorter

  /// The client's address on the translated link, and the router's outer address that replaces it.
  var addresses: (client: String, router: String, outer: String, server: String) {
    switch self {
    case .same: ("10.78.1.10", "10.78.1.20", "10.79.1.40", "10.79.1.50")
    case .longer: ("10.78.1.1", "10.78.1.2", "192.168.254.254", "192.168.254.253")
    case .shorter: ("192.168.178.101", "192.168.178.102", "10.0.0.4", "10.0.0.5")
    }
  }
}

/// A client, a router with NAT and the FTP helper of netfilter, a server, and a second link past the router.
final class MiddleboxLab: Sendable {
  let client: Namespace
  let router: Namespace
  let server: Namespace
  let rewriting: Rewriting

  /// - Parameters:
  ///   - hasSecondPath: the client has an endpoint on the link that goes past the router.
  ///   - checksums: `net.mptcp.checksum_enabled` of the server.
  init(_ rewriting: Rewriting, hasSecondPath: Bool, checksums: Bool) throws {
    self.rewriting = rewriting
    client = try Namespace("c")
    router = try Namespace("r")
    server = try Namespace("s")
    let (c, r, s) = (client.name, router.name, server.name)
    let address = rewriting.addresses
    try shell(
      """
      ip link add c1 netns \(c) type veth peer name inner netns \(r)
      ip link add s1 netns \(s) type veth peer name outer netns \(r)
      ip link add c2 netns \(c) type veth peer name s2 netns \(s)
      ip -n \(c) addr add \(address.client)/24 dev c1; ip -n \(r) addr add \(address.router)/24 dev inner
      ip -n \(r) addr add \(address.outer)/24 dev outer; ip -n \(s) addr add \(address.server)/24 dev s1
      ip -n \(c) addr add 10.77.2.1/24 dev c2; ip -n \(s) addr add 10.77.2.2/24 dev s2
      for l in "\(c) c1" "\(c) c2" "\(r) inner" "\(r) outer" "\(s) s1" "\(s) s2"; do ip -n ${l% *} link set ${l#* } up; done
      ip -n \(c) rule add from 10.77.2.1 table 102; ip -n \(c) route add default via 10.77.2.2 dev c2 table 102
      ip -n \(c) route add default via \(address.router) dev c1
      for n in \(c) \(s); do ip -n $n mptcp limits set subflows 4 add_addr_accepted 4; done
      \(hasSecondPath ? "ip -n \(c) mptcp endpoint add 10.77.2.1 dev c2 subflow" : "")
      """)
    for host in [client, router, server] {
      try host.shell("for d in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $d; done")
    }
    try server.set(["net.mptcp.checksum_enabled": checksums ? 1 : 0])
  }

  /// Starts to translate: everything that leaves on the outer side, with the FTP helper for control connections to `port`.
  func translate(port: UInt16) throws {
    let rules = """
      table ip nat {
        ct helper ftp-helper { type "ftp" protocol tcp; }
        chain before { type filter hook prerouting priority 0; tcp dport \(port) ct helper set "ftp-helper"; }
        chain after { type nat hook postrouting priority 100; oifname "outer" masquerade; }
      }
      """
    try router.shell("echo 1 > /proc/sys/net/ipv4/ip_forward\nnft -f - <<'END'\n\(rules)\nEND")
  }

  /// Whether this kernel and this nft can do it.
  static let isPossible: Bool = {
    guard Machine.hasNamespaces, let lab = try? MiddleboxLab(.same, hasSecondPath: false, checksums: false) else {
      return false
    }
    return (try? lab.translate(port: 21)) != nil
  }()
}
