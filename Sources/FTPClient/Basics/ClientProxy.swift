// Where a proxy is: SOCKS 5 (RFC 1928) or the method CONNECT of HTTP (RFC 9110).

/// A proxy that control and data connections go through. Names are left to it to look up; the active mode cannot be had.
public struct ClientProxy: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// SOCKS 5, with a user and a password if there are any (RFC 1929).
    case socks5
    /// The method CONNECT of HTTP, with basic authentication if there is a user.
    case http
  }

  public var kind: Kind
  /// A name or an address, without brackets.
  public var host: String
  public var port: UInt16
  public var user: [UInt8]?
  public var password: [UInt8]?

  /// A proxy as it is.
  public init(_ kind: Kind, host: String, port: UInt16, user: [UInt8]? = nil, password: [UInt8]? = nil) {
    self.kind = kind
    self.host = host
    self.port = port
    self.user = user
    self.password = password
  }

  /// Reads `socks5://[user:password@]host[:1080]` or `http://[user:password@]host[:8080]`; `socks5h` is the same as `socks5`.
  public init?(_ text: String) {
    let schemes: [(String, Kind, UInt16)] = [
      ("socks5h://", .socks5, 1080), ("socks5://", .socks5, 1080), ("http://", .http, 8080),
    ]
    guard let (scheme, kind, port) = schemes.first(where: { text.lowercased().hasPrefix($0.0) }),
      let url = ServerURL("ftp://" + text.dropFirst(scheme.count)), url.path.bytes.isEmpty, url.type == nil
    else { return nil }
    self.init(kind, host: url.host, port: url.port ?? port, user: url.user, password: url.password)
  }
}

extension ClientProxy: CustomStringConvertible {
  /// Without user and password, which are nobody's business in a log.
  public var description: String { "\(kind.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
