// The header by which a load balancer tells whose connection it passes on: the PROXY protocol, versions 1 and 2.

/// What a header says. Source: "The PROXY protocol", HAProxy Technologies, versions 1 and 2, revision of 2020-03-05.
public enum ProxyHeader: Sendable, Hashable {
  /// One end of a TCP connection.
  public struct Endpoint: Sendable, Hashable {
    /// 4 or 16 octets in network byte order.
    public let octets: [UInt8]
    public let port: UInt16

    public init(octets: [UInt8], port: UInt16) {
      self.octets = octets
      self.port = port
    }
  }

  /// The balancer's own connection (LOCAL, for example a health check), or one whose addresses it does not know (UNKNOWN, UNSPEC, a UNIX
  /// socket): the addresses of the connection itself are the ones that count.
  case local
  /// Passed on for a client: where it came from, and where it connected to.
  case proxied(client: Endpoint, server: Endpoint)
}

/// Why what came is no header.
public enum ProxyHeaderError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Neither version begins so: a client that was not passed on, or a balancer that does not speak the protocol.
  case noSignature
  /// A line of version 1 that is longer than 107 bytes.
  case lineTooLong
  /// A line of version 1 that does not have the form.
  case malformedLine
  /// A version, command, family or protocol that version 2 does not define, or one that is not TCP.
  case unsupported
  /// A header of version 2 that is too short for its addresses.
  case tooShort
  /// A header of version 2 with more than ``ProxyHeaderReader/lengthLimit`` bytes.
  case tooLong

  public var description: String {
    switch self {
    case .noSignature: "there is no PROXY header"
    case .lineTooLong: "the PROXY line is longer than 107 bytes"
    case .malformedLine: "the PROXY line is malformed"
    case .unsupported: "the PROXY header has a version, command or protocol that is not supported"
    case .tooShort: "the PROXY header is too short for its addresses"
    case .tooLong: "the PROXY header is longer than \(ProxyHeaderReader.lengthLimit) bytes"
    }
  }
}
