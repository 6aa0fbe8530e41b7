// Why a TLS connection, or the settings of one, came to nothing.

import Glibc
import LinuxSystem

/// A TLS connection that broke. Nothing more can be sent on it, close_notify included.
public enum TLSError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The protocol was violated, or the two ends have nothing in common.
  case handshake(OpenSSLError)
  /// The TCP connection failed beneath.
  case connection(SystemError)
  /// The peer went away in the middle of a handshake.
  case ended

  /// For a log, or after a colon in a reply.
  public var description: String {
    switch self {
    case .handshake(let error): return error.description
    case .connection(let error): return error.reason
    case .ended: return "the peer closed the connection"
    }
  }

  /// The same as the failure of a call on the socket: EPROTO for TLS itself.
  public var asSystemError: SystemError {
    switch self {
    case .connection(let error): return error
    case .handshake: return SystemError(code: EPROTO, call: "TLS")
    case .ended: return SystemError(code: ECONNRESET, call: "TLS")
    }
  }

  /// Whether what came was not TLS at all.
  public var isForeign: Bool {
    if case .handshake(let error) = self { return error.kind == .notTLS }
    return false
  }
}

/// Certificates, keys or lists that cannot be used.
public struct TLSConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The setting at fault: `tls.certificate`, `tls.key`, `tls.client-ca`, `tls.client-crl`, `tls.key-passphrase-file`.
  public let setting: String
  /// What is wrong with it, in words that follow its name.
  public let reason: String

  public init(setting: String, reason: String) {
    self.setting = setting
    self.reason = reason
  }

  public var description: String { "\(setting): \(reason)" }
}
