// Whoever outside the accounts can tell whether a name and a password belong together: what is asked, and what is answered.

import LinuxSystem

/// Knows users that no directory has. All sessions share one, so it is asked from many threads at once.
public protocol PasswordAuthority: Sendable {
  /// Asks about one login, and waits without a thread.
  ///
  /// - Parameter gate: asked when its turn has come, and told if the login was refused.
  func check(_ question: LoginQuestion, gate: AttemptGate) async -> AuthorityVerdict
}

/// What is known of a login that is tried.
public struct LoginQuestion: Sendable {
  /// As the client sent them.
  public let user: [UInt8]
  public let password: [UInt8]
  /// Where the client is, and the address of this server that it has reached.
  public let peer: IPAddress
  public let server: SocketAddress?
  /// The virtual host the client named; nil: none.
  public let host: String?
  /// nil: the control connection is in clear.
  public let tls: TLSFacts?

  public init(
    user: [UInt8], password: [UInt8], peer: IPAddress, server: SocketAddress?, host: String?, tls: TLSFacts?
  ) {
    self.user = user
    self.password = password
    self.peer = peer
    self.server = server
    self.host = host
    self.tls = tls
  }

  /// What is known of the TLS of a control connection.
  public struct TLSFacts: Sendable {
    /// Protocol and cipher, as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    public let summary: String
    /// The name the client asked for (SNI).
    public let serverName: String?
    /// The client's certificate; nil if there is none that `tls.client-ca` vouches for.
    public let certificate: CertificateHolder?

    public init(summary: String, serverName: String?, certificate: CertificateHolder?) {
      self.summary = summary
      self.serverName = serverName
      self.certificate = certificate
    }
  }
}

/// What an authority says of a login.
public enum AuthorityVerdict: Sendable, Equatable {
  /// The user, with the name that was asked about.
  case allowed(UserEntry)
  case refused
  /// Nobody can tell, and why; for the operator's log. It contains no password.
  case unavailable(String)
  /// There is no budget for it; nobody was asked.
  case overBudget
}
