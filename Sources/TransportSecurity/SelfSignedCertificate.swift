// The certificate a server makes for itself when none is configured: for the lifetime of the process, known by its fingerprint.

import COpenSSL
import LinuxSystem

/// A self-signed P-256 certificate with its key.
public final class SelfSignedCertificate: @unchecked Sendable {
  // Sendable: neither is changed after `init`, and OpenSSL counts references atomically.
  let certificate: OpaquePointer
  let key: OpaquePointer

  /// Makes one, good for ten years at most: it ends with the process.
  ///
  /// - Parameter names: the host's names and addresses, beside `localhost` and the loopback addresses.
  public init(names: [String] = []) throws(OpenSSLError) {
    OpenSSLError.clearQueue()
    var certificate: OpaquePointer?
    var key: OpaquePointer?
    let alternatives = Self.alternatives(names).joined(separator: ",")
    guard weft_self_signed("weftpd (self-signed)", alternatives, 3650, &certificate, &key) == 1, let certificate,
      let key
    else { throw OpenSSLError() }
    self.certificate = certificate
    self.key = key
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  /// Subject alternative names as x509v3_config(5) spells them. What is neither a name nor an address is left out.
  static func alternatives(_ names: [String]) -> [String] {
    var list = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]
    for name in names {
      let entry: String
      if let address = IPAddress(name) {
        if address.isWildcard { continue }
        entry = "IP:\(address)"
      } else {
        let isName = name.utf8.allSatisfy {
          (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
        }
        guard isName, (1...253).contains(name.utf8.count) else { continue }
        entry = "DNS:\(name)"
      }
      if !list.contains(entry) { list.append(entry) }
    }
    return list
  }
}

/// The SHA-256 fingerprint of a certificate as clients show it: 32 pairs of hexadecimal digits with colons between.
func fingerprint(of certificate: OpaquePointer) -> String {
  var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
  var count: UInt32 = 0
  guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1 else { return "" }
  return digest.prefix(Int(count)).map { byte in
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count < 2 ? "0" + digits : digits
  }.joined(separator: ":")
}
