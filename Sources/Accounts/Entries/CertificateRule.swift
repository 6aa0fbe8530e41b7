// Which client certificates may log in as a user: compares the option certificate= with the names in a certificate.

/// The names in a client's certificate, once its chain has been verified.
public struct CertificateHolder: Sendable, Hashable {
  /// The common names of the subject.
  public let commonNames: [[UInt8]]
  /// The subject's alternative names that are e-mail addresses or DNS names (RFC 5280, section 4.2.1.6).
  public let alternativeNames: [[UInt8]]
  /// SHA-256 over the certificate in DER: 32 bytes.
  public let fingerprint: [UInt8]

  /// Takes the parts as the certificate has them.
  public init(commonNames: [[UInt8]], alternativeNames: [[UInt8]], fingerprint: [UInt8]) {
    self.commonNames = commonNames
    self.alternativeNames = alternativeNames
    self.fingerprint = fingerprint
  }
}

/// The value of a user's option `certificate=`: names and fingerprints, any of which will do.
public struct CertificateRule: Sendable, Hashable {
  private let names: [[UInt8]]
  private let fingerprints: [[UInt8]]

  /// Reads a value such as `alice@example.org;laptop.example.org`; nil if an item is empty, or there is none.
  ///
  /// 64 hex digits are a fingerprint, because no name looks like that and a fingerprint must not be mistaken for a name.
  public init?(_ text: String) {
    var names: [[UInt8]] = []
    var fingerprints: [[UInt8]] = []
    for item in text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
      if item.isEmpty { return nil }
      if let fingerprint = Self.fingerprint(item) {
        fingerprints.append(fingerprint)
      } else {
        names.append(Array(item))
      }
    }
    self.names = names
    self.fingerprints = fingerprints
  }

  /// Whether the holder of this certificate may log in.
  ///
  /// A name is compared byte for byte with the common names and with the alternative names. In alternative names, case does not matter
  /// in a DNS name and after the `@` of an address. A wildcard in a certificate matches only itself.
  public func admits(_ holder: CertificateHolder) -> Bool {
    if fingerprints.contains(holder.fingerprint) { return true }
    let alternatives = holder.alternativeNames.map(Self.folded)
    // A NUL inside a name once made "alice\0.evil.example" look like "alice" to those who read C strings.
    return names.contains { name in
      !name.contains(0) && (holder.commonNames.contains(name) || alternatives.contains(Self.folded(name)))
    }
  }

  /// A DNS name, or the domain of an address, in lower case.
  private static func folded(_ name: [UInt8]) -> [UInt8] {
    let domain = name.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? 0
    return name.enumerated().map { index, byte in
      index >= domain && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
  }

  private static func fingerprint(_ text: Substring.UTF8View) -> [UInt8]? {
    guard text.count == 64 else { return nil }
    let digits = text.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 64 else { return nil }
    return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}
