// An authority for tests, made on the spot: it signs whatever certificate a test asks for, and takes certificates back.

import COpenSSL
import Glibc

@testable import TransportSecurity

/// A root, or an authority below one, that signs certificates and lists of revoked ones.
final class TestIssuer {
  /// What a certificate is to say; as it is, it is good for ftp.example.org and 127.0.0.1 and for the next days.
  struct Wish {
    /// As x509v3_config(5) spells subject alternative names; nil: none.
    var names: String? = "DNS:ftp.example.org,IP:127.0.0.1"
    /// ASN.1 times such as `20200131120000Z`; nil: an hour ago, and in ten days.
    var from: String?
    var until: String?
    var purpose = "serverAuth"
    var commonName = "server"
  }

  let name: String
  let certificate: OpaquePointer
  private let key: OpaquePointer
  private let parent: TestIssuer?
  private var serial = 1
  private var revoked: [Int] = []

  init(_ name: String = "Root", below parent: TestIssuer? = nil, until: String? = nil) throws {
    self.name = name
    self.parent = parent
    key = try Self.newKey()
    let signer = parent.map { ($0.certificate, $0.key) }
    certificate = try Self.sign(
      Wish(names: nil, until: until, commonName: name), key: key, serial: parent?.nextSerial() ?? 1,
      by: signer ?? (nil, key),
      isAuthority: true)
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  private func nextSerial() -> Int {
    serial += 1
    return serial
  }

  /// Writes a certificate, followed by those of the authorities below the root, and its key into `directory`.
  ///
  /// - Returns: its files, and the number it is revoked by.
  func issue(_ file: String, in directory: CertificateDirectory, _ change: (inout Wish) -> Void = { _ in }) throws
    -> (files: CertificateFiles, serial: Int)
  {
    var wish = Wish()
    change(&wish)
    let own = try Self.newKey()
    defer { EVP_PKEY_free(own) }
    let number = nextSerial()
    let leaf = try Self.sign(wish, key: own, serial: number, by: (certificate, key), isAuthority: false)
    defer { X509_free(leaf) }
    let files = CertificateFiles(certificate: directory.file(file + ".crt"), key: directory.file(file + ".key"))
    try Self.write(files.certificate) { output in
      PEM_write_bio_X509(output, leaf)
      var authority: TestIssuer? = self
      while let issuer = authority, issuer.parent != nil {
        PEM_write_bio_X509(output, issuer.certificate)
        authority = issuer.parent
      }
    }
    try Self.write(files.key ?? "") { PEM_write_bio_PKCS8PrivateKey($0, own, nil, nil, 0, nil, nil) }
    return (files, number)
  }

  /// Writes its own certificate.
  func file(_ name: String, in directory: CertificateDirectory) throws -> String {
    let path = directory.file(name)
    try Self.write(path) { PEM_write_bio_X509($0, certificate) }
    return path
  }

  /// Writes the list of revoked certificates, `serials` among them.
  func revocations(_ name: String, _ serials: [Int], in directory: CertificateDirectory) throws -> String {
    guard let list = X509_CRL_new() else { throw OpenSSLError() }
    defer { X509_CRL_free(list) }
    X509_CRL_set_version(list, 1)
    X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate))
    let (past, future) = (X509_gmtime_adj(nil, -3600), X509_gmtime_adj(nil, 86_400))
    defer {
      ASN1_TIME_free(past)
      ASN1_TIME_free(future)
    }
    X509_CRL_set1_lastUpdate(list, past)
    X509_CRL_set1_nextUpdate(list, future)
    for serial in serials {
      let entry = X509_REVOKED_new()
      let number = ASN1_INTEGER_new()
      ASN1_INTEGER_set(number, serial)
      X509_REVOKED_set_serialNumber(entry, number)
      ASN1_INTEGER_free(number)
      X509_REVOKED_set_revocationDate(entry, past)
      X509_CRL_add0_revoked(list, entry)
    }
    guard X509_CRL_sign(list, key, EVP_sha256()) > 0 else { throw OpenSSLError() }
    let path = directory.file(name)
    try Self.write(path) { PEM_write_bio_X509_CRL($0, list) }
    return path
  }

  // MARK: making

  private static func newKey() throws -> OpaquePointer {
    guard let maker = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw OpenSSLError() }
    defer { EVP_PKEY_CTX_free(maker) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(maker) == 1,
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker, NID_X9_62_prime256v1) == 1, EVP_PKEY_keygen(maker, &key) == 1,
      let key
    else { throw OpenSSLError() }
    return key
  }

  private static func sign(
    _ wish: Wish, key: OpaquePointer, serial: Int, by signer: (certificate: OpaquePointer?, key: OpaquePointer),
    isAuthority: Bool
  ) throws -> OpaquePointer {
    guard let made = X509_new() else { throw OpenSSLError() }
    X509_set_version(made, 2)
    ASN1_INTEGER_set(X509_get_serialNumber(made), serial)
    set(X509_getm_notBefore(made), wish.from, otherwise: -3600)
    set(X509_getm_notAfter(made), wish.until, otherwise: 10 * 86_400)
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8, wish.commonName, -1, -1, 0)
    X509_set_issuer_name(made, X509_get_subject_name(signer.certificate ?? made))
    X509_set_pubkey(made, key)
    var extensions: [(Int32, String)] = [
      (NID_basic_constraints, "critical,CA:\(isAuthority ? "TRUE" : "FALSE")"), (NID_subject_key_identifier, "hash"),
    ]
    if !isAuthority { extensions.append((NID_ext_key_usage, wish.purpose)) }
    if let names = wish.names { extensions.append((NID_subject_alt_name, names)) }
    for (kind, value) in extensions {
      var context = X509V3_CTX()
      X509V3_set_ctx(&context, signer.certificate ?? made, made, nil, nil, 0)
      let made2 = X509V3_EXT_conf_nid(nil, &context, kind, value)
      guard X509_add_ext(made, made2, -1) == 1 else { throw OpenSSLError() }
      X509_EXTENSION_free(made2)
    }
    guard X509_sign(made, signer.key, EVP_sha256()) > 0 else { throw OpenSSLError() }
    return made
  }

  private static func set(_ time: UnsafeMutablePointer<ASN1_TIME>?, _ text: String?, otherwise seconds: Int) {
    if let text { ASN1_TIME_set_string_X509(time, text) } else { X509_gmtime_adj(time, seconds) }
  }

  private static func write(_ path: String, _ body: (OpaquePointer) -> Void) throws {
    guard let output = BIO_new_file(path, "w") else { throw OpenSSLError() }
    body(output)
    BIO_free(output)
  }
}
