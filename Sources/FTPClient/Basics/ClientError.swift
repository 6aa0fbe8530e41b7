// The one error of this module: a code that does not change, what the server said, and what may be tried again.

import FTPProtocol

/// What went wrong at the client.
public struct ClientError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. The raw values do not change between releases: scripts and logs may rely on them.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The caller asked for what cannot be: a name with a line end, a call in the midst of a transfer.
    case usage
    /// The name service knows no such host.
    case hostUnknown = "host-unknown"
    /// No connection came about.
    case connectFailed = "connect-failed"
    /// The server did not answer in time.
    case timedOut = "timed-out"
    /// The control connection ended or broke.
    case connectionLost = "connection-lost"
    /// The server says that it ends the session (421).
    case serviceEnding = "service-ending"
    /// What came is not FTP, or not what the protocol allows here.
    case protocolViolation = "protocol-violation"
    /// TLS failed.
    case tls
    /// The server's certificate is not believed.
    case certificate
    /// The server offers less protection than was asked for.
    case unprotected
    /// The user, the password or the account was refused.
    case loginRefused = "login-refused"
    /// The server refused a command for good (5yz).
    case refused
    /// The server refused a command for now (4yz).
    case refusedForNow = "refused-for-now"
    /// The server does not know a command or cannot do what it asks (500, 501, 502, 504).
    case unsupported
    /// No data connection came about.
    case dataConnection = "data-connection"
    /// A transfer stood still for too long.
    case stalled
    /// What came is not the whole.
    case incomplete
    /// A file of this host could not be read or written.
    case localFile = "local-file"
    /// The task was cancelled.
    case cancelled
    /// What the caller does with the bytes, or makes them from, failed; ``ClientError/cause`` is its error.
    case caller
  }

  /// What may be tried again.
  public enum Retry: Sendable, Hashable {
    /// The same will fail again.
    case never
    /// The session is still good: the same call may succeed later.
    case sameSession
    /// The session is gone, a new one may succeed.
    case newSession
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, for a person: one line, no full stop, nothing in it that a terminal would obey.
  public let message: String
  /// What the server said, if that is the reason.
  public let reply: ReceivedReply?
  /// The error beneath, if there is one.
  public let cause: (any Error)?

  /// An error as it is.
  public init(_ code: Code, _ message: String, reply: ReceivedReply? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.reply = reply
    self.cause = cause
  }

  /// What may be tried again.
  public var retry: Retry {
    switch code {
    case .usage, .hostUnknown, .certificate, .unprotected, .refused, .unsupported, .localFile, .cancelled, .caller:
      return .never
    // A wrong password stays wrong; a server that is full says 4yz.
    case .loginRefused: return reply?.kind == .transientError ? .newSession : .never
    case .refusedForNow, .dataConnection, .stalled, .incomplete: return .sameSession
    case .connectFailed, .timedOut, .connectionLost, .serviceEnding, .protocolViolation, .tls: return .newSession
    }
  }

  /// The code, what happened, and what the server said.
  public var description: String {
    guard let reply else { return "\(message) [\(code.rawValue)]" }
    return "\(message): \(reply) [\(code.rawValue)]"
  }
}
