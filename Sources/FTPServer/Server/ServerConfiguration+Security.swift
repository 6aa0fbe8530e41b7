// What an operator may set of TLS on control and data connections.

import LinuxSystem
import TransportSecurity

/// How much TLS clients must use (RFC 4217), in rising order.
public enum TLSMode: String, Sendable, CaseIterable, Comparable {
  /// There is no TLS.
  case off
  /// Clients may use TLS.
  case allowed
  /// Nobody logs in without it.
  case requiredLogin = "required-login"
  /// Nobody logs in or transfers anything without it.
  case requiredData = "required-data"

  public static func < (one: TLSMode, other: TLSMode) -> Bool { one.rank < other.rank }

  private var rank: Int {
    switch self {
    case .off: 0
    case .allowed: 1
    case .requiredLogin: 2
    case .requiredData: 3
    }
  }
}

/// Whether a data connection has to resume the TLS session of its control connection, which only its own client can.
public enum DataSessionPolicy: String, Sendable, CaseIterable {
  /// A data connection that does not resume is refused.
  case require
  /// A data connection that does not resume is accepted if it comes from the client's address to a port that is used once.
  case prefer
  /// Resumption is not checked.
  case off
}

/// What to do with an upload over TLS that ends without close_notify and so may have been cut short.
public enum MissingClosePolicy: String, Sendable, CaseIterable {
  /// It counts as complete, and the log says how it ended; not if ALLO has announced another size.
  case accept
  /// It counts as failed.
  case refuse
  /// It counts as complete if ALLO has announced its size.
  case acceptIfSizeMatches = "accept-if-size-matches"
}

extension ServerConfiguration {
  /// TLS on control and data connections.
  public struct Security: Sendable, Equatable {
    public var mode = TLSMode.allowed
    /// Certificates and what else a context is made from.
    public var options = TLSOptions()
    public var dataSession = DataSessionPolicy.prefer
    public var missingClose = MissingClosePolicy.accept
    /// Whether CCC may end the protection of the control connection.
    public var clearsControl = false
    /// For a handshake, on either channel.
    public var handshake: Duration = .seconds(20)
    public init() {}
  }
}

/// An address to listen on, and how its connections begin.
public struct ListenAddress: Sendable, Hashable {
  public var address: SocketAddress
  public var rules: ListenerRules

  public init(_ address: SocketAddress, _ rules: ListenerRules = ListenerRules()) {
    self.address = address
    self.rules = rules
  }
}

/// What holds for the control connections of one listener.
public struct ListenerRules: Sendable, Hashable {
  /// TLS comes before the greeting, as on port 990.
  public var isImplicit = false
  /// Instead of ``ServerConfiguration/Security/mode``; nil: as that says.
  public var mode: TLSMode?

  public init(isImplicit: Bool = false, mode: TLSMode? = nil) {
    self.isImplicit = isImplicit
    self.mode = mode
  }
}
