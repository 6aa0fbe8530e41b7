// Two made-up hosts with two links between them, shaped, and what can be done to a link while bytes flow.

import TestSupport

/// A client and a server with two links: 10.77.1.1 to 10.77.1.2 and 10.77.2.1 to 10.77.2.2. The client has a third
/// address, 10.77.1.9, and IPv6 addresses fd77:N::1; the server's are fd77:N::2.
public final class NetworkLab: Sendable {
  public let client: Namespace
  public let server: Namespace

  /// - Parameters:
  ///   - rate: of each link in each direction, as tc-tbf(8) takes it.
  ///   - endpoint: flags of the client's endpoint on its second address; nil for no endpoint.
  public init(rate: String, endpoint: String? = "subflow") throws {
    client = try Namespace("c")
    server = try Namespace("s")
    let (c, s) = (client.name, server.name)
    let burst = rate.hasSuffix("gbit") ? "1mb" : "128kb"
    var script = ""
    for n in 1...2 {
      script += """
        ip link add c\(n) netns \(c) type veth peer name s\(n) netns \(s)
        ip -n \(c) addr add 10.77.\(n).1/24 dev c\(n); ip -n \(s) addr add 10.77.\(n).2/24 dev s\(n)
        ip -n \(c) addr add fd77:\(n)::1/64 dev c\(n) nodad; ip -n \(s) addr add fd77:\(n)::2/64 dev s\(n) nodad
        tc -n \(c) qdisc add dev c\(n) root tbf rate \(rate) burst \(burst) latency 50ms
        tc -n \(s) qdisc add dev s\(n) root tbf rate \(rate) burst \(burst) latency 50ms
        ip -n \(s) link set s\(n) up
        ip -n \(c) rule add from 10.77.\(n).1 table 10\(n)

        """
    }
    script += "ip -n \(c) addr add 10.77.1.9/24 dev c1; ip -n \(c) rule add from 10.77.1.9 table 101\n"
    for name in [c, s] { script += "ip -n \(name) mptcp limits set subflows 4 add_addr_accepted 4\n" }
    try shell(script)
    for host in [client, server] {
      try host.shell("for d in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $d; done")
    }
    for n in 1...2 { try raise(n) }
    if let endpoint { try addPath(endpoint) }
  }

  /// The address of an end on link `n`, without and with IPv6.
  public static func serverAddress(_ n: Int) -> String { "10.77.\(n).2" }
  public static func clientAddress(_ n: Int) -> String { "10.77.\(n).1" }
  /// An address of the client host that no control connection uses.
  public static let stranger = "10.77.1.9"

  /// Takes link `n` down, as by pulling the cable at the client.
  public func cut(_ n: Int) throws { try shell("ip -n \(client.name) link set c\(n) down") }

  /// Brings link `n` up again, with the routes that went with it.
  public func raise(_ n: Int) throws {
    try shell(
      """
      ip -n \(client.name) link set c\(n) up
      ip -n \(client.name) route replace default via 10.77.\(n).2 dev c\(n) table 10\(n)
      ip -n \(client.name) route replace default via 10.77.\(n).2 dev c\(n) metric \(n)00
      ip -n \(client.name) addr replace fd77:\(n)::1/64 dev c\(n) nodad
      """)
  }

  /// Gives the client an endpoint on its second address: connections that live get a path from there.
  public func addPath(_ flags: String = "subflow") throws {
    try shell("ip -n \(client.name) mptcp endpoint add 10.77.2.1 dev c2 \(flags)")
  }

  /// Takes all endpoints away at both ends.
  public func removeEndpoints() throws {
    for host in [client, server] { try shell("ip -n \(host.name) mptcp endpoint flush") }
  }
}
