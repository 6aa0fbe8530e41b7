// What a client may set of TLS, as plain values.

/// The options a ``TLSClientContext`` is made from. As they are, a server's certificate has to be one of the system's authorities.
public struct TLSClientOptions: Sendable {
  /// Who vouches for servers.
  public enum Authorities: Sendable, Hashable {
    /// Those this host trusts. Source: SSL_CTX_set_default_verify_paths(3).
    case system
    /// Those in these PEM files and no others. Any certificate in them will do, also one that is not self-signed.
    case files([String])
  }

  /// What makes a server's certificate good enough.
  public enum Trust: Sendable {
    /// An authority vouches for it, it is for the server's name, and it is in its time.
    case authorities
    /// As ``authorities``. If it fails only in what a user may decide (``CertificateProblem/isForUserToDecide``), this is asked.
    ///
    /// It is called in the middle of the handshake, on the thread that runs it; the server waits meanwhile.
    case firstUse(@Sendable (UntrustedServer) -> FirstUseAnswer)
    /// Its key is one of ``TLSClientOptions/pins``; nothing else is looked at.
    case pinsOnly
    /// Anybody is believed to be the server: whoever is on the way reads and changes everything.
    case insecureAcceptAnyCertificate
  }

  /// The oldest version that is spoken.
  public var minimum = TLSOptions.Version.tls12
  public var authorities = Authorities.system
  /// The PEM file with revocation lists of the authorities; with one, every authority in a chain needs a list.
  public var revocations: String?
  public var trust = Trust.authorities
  /// With pins, the key of the server, or of an authority that vouches for it, has to be one of them, besides what ``trust`` asks.
  public var pins: Set<PublicKeyPin> = []
  /// The certificate that is shown to servers that ask for one.
  public var certificate: CertificateFiles?
  /// What is offered on a control connection by ALPN; empty: nothing.
  public var protocols: [ApplicationProtocol] = [.ftp]
  /// Whether a ticket is shown a second time when the server has sent no fresh one. Without it such a data connection begins a session
  /// of its own, which servers that ask for resumption refuse.
  public var repeatsTickets = true

  public init() {}
}

/// A server whose certificate nobody vouches for, for ``TLSClientOptions/Trust/firstUse(_:)``.
public struct UntrustedServer: Sendable, Hashable {
  public let server: TLSServerName
  public let certificate: ServerCertificate
  /// What is wrong; a user may decide about each.
  public let problems: [CertificateProblem]
}

/// What is done with an ``UntrustedServer``.
public enum FirstUseAnswer: Sendable, Hashable {
  case accept
  /// The handshake fails with what was wrong.
  case refuse
  /// The server is known by another key: somebody may sit between. The handshake fails with ``CertificateProblem/keyChanged(from:)``.
  case refuseChangedKey(known: PublicKeyPin)
}
