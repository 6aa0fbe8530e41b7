// An address to listen on, as an operator writes it.

import FTPServer
import LinuxSystem

/// Where to listen: `127.0.0.1:2121`, `[::1]:2121`, or `*:21` for every address of both families; `ftps://` in front makes TLS
/// implicit, `?tls=MODE` behind sets `tls.mode` for this listener alone.
public struct ListenSetting: Hashable, Sendable, CustomStringConvertible {
  /// nil: every address, IPv4 and IPv6.
  public let host: IPAddress?
  /// Host byte order; 0 lets the kernel pick a free one.
  public let port: UInt16
  /// What holds for its connections.
  public let rules: ListenerRules

  public init(host: IPAddress?, port: UInt16, rules: ListenerRules = ListenerRules()) {
    self.host = host
    self.port = port
    self.rules = rules
  }

  public var description: String {
    (rules.isImplicit ? "ftps://" : "") + (host.map { SocketAddress($0, port: port).description } ?? "*:\(port)")
      + (rules.mode.map { "?tls=\($0.rawValue)" } ?? "")
  }
}
