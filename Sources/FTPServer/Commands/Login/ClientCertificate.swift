// Logging in by a client certificate: whose it is, and that 232 answers USER (RFC 2228, section 5; RFC 4217, section 4).

import Accounts
import TransportSecurity

extension Session {
  /// The account of a user if the client's certificate is one of that user's; nil when a password is wanted.
  ///
  /// Only a certificate that `tls.client-ca` vouches for counts, and only while the control connection is protected by the TLS it was
  /// shown in. A locked user is locked for certificates too, and who needs ACCT goes the way of the password.
  func accountByCertificate(_ entry: UserEntry) -> Account? {
    guard control.protection == .secured, !entry.isLocked,
      let rule = entry.options.certificates, entry.options.accountText == nil,
      let certificate = control.tls?.peerCertificate, certificate.isVerified,
      rule.admits(CertificateHolder(certificate))
    else { return nil }
    return accounts.account(for: entry)
  }
}

extension CertificateHolder {
  /// What a verified certificate says of the client.
  init(_ certificate: PeerCertificate) {
    let digits = certificate.fingerprint.utf8.filter { $0 != UInt8(ascii: ":") }
      .compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    self.init(
      commonNames: certificate.commonName.map { [Array($0.utf8)] } ?? [],
      alternativeNames: certificate.alternativeNames.map { Array($0.utf8) },
      fingerprint: zip(digits, digits.dropFirst()).enumerated().compactMap { index, pair in
        index % 2 == 0 ? UInt8(pair.0 * 16 + pair.1) : nil
      })
  }
}
