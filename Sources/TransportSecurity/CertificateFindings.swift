// What is wrong with a certificate and its key on disk, or soon will be, and what to do about it: for `weftpd check`.

import COpenSSL
import Glibc
import LinuxSystem

/// One thing about the server's certificate that an operator should know.
public struct CertificateFinding: Sendable, Hashable, CustomStringConvertible {
  public enum Severity: String, Sendable {
    /// Worth knowing; nothing is wrong.
    case notice
    /// Some clients will complain, or soon all will.
    case warning
    /// It cannot be used, or must not be.
    case error
  }

  public let severity: Severity
  /// What is the case and what to do, one or two sentences.
  public let text: String

  init(_ severity: Severity, _ text: String) {
    self.severity = severity
    self.text = text
  }

  /// No certificate is named.
  public static let none = CertificateFinding(
    .notice,
    """
    no tls.certificate: the server makes a self-signed one at each start, which no client can know. Name a certificate and its \
    key to have clients trust it.
    """)

  public var description: String { "\(severity.rawValue): \(text)" }
}

/// Looks at a certificate file and its key file without starting anything.
public enum CertificateFindings {
  /// All findings, the worst first.
  /// - Parameters:
  ///   - certificate: path of the PEM file with the server's certificate and its intermediates.
  ///   - key: path of the PEM file with the private key; may be the same file.
  ///   - passphrase: for an encrypted key; empty without one.
  ///   - names: DNS names clients use for this server, each of which the certificate should have.
  ///   - time: seconds since 1970-01-01 00:00:00 UTC.
  public static func examine(
    certificate: String, key: String, passphrase: [UInt8] = [], names: [String] = [], at time: Int64
  ) -> [CertificateFinding] {
    var findings: [CertificateFinding] = []
    do throws(SystemError) {
      let chain = PEMCertificate.all(in: try contents(of: certificate))
      guard let leaf = chain.first else {
        findings.append(.init(.error, "\(certificate) holds no certificate in PEM: expected BEGIN CERTIFICATE."))
        return findings.worstFirst
      }
      findings += dates(chain, certificate, at: time)
      findings += self.chain(chain, certificate)
      findings += strength(chain, certificate)
      findings += self.names(of: leaf, certificate, wanted: names)
      findings += keyFindings(leaf, chain, certificate, key: key, passphrase: passphrase)
    } catch {
      findings.append(
        .init(.error, "\(certificate) cannot be read: \(error.reason). Check the path and its permissions."))
    }
    return findings.worstFirst
  }

  /// A file of certificates is small; what is larger than this is something else.
  private static let sizeLimit = 1 << 20

