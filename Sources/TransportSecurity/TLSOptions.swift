// What an operator may set of TLS, as plain values.

/// The settings a ``TLSContext`` is made from.
public struct TLSOptions: Sendable, Equatable {
  /// The oldest version that is spoken.
  public enum Version: String, Sendable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
  }

  /// What clients have to show in the handshake.
  public enum ClientVerification: String, Sendable, CaseIterable {
    /// They are not asked for a certificate.
    case off
    /// They are asked; one without a certificate, or with one nobody vouches for, goes on as if it had none.
    case optional
    /// No handshake without a certificate of ``TLSOptions/clientAuthority``.
    case required
  }

  /// The server's certificates; several when there is one for RSA and one for ECDSA. Empty: a self-signed one is made.
  public var certificates: [CertificateFiles] = []
  /// The certificates of virtual hosts, chosen by the name a client asks for (SNI, RFC 6066 section 3); names in lower case.
  public var hosts: [String: [CertificateFiles]] = [:]
  public var minimum = Version.tls12
  public var clientVerification = ClientVerification.off
  /// The PEM file with the certificates of the authorities that vouch for clients.
  public var clientAuthority: String?
  /// The PEM file with revocation lists of those authorities.
  public var clientRevocations: String?
  /// Names and addresses for a self-signed certificate, beside `localhost`.
  public var names: [String] = []

  public init() {}

  /// Every file that is read.
  var files: [String] {
    let all = certificates + hosts.sorted { $0.key < $1.key }.flatMap(\.value)
    return all.flatMap { [$0.certificate] + [$0.key, $0.passphraseFile].compactMap { $0 } }
      + [clientAuthority, clientRevocations].compactMap { $0 }
  }
}

/// The files of one certificate, all PEM.
public struct CertificateFiles: Sendable, Hashable {
  /// The certificate, followed by the chain that leads to the authority.
  public var certificate: String
  /// The private key; nil when it stands in ``certificate``.
  public var key: String?
  /// The file whose first line decrypts the key; nil when the key is not encrypted.
  public var passphraseFile: String?

  public init(certificate: String, key: String? = nil, passphraseFile: String? = nil) {
    self.certificate = certificate
    self.key = key
    self.passphraseFile = passphraseFile
  }
}
