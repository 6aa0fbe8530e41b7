// What a server's certificate says, as a client shows it to its user.

import COpenSSL
import LinuxSystem

/// The parts of a server's certificate by which a person, or a file of known servers, can tell it.
public struct ServerCertificate: Sendable, Hashable {
  /// The subject in one line, such as `/CN=ftp.example.org`.
  public let subject: String
  /// Who signed it, in one line.
  public let issuer: String
  /// The DNS names and addresses it is for, in its order. What is not printable is left out.
  public let names: [String]
  /// Seconds since 1970-01-01 00:00:00 UTC; nil when its date cannot be read.
  public let validFrom: Int64?
  /// Seconds since 1970-01-01 00:00:00 UTC; nil when its date cannot be read.
  public let validUntil: Int64?
  /// The SHA-256 fingerprint of the certificate: 32 pairs of hexadecimal digits with colons between.
  public let fingerprint: String
  /// The fingerprint of its key, which a renewed certificate may keep; nil when the key cannot be read.
  public let pin: PublicKeyPin?

  init(_ pointer: OpaquePointer) {
    let certificate = PEMCertificate(sharing: pointer)
    subject = certificate.subject
    issuer = certificate.issuer
    names = certificate.alternativeNames.compactMap { name in
      switch name {
      case .email: return nil
      case .dns(let bytes): return bytes.allSatisfy { 0x21...0x7E ~= $0 } ? String(decoding: bytes, as: UTF8.self) : nil
      case .address(let octets): return IPAddress(octets: octets)?.description
      }
    }
    validFrom = certificate.secondsToBeginning(from: 0)
    validUntil = certificate.secondsToExpiry(from: 0)
    fingerprint = TransportSecurity.fingerprint(of: pointer)
    pin = PublicKeyPin(pointer)
  }
}
