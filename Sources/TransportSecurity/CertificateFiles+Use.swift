// Reads a certificate with its chain and key from files into a context, and tells what is wrong with them.

import COpenSSL
import Glibc
import LinuxSystem

extension CertificateFiles {
  /// What the settings are called that the files come from.
  struct SettingNames {
    let certificate: String
    let key: String
    let passphrase: String

    static let server = SettingNames(
      certificate: "tls.certificate", key: "tls.key", passphrase: "tls.key-passphrase-file")
    /// Those of the virtual host called `name`; its passphrase is the server's.
    static func host(_ name: String) -> SettingNames {
      SettingNames(
        certificate: "hosts.\(name).certificate", key: "hosts.\(name).key", passphrase: "tls.key-passphrase-file")
    }
    static let client = SettingNames(certificate: "certificate", key: "key", passphrase: "key-passphrase-file")
  }

  /// Puts the certificate, its chain and its key into `context`, beside those of other kinds of key.
  ///
  /// - Returns: the fingerprint of the certificate.
  func use(in context: OpaquePointer, settings: SettingNames = .server) throws(TLSConfigurationError) -> String {
    OpenSSLError.clearQueue()
    try Self.requireReadable(certificate, settings.certificate)
    guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1,
      let leaf = SSL_CTX_get0_certificate(context)
    else { throw Self.fault(settings.certificate, certificate, "holds no usable PEM certificate: \(OpenSSLError())") }
    let key = try readKey(settings)
    defer { EVP_PKEY_free(key) }
    guard X509_check_private_key(leaf, key) == 1 else {
      OpenSSLError.clearQueue()
      throw Self.fault(settings.key, self.key ?? certificate, "is not the key of the certificate \"\(certificate)\"")
    }
    guard SSL_CTX_use_PrivateKey(context, key) == 1 else {
      throw Self.fault(settings.key, self.key ?? certificate, "cannot be used: \(OpenSSLError())")
    }
    return fingerprint(of: leaf)
  }

  private func readKey(_ settings: SettingNames) throws(TLSConfigurationError) -> OpaquePointer {
    let path = key ?? certificate
    try Self.requireReadable(path, settings.key)
    let phrase = try passphraseFile.map { (file) throws(TLSConfigurationError) in
      try Self.firstLine(of: file, settings.passphrase)
    }
    if let key = weft_key_read(path, phrase) { return key }
    let error = OpenSSLError()
    if phrase == nil, (try? Self.content(of: path))?.contains("ENCRYPTED") == true {
      throw Self.fault(
        settings.key, path, "is encrypted: put its passphrase in a file and name it in \(settings.passphrase)")
    }
    let why = phrase == nil ? "holds no usable private key" : "cannot be decrypted with \(settings.passphrase)"
    throw Self.fault(settings.key, path, "\(why): \(error)")
  }

  /// OpenSSL's words for a file it cannot open help nobody.
  static func requireReadable(_ path: String, _ setting: String) throws(TLSConfigurationError) {
    do throws(SystemError) { _ = try File.open(path, flags: O_RDONLY) } catch {
      throw fault(setting, path, "cannot be read: \(error.reason)")
    }
  }

  private static func firstLine(of path: String, _ setting: String) throws(TLSConfigurationError) -> String {
    do throws(SystemError) {
      return String(try content(of: path).prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" })
    } catch {
      throw fault(setting, path, "cannot be read: \(error.reason)")
    }
  }

  /// The first 64 KiB of a small file.
  private static func content(of path: String) throws(SystemError) -> String {
    let file = try File.open(path, flags: O_RDONLY)
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let number = file.number
    let count = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) -> Int in
      try File.read(number, into: UnsafeMutableRawBufferPointer(buffer), at: 0)
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private static func fault(_ setting: String, _ path: String, _ reason: String) -> TLSConfigurationError {
    TLSConfigurationError(setting: setting, reason: "\"\(path)\" \(reason)")
  }
}
