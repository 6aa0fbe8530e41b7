// The virtual hosts of a server (RFC 7151), as plain values.

import FTPProtocol

/// What sets a virtual host apart; what is nil is as it is without HOST.
///
/// Its users are in ``AccountSource/hosts``, its certificate is in `TLSOptions.hosts`, both under the same name.
public struct VirtualHost: Sendable, Equatable {
  /// In lower case, as ``HostName`` gives it.
  public var name: String
  /// The text of the 220 reply to HOST.
  public var greeting: String?
  /// The transfer type until the client sends TYPE.
  public var defaultType: DefaultTransferType?
  /// How much TLS it asks of its clients, if more than is asked anyway; ``TLSMode/off`` switches off what is only allowed.
  public var tlsMode: TLSMode?

  /// A host that differs in nothing but its name.
  public init(name: String) { self.name = name }
}

extension ServerConfiguration {
  /// The virtual hosts.
  public struct Hosts: Sendable, Equatable {
    private var byName: [String: VirtualHost] = [:]

    public init(_ hosts: [VirtualHost] = []) {
      for host in hosts { byName[host.name] = host }
    }

    /// The host of a name in lower case; nil for an unknown one.
    public subscript(name: String) -> VirtualHost? { byName[name] }

    /// All of them, by name.
    public var all: [VirtualHost] { byName.values.sorted { $0.name < $1.name } }

    /// Whether one of them has TLS, whatever there is without HOST.
    public var wantTLS: Bool { byName.values.contains { ($0.tlsMode ?? .off) != .off } }
  }
}

/// The transfer type of a client that has not sent TYPE (RFC 959, section 5.1, wants A; devices that never send it want I).
public enum DefaultTransferType: String, Sendable, CaseIterable {
  case ascii = "A"
  case image = "I"

  var type: RepresentationType { self == .image ? .image : .ascii(.nonPrint) }
}
