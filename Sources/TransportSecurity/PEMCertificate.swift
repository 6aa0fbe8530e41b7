// A certificate as a value: read from PEM or taken from a connection, and asked for what it says.

import COpenSSL

/// One X.509 certificate. It owns a reference to OpenSSL's object, which is never changed once it is here.
public final class PEMCertificate: @unchecked Sendable {
  // @unchecked: OpenSSL's getters on an X509 that nobody changes may be called from several threads; it locks its own caches.
  let pointer: OpaquePointer

  /// Takes over one reference to an `X509`.
  init(owning pointer: OpaquePointer) { self.pointer = pointer }

  /// Keeps a reference of its own to an `X509` that belongs to somebody else, such as a connection's peer certificate.
  convenience init(sharing pointer: OpaquePointer) {
    X509_up_ref(pointer)
    self.init(owning: pointer)
  }

  deinit { X509_free(pointer) }

  /// All certificates of a PEM file's bytes, in its order. What else the file holds, such as a key, is passed over.
  public static func all(in bytes: [UInt8]) -> [PEMCertificate] {
    guard let input = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else { return [] }
    defer {
      BIO_free(input)
      ERR_clear_error()  // the end of the file is an error to OpenSSL
    }
    var certificates: [PEMCertificate] = []
    while let certificate = PEM_read_bio_X509(input, nil, nil, nil) {
      certificates.append(PEMCertificate(owning: certificate))
    }
    return certificates
  }

  /// A name in the subject's alternative names (RFC 5280, section 4.2.1.6).
  public enum AlternativeName: Hashable, Sendable {
    case email([UInt8])
    case dns([UInt8])
    /// 4 or 16 bytes in network order.
    case address([UInt8])
  }

  /// The e-mail addresses, DNS names and IP addresses among the subject's alternative names. Names beyond 1024 bytes are left out.
  public var alternativeNames: [AlternativeName] {
    var names: [AlternativeName] = []
    var kind: CChar = 0
    var count: Int32 = 0
    var bytes = [UInt8](repeating: 0, count: 1024)
    var index: Int32 = 0
    while true {
      index = weft_x509_alternative_name(pointer, index, &kind, &bytes, Int32(bytes.count), &count)
      if index < 0 { return names }
      let name = Array(bytes.prefix(Int(count)))
      switch UInt8(bitPattern: kind) {
      case UInt8(ascii: "e"): names.append(.email(name))
      case UInt8(ascii: "d"): names.append(.dns(name))
      default: names.append(.address(name))
      }
    }
  }

  /// The common names of the subject, as UTF-8.
  public var commonNames: [[UInt8]] {
    guard let subject = X509_get_subject_name(pointer) else { return [] }
    var names: [[UInt8]] = []
    var index: Int32 = -1
    while true {
      index = X509_NAME_get_index_by_NID(subject, NID_commonName, index)
      guard index >= 0, let entry = X509_NAME_get_entry(subject, index), let data = X509_NAME_ENTRY_get_data(entry)
      else {
        return names
      }
      var text: UnsafeMutablePointer<UInt8>?
      let count = ASN1_STRING_to_UTF8(&text, data)
      guard count >= 0, let text else { continue }
      names.append(Array(UnsafeBufferPointer(start: text, count: Int(count))))
      CRYPTO_free(text, nil, 0)
    }
  }

  /// SHA-256 over the certificate in DER: 32 bytes.
  public var fingerprint: [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard X509_digest(pointer, EVP_sha256(), &digest, &length) == 1 else { return [] }
    return Array(digest.prefix(Int(length)))
  }

  /// The subject in one line, for people.
  public var subject: String { Self.oneLine(X509_get_subject_name(pointer)) }
  /// Who signed it, in one line, for people.
  public var issuer: String { Self.oneLine(X509_get_issuer_name(pointer)) }

  private static func oneLine(_ name: OpaquePointer?) -> String {
    guard let name, let text = X509_NAME_oneline(name, nil, 0) else { return "(no name)" }
    defer { CRYPTO_free(text, nil, 0) }
    return String(cString: text)
  }

  /// Whether `self` is signed by the holder of `issuer`, by its names and key identifiers and by the signature itself.
  func isIssued(by issuer: PEMCertificate) -> Bool {
    guard X509_check_issued(issuer.pointer, pointer) == X509_V_OK, let key = X509_get0_pubkey(issuer.pointer) else {
      return false
    }
    defer { ERR_clear_error() }
    return X509_verify(pointer, key) == 1
  }

  var isSelfSigned: Bool { isIssued(by: self) }

  /// Seconds from `time` (seconds since 1970) to a moment of the certificate; negative when that has passed.
  private static func seconds(from time: Int64, to moment: UnsafePointer<ASN1_TIME>?) -> Int64? {
    guard let start = ASN1_TIME_set(nil, Int(time)) else { return nil }
    defer { ASN1_TIME_free(start) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard ASN1_TIME_diff(&days, &seconds, start, moment) == 1 else { return nil }
    return Int64(days) * 86_400 + Int64(seconds)
  }

  /// Seconds from `time` until it expires; nil if its date cannot be read.
  public func secondsToExpiry(from time: Int64) -> Int64? { Self.seconds(from: time, to: X509_get0_notAfter(pointer)) }
  /// Seconds from `time` until it begins to be valid; nil if its date cannot be read.
  func secondsToBeginning(from time: Int64) -> Int64? { Self.seconds(from: time, to: X509_get0_notBefore(pointer)) }
}
