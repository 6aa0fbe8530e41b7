// A listening socket of the test client, for active data connections (PORT, EPRT).

import Glibc

/// Accepts one data connection at a time on a port the kernel picks.
public final class Listener {
  private let descriptor: Int32
  /// Where the server is to connect to.
  public let endpoint: Endpoint
  /// How long `accept` waits.
  public var patience: Duration = .seconds(60)

  /// Listens on `host`, on a free port.
  public init(on host: String = "127.0.0.1") throws {
    let wanted = Endpoint(host, 0)
    let descriptor = try Connection.open(wanted.family)
    self.descriptor = descriptor
    let status = try wanted.withSocketAddress { bind(descriptor, $0, $1) }
    try require(status == 0, "bind to \(host): \(Connection.text(errno))")
    try require(listen(descriptor, 16) == 0, "listen: \(Connection.text(errno))")
    guard let local = Endpoint.local(of: descriptor) else { throw TestFailure("getsockname failed") }
    endpoint = local
  }

  deinit { close(descriptor) }

  /// The next connection.
  public func accept() throws -> Connection {
    let deadline = Deadline.after(patience)
    while true {
      inheritance.lock()
      let accepted = Glibc.accept(descriptor, nil, nil)
      let code = errno
      if accepted >= 0 { setCloseOnExec(accepted) }
      inheritance.unlock()
      if accepted >= 0 {
        _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
        return Connection(adopting: accepted)
      }
      try require(code == EAGAIN || code == EINTR, "accept: \(Connection.text(code))")
      try require(deadline.wait(descriptor, POLLIN), "nobody connected to \(endpoint) within \(patience)")
    }
  }

  /// Whether someone tries to connect within `duration`.
  public func hasVisitor(within duration: Duration) -> Bool { Deadline.after(duration).wait(descriptor, POLLIN) }

  /// The argument of PORT: h1,h2,h3,h4,p1,p2.
  public var portArgument: String {
    endpoint.host.split(separator: ".").joined(separator: ",") + ",\(endpoint.port >> 8),\(endpoint.port & 0xFF)"
  }

  /// The end of the argument of LPRT for IPv4: h1,h2,h3,h4,2,p1,p2.
  public var longPortArgument: String {
    endpoint.host.split(separator: ".").joined(separator: ",") + ",2,\(endpoint.port >> 8),\(endpoint.port & 0xFF)"
  }

  /// The argument of EPRT: |1|address|port|.
  public var extendedPortArgument: String { "|\(endpoint.isIPv6 ? 2 : 1)|\(endpoint.host)|\(endpoint.port)|" }
}