  /// What a small file holds, 1 MiB at most.
  public static func contents(of path: String) throws(SystemError) -> [UInt8] {
    // Without O_NONBLOCK a FIFO in the file's place would hang the caller.
    let file = try File.open(path, flags: O_RDONLY | O_NONBLOCK)
    var bytes = [UInt8](repeating: 0, count: sizeLimit)
    var count = 0
    while count < sizeLimit {
      let part = count
      let number = file.number
      let read = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
        try File.read(
          number, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[part...]),
          at: Int64(part))
      }
      if read == 0 { break }
      count += read
    }
    return Array(bytes.prefix(count))
  }

  private static func keyPermissions(_ path: String) -> [CertificateFinding] {
    guard let file = try? File.open(path, flags: O_RDONLY | O_NONBLOCK),
      let status = try? File.status(file.number)
    else { return [] }
    if status.permissions & 0o006 != 0 {
      return [
        .init(
          .error,
          "the private key \(path) can be read by everybody: run chmod 600 on it, and take a new key if others use this host."
        )
      ]
    }
    if status.permissions & 0o020 != 0 {
      return [.init(.warning, "the private key \(path) can be written by its group: run chmod 600 on it.")]
    }
    return []
  }

  // MARK: dates

  private static let day: Int64 = 86_400

  private static func dates(_ chain: [PEMCertificate], _ path: String, at time: Int64) -> [CertificateFinding] {
    chain.enumerated().compactMap { index, certificate in
      let what = index == 0 ? "the certificate in \(path)" : "the intermediate \(certificate.subject) in \(path)"
      guard let rest = certificate.secondsToExpiry(from: time), let start = certificate.secondsToBeginning(from: time)
      else { return .init(.error, "\(what) has no dates that can be read: have it made anew.") }
      if rest < 0 { return .init(.error, "\(what) expired \(-rest / day) days ago: renew it.") }
      if start > 0 {
        return .init(
          .error, "\(what) is valid only in \((start + day - 1) / day) days: check this host's clock, or wait.")
      }
      if rest < 30 * day { return .init(.warning, "\(what) expires in \(rest / day) days: renew it.") }
      return nil
    }
  }

  // MARK: chain

  private static func chain(_ chain: [PEMCertificate], _ path: String) -> [CertificateFinding] {
    guard let leaf = chain.first else { return [] }
    for (index, pair) in zip(chain, chain.dropFirst()).enumerated() where !pair.0.isIssued(by: pair.1) {
      return [
        .init(
          .error,
          """
          certificate \(index + 2) in \(path) is not the one that signed certificate \(index + 1): put the server's own first, \
          then the one that signed it, and so on.
          """)
      ]
    }
    if leaf.isSelfSigned {
      return [
        .init(
          .notice,
          "the certificate in \(path) is self-signed: clients ask their users whether to trust it, or refuse. Compare its fingerprint."
        )
      ]
    }
    let others: [OpaquePointer?] = chain.dropFirst().map(\.pointer)
    let result = others.withUnsafeBufferPointer { weft_x509_verify(leaf.pointer, $0.baseAddress, Int32($0.count)) }
    switch result {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      let issuer = (chain.last ?? leaf).issuer
      return [
        .init(
          .warning,
          """
          no trusted authority of this host stands at the end of the chain in \(path): append the certificate of \(issuer) to \
          it, unless that is a private authority your clients know.
          """)
      ]
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return [
        .init(
          .notice,
          "the chain in \(path) ends at \((chain.last ?? leaf).subject), which this host does not trust; your clients have to."
        )
      ]
    default: return []
    }
  }

  // MARK: key

  private static func keyFindings(
    _ leaf: PEMCertificate, _ chain: [PEMCertificate], _ certificate: String, key path: String, passphrase: [UInt8]
  ) -> [CertificateFinding] {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try contents(of: path) } catch {
      return [
        .init(.error, "the private key \(path) cannot be read: \(error.reason). Check the path and its permissions.")
      ]
    }
    guard let key = privateKey(bytes, passphrase: passphrase) else {
      let isEncrypted = String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
      return [
        .init(
          .error,
          isEncrypted
            ? "the private key \(path) is encrypted and the passphrase does not open it."
            : "\(path) holds no private key in PEM: expected BEGIN PRIVATE KEY.")
      ]
    }
    defer {
      EVP_PKEY_free(key)
      ERR_clear_error()
    }
    let permissions = keyPermissions(path)
    if X509_check_private_key(leaf.pointer, key) == 1 { return permissions }
    if let place = chain.firstIndex(where: { X509_check_private_key($0.pointer, key) == 1 }) {
      return permissions + [
        .init(
          .error,
          "the key \(path) belongs to certificate \(place + 1) in \(certificate): put that one first in the file.")
      ]
    }
    return permissions + [
      .init(
        .error, "the key \(path) does not belong to the certificate in \(certificate): name the key it was made with.")
    ]
  }

  private static func privateKey(_ bytes: [UInt8], passphrase: [UInt8]) -> OpaquePointer? {
    guard let input = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else { return nil }
    defer {
      BIO_free(input)
      ERR_clear_error()
    }
    // Without a callback OpenSSL takes the last argument for the passphrase; an empty one, too, keeps it from asking the terminal.
    var phrase = passphrase + [0]
    return phrase.withUnsafeMutableBytes { PEM_read_bio_PrivateKey(input, nil, nil, $0.baseAddress) }
  }
}

extension [CertificateFinding] {
  fileprivate var worstFirst: [CertificateFinding] {
    let order: [CertificateFinding.Severity] = [.error, .warning, .notice]
    return order.flatMap { severity in filter { $0.severity == severity } }
  }
}
