// What a server says when it ends a handshake, in words that tell a client's user what to do.

import COpenSSL

/// A fatal alert of the server (RFC 8446, section 6.2).
public struct TLSAlert: Error, Sendable, Hashable, CustomStringConvertible {
  /// The number of the alert, for example 48 for unknown_ca.
  public let number: UInt8

  /// Whether the server wants a client certificate, or another than it got.
  public var isAboutClientCertificate: Bool {
    Int32(number) == SSL_AD_CERTIFICATE_REQUIRED || (42...46).contains(number) || number == 48
  }

  /// A sentence without its full stop, such as `the server asks for a client certificate`.
  public var description: String {
    switch Int32(number) {
    case SSL_AD_HANDSHAKE_FAILURE: return "the server found nothing in common with us, or asks for a client certificate"
    case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_UNKNOWN:
      return "the server does not accept our certificate"
    case SSL_AD_CERTIFICATE_REVOKED: return "the server says that our certificate has been revoked"
    case SSL_AD_CERTIFICATE_EXPIRED: return "the server says that our certificate has expired"
    case SSL_AD_UNKNOWN_CA: return "the server does not know who issued our certificate"
    case SSL_AD_CERTIFICATE_REQUIRED: return "the server asks for a client certificate"
    case SSL_AD_PROTOCOL_VERSION: return "the server speaks no version of TLS that we accept"
    case SSL_AD_INSUFFICIENT_SECURITY: return "the server asks for stronger ciphers"
    case SSL_AD_UNRECOGNIZED_NAME: return "the server does not know the name it was asked for"
    case SSL_AD_NO_APPLICATION_PROTOCOL: return "the server speaks none of the protocols offered (ALPN)"
    default:
      let words = SSL_alert_desc_string_long(Int32(number)).map { String(cString: $0) } ?? "unknown"
      return "the server ended the connection: \(words) (alert \(number))"
    }
  }
}
