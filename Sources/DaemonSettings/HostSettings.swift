// What may be set for one virtual host.

import FTPServer

/// What is set for one virtual host; nil: as it is without HOST.
public struct HostSettings: Sendable, Equatable {
  /// What the server works by.
  public var server: VirtualHost
  /// The path of a user table.
  public var users: String?
  /// The directory of `accounts.user`, and of an anonymous user.
  public var root: String?
  /// The directory of an anonymous user.
  public var anonymousRoot: String?
  /// The path of the certificate chain that TLS on this host shows.
  public var certificate: String?
  /// The path of that certificate's private key.
  public var key: String?

  /// A host of which nothing is set.
  ///
  /// - Parameter name: in lower case.
  init(_ name: String) { server = VirtualHost(name: name) }
}

extension Settings {
  /// What is set for the host `name`, which is in lower case.
  public internal(set) subscript(host name: String) -> HostSettings {
    get { hosts[name] ?? HostSettings(name) }
    set { hosts[name] = newValue == HostSettings(name) ? nil : newValue }
  }
}
