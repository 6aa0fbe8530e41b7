// The fingerprint of a server's public key, by which a client knows it again whatever certificate the key is in.

import COpenSSL

/// SHA-256 over a certificate's public key in DER (SubjectPublicKeyInfo), as RFC 7469, section 2.4 has it.
public struct PublicKeyPin: Sendable, Hashable, CustomStringConvertible {
  /// 32 bytes.
  public let digest: [UInt8]

  /// Reads `sha256/` or curl's `sha256//`, followed by 44 characters of base64.
  ///
  /// - Returns: nil for anything else.
  public init?(_ text: String) {
    var rest = text.utf8[...]
    guard rest.starts(with: Self.prefix.utf8) else { return nil }
    rest = rest.dropFirst(Self.prefix.utf8.count)
    // A digest may itself begin with a slash in base64: the count tells.
    if rest.count == 45, rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
    guard rest.count == 44, rest.last == UInt8(ascii: "=") else { return nil }
    var bytes = [UInt8](repeating: 0, count: 33)
    guard EVP_DecodeBlock(&bytes, Array(rest), 44) == 33 else { return nil }
    digest = Array(bytes.dropLast())
    // The decoder passes over white space and ignores the bits that are left over.
    guard Self.base64(digest).utf8.elementsEqual(rest) else { return nil }
  }

  /// The pin of the key in a certificate; nil when OpenSSL cannot encode the key.
  init?(_ certificate: OpaquePointer) {
    var encoded: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded)
    defer { weft_free(encoded) }
    guard count > 0, let encoded else { return nil }
    var digest = [UInt8](repeating: 0, count: 32)
    guard EVP_Digest(encoded, Int(count), &digest, nil, EVP_sha256(), nil) == 1 else { return nil }
    self.digest = digest
  }

  /// `sha256/` and the digest in base64.
  public var description: String { Self.prefix + Self.base64(digest) }

  private static let prefix = "sha256/"

  private static func base64(_ bytes: [UInt8]) -> String {
    // Four characters for each three bytes begun, and a NUL.
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&text, bytes, Int32(clamping: bytes.count))
    return String(decoding: text.prefix(Int(max(0, count))), as: UTF8.self)
  }
}
