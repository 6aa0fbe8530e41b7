// What the certificate of a peer says of who that is.

import COpenSSL

/// The parts of a peer's certificate by which it can be told, at the server's end the user.
public struct PeerCertificate: Sendable, Hashable {
  /// The common name of its subject; nil when it has none, or more than one.
  public let commonName: String?
  /// Its subject alternative names that are e-mail addresses, host names or URIs.
  public let alternativeNames: [String]
  /// The SHA-256 fingerprint: 32 pairs of hexadecimal digits with colons between.
  public let fingerprint: String
  /// Whether an authority that is trusted (a client's: one of `tls.client-ca`) vouches for it, it is in its time, and it is not revoked;
  /// at the client's end also whether a pin did. Without that the rest is hearsay.
  public let isVerified: Bool

  init(_ certificate: OpaquePointer, isVerified: Bool) {
    self.isVerified = isVerified
    fingerprint = TransportSecurity.fingerprint(of: certificate)
    commonName = Self.commonName(of: certificate)
    alternativeNames = Self.alternativeNames(of: certificate)
  }

  /// Two common names could be read differently by different readers, so that is none.
  private static func commonName(of certificate: OpaquePointer) -> String? {
    guard let subject = X509_get_subject_name(certificate) else { return nil }
    let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
    guard index >= 0, X509_NAME_get_index_by_NID(subject, NID_commonName, index) < 0,
      let entry = X509_NAME_get_entry(subject, index), let value = X509_NAME_ENTRY_get_data(entry)
    else { return nil }
    return text(value)
  }

  private static func alternativeNames(of certificate: OpaquePointer) -> [String] {
    guard let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(list)
    defer { weft_names_free(names) }
    return (0..<weft_names_count(names)).compactMap { weft_names_text(names, $0).flatMap { text($0) } }
  }

  /// UTF-8 without control characters, or nil: a NUL within a name has fooled others.
  private static func text(_ value: UnsafePointer<ASN1_STRING>) -> String? {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = ASN1_STRING_to_UTF8(&bytes, value)
    defer { weft_free(bytes) }
    guard count > 0, let bytes else { return nil }
    let view = UnsafeBufferPointer(start: bytes, count: Int(count))
    guard !view.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
    return String(validating: view, as: UTF8.self)
  }
}
