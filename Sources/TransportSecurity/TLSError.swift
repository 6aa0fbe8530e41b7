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
  /// A client does not believe the server's certificate. (Indirect: it is large, and every read and write has room for an error.)
  indirect case certificate(CertificateRejection)
  /// The server ended it with an alert; only at the client's end. With TLS 1.3 a missing client certificate is told of after the
  /// handshake, by the first read.
  case refused(TLSAlert)

  /// For a log, or after a colon in a reply.
  public var description: String {
    switch self {
    case .handshake(let error): return error.description
    case .connection(let error): return error.reason
    case .ended: return "the peer closed the connection"
    case .certificate(let rejection): return rejection.description
    case .refused(let alert): return alert.description
    }
  }

  /// The same as the failure of a call on the socket: EPROTO for TLS itself.
  public var asSystemError: SystemError {
    switch self {
    case .connection(let error): return error
    case .handshake, .certificate, .refused: return SystemError(code: EPROTO, call: "TLS")
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
  /// The setting at fault: `tls.certificate`, `tls.key`, `tls.client-ca`, `tls.client-crl`, `tls.key-passphrase-file`; a client's as
  /// ``TLSClientContext/init(_:)`` names them.
  public let setting: String
  /// What is wrong with it, in words that follow its name.
  public let reason: String

  public init(setting: String, reason: String) {
    self.setting = setting
    self.reason = reason
  }

  public var description: String { "\(setting): \(reason)" }
}
