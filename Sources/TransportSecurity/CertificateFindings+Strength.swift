// Findings about what a certificate is good for: the strength of its keys and signatures, the names in it, its purpose.

import COpenSSL

extension CertificateFindings {
  static func strength(_ chain: [PEMCertificate], _ path: String) -> [CertificateFinding] {
    chain.enumerated().flatMap { index, certificate in
      let what = index == 0 ? "the certificate in \(path)" : "the intermediate \(certificate.subject) in \(path)"
      return [weakKey(certificate, what), weakSignature(certificate, what)].compactMap { $0 }
    }
  }

  private static func weakKey(_ certificate: PEMCertificate, _ what: String) -> CertificateFinding? {
    guard let key = X509_get0_pubkey(certificate.pointer) else {
      return .init(.error, "\(what) has a public key OpenSSL cannot read: have it made anew.")
    }
    let bits = EVP_PKEY_get_bits(key)
    switch weft_pkey_kind(key) {
    case EVP_PKEY_RSA where bits < 2048, EVP_PKEY_DSA where bits < 2048:
      return .init(
        .error,
        "\(what) has a key of \(bits) bits, which clients refuse: take RSA of 2048 bits or more, or ECDSA P-256.")
    case EVP_PKEY_DSA:
      return .init(.error, "\(what) has a DSA key, which TLS 1.3 does not know: take ECDSA P-256 or RSA.")
    case EVP_PKEY_EC where bits < 256:
      return .init(.error, "\(what) has a key of \(bits) bits, which clients refuse: take ECDSA P-256.")
    default: return nil
    }
  }

  private static func weakSignature(_ certificate: PEMCertificate, _ what: String) -> CertificateFinding? {
    // Nobody trusts a root for its signature.
    if certificate.isSelfSigned { return nil }
    switch weft_x509_digest_of_signature(certificate.pointer) {
    case NID_sha1, NID_md5, NID_md4, NID_md2:
      return .init(
        .error, "\(what) is signed with SHA-1 or MD5, which clients refuse: have it signed anew with SHA-256.")
    default: return nil
    }
  }

  static func names(of leaf: PEMCertificate, _ path: String, wanted: [String]) -> [CertificateFinding] {
    var findings: [CertificateFinding] = []
    let hasServerName = leaf.alternativeNames.contains { name in
      if case .email = name { return false }
      return true
    }
    if !hasServerName {
      findings.append(
        .init(
          .warning,
          "the certificate in \(path) has no subject alternative name: clients no longer look at the common name; have one made with subjectAltName=DNS:…"
        ))
    } else {
      for name in wanted where X509_check_host(leaf.pointer, name, name.utf8.count, 0, nil) != 1 {
        findings.append(
          .init(
            .warning, "the certificate in \(path) is not for \(name): clients that connect to that name will refuse it."
          ))
      }
    }
    // A certificate without the extension is good for all; one with it must say TLS server (RFC 5280, section 4.2.1.12).
    if X509_check_purpose(leaf.pointer, X509_PURPOSE_SSL_SERVER, 0) != 1 {
      findings.append(
        .init(
          .error,
          "the certificate in \(path) is not meant for servers (extended key usage): have one made with serverAuth."))
    }
    return findings
  }
}
