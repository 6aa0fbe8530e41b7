// What an operator may set of load balancers that pass clients on.

import LinuxSystem

extension ServerConfiguration {
  /// The PROXY protocol, by which a balancer tells whose connection it passes on.
  public struct Proxy: Sendable, Equatable {
    /// The balancers. Control connections from there begin with a header, and nobody else's do.
    public var trusted: [IPNetwork] = []
    /// Whether data connections from there begin with one, too.
    public var onData = false
    /// How long a header may take to come.
    public var timeout: Duration = .seconds(5)
    /// The path of the Unix socket at which one user of this host passes clients on; nil: there is none.
    public var socket: String?
    /// The name of that user.
    public var socketUser = "weftpd-console"

    public init() {}

    func trusts(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }
  }
}
