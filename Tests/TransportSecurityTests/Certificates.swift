// Certificate files for tests: made on the spot, in a directory of their own.

import COpenSSL
import Glibc
import TestSupport

@testable import TransportSecurity

/// A directory with PEM files; removed with the last reference.
final class CertificateDirectory {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  var path: String { place.path }

  func file(_ name: String) -> String { place.path(of: name) }

  /// Writes a self-signed certificate and its key, encrypted with `passphrase` if given.
  func make(_ name: String, passphrase: String? = nil) throws -> CertificateFiles {
    let own = try SelfSignedCertificate()
    let files = CertificateFiles(certificate: file(name + ".crt"), key: file(name + ".key"))
    try Self.write(own, to: files, passphrase)
    return files
  }

  static func write(_ own: SelfSignedCertificate, to files: CertificateFiles, _ passphrase: String? = nil) throws {
    guard let certificate = BIO_new_file(files.certificate, "w"), let key = BIO_new_file(files.key ?? "", "w") else {
      throw OpenSSLError()
    }
    PEM_write_bio_X509(certificate, own.certificate)
    let cipher = passphrase == nil ? nil : EVP_aes_256_cbc()
    let phrase = passphrase.map { Array($0.utf8) } ?? []
    PEM_write_bio_PKCS8PrivateKey(
      key, own.key, cipher, phrase.isEmpty ? nil : phrase.map { CChar(bitPattern: $0) }, Int32(phrase.count), nil, nil)
    BIO_free(certificate)
    BIO_free(key)
  }

  func write(_ name: String, _ text: String) -> String {
    let path = file(name)
    if let stream = fopen(path, "w") {
      fputs(text, stream)
      fclose(stream)
    }
    return path
  }
}
