// What can be wrong with a server's certificate, one case for each thing a user would do something else about.

import COpenSSL
import Glibc

/// One reason why a client does not believe a server's certificate.
public enum CertificateProblem: Sendable, Hashable, CustomStringConvertible {
  /// The time it ended, in seconds since 1970; `authority` is set when it is not the server's own but that authority's.
  case expired(at: Int64, authority: String?)
  /// The time it begins, in seconds since 1970; `authority` as above.
  case notYetValid(until: Int64, authority: String?)
  /// It is not for the server that was wanted, but for `names`.
  case hostNameMismatch(wanted: String, names: [String])
  /// Nobody who is trusted here has signed it; `issuer` is where the chain ends.
  case unknownIssuer(String)
  /// It vouches for itself.
  case selfSigned
  /// The key is none of the pinned ones.
  case pinMismatch(PublicKeyPin?)
  /// The server was known by another key.
  case keyChanged(from: PublicKeyPin)
  /// A data connection showed another certificate than its control connection.
  case differsFromControl
  /// Its authority has taken it back; `authority` is set when an authority's own certificate was.
  case revoked(authority: String?)
  /// No usable list of the authority tells whether it has been revoked.
  case revocationUnknown
  /// It was not made for servers.
  case wrongPurpose
  /// Its key or signature is too weak.
  case weak
  /// Anything else, in OpenSSL's words.
  case other(String)

  /// Whether a user may be asked to accept it nevertheless: who vouches for it, its name and its time are matters of judgement.
  public var isForUserToDecide: Bool {
    switch self {
    case .expired, .notYetValid, .hostNameMismatch, .unknownIssuer, .selfSigned: return true
    case .pinMismatch, .keyChanged, .differsFromControl, .revoked, .revocationUnknown, .wrongPurpose, .weak, .other:
      return false
    }
  }

  /// A clause about the certificate: `it is self-signed`.
  public var description: String {
    switch self {
    case .expired(let time, nil): return "it expired on \(Self.date(time))"
    case .expired(let time, let authority?): return "its authority \(authority) expired on \(Self.date(time))"
    case .notYetValid(let time, nil): return "it is not valid before \(Self.date(time))"
    case .notYetValid(let time, let authority?):
      return "its authority \(authority) is not valid before \(Self.date(time))"
    case .hostNameMismatch(let wanted, let names):
      return names.isEmpty
        ? "it is not for \(wanted): it names no host"
        : "it is not for \(wanted) but for \(names.joined(separator: ", "))"
    case .unknownIssuer(let issuer): return "its issuer \(issuer) is not trusted"
    case .selfSigned: return "it is self-signed"
    case .pinMismatch(let pin): return "its key \(pin.map { "\($0)" } ?? "(unreadable)") is not a pinned one"
    case .keyChanged(let known): return "its key has changed: the known one is \(known)"
    case .differsFromControl: return "it is not the certificate of the control connection"
    case .revoked(nil): return "it has been revoked"
    case .revoked(let authority?): return "its authority \(authority) has been revoked"
    case .revocationUnknown: return "no usable revocation list tells whether it has been revoked"
    case .wrongPurpose: return "it is not meant for servers"
    case .weak: return "its key or signature is too weak"
    case .other(let text): return text
    }
  }

  /// `2026-01-31`, in UTC.
  private static func date(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil else { return "an unreadable date" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}

extension CertificateProblem {
  /// The problem OpenSSL tells of while it goes through a chain.
  ///
  /// - Parameters:
  ///   - code: the X509_V_ERR_… number. Source: X509_STORE_CTX_get_error(3).
  ///   - certificate: the one it is about, at `depth`; 0 is the server's own.
  init(_ code: Int32, _ certificate: ServerCertificate, depth: Int32, wanted: TLSServerName) {
    let authority = depth > 0 ? certificate.subject : nil
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired(at: certificate.validUntil ?? 0, authority: authority)
    case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid(until: certificate.validFrom ?? 0, authority: authority)
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      self = .hostNameMismatch(wanted: wanted.description, names: certificate.names)
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: self = .selfSigned
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      X509_V_ERR_CERT_UNTRUSTED:
      self = .unknownIssuer(certificate.issuer)
    case X509_V_ERR_CERT_REVOKED: self = .revoked(authority: authority)
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
      X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_CRL_SIGNATURE_FAILURE:
      self = .revocationUnknown
    case X509_V_ERR_INVALID_PURPOSE: self = .wrongPurpose
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: self = .weak
    default: self = .other(X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "error \(code)")
    }
  }
}

/// A certificate that was refused, and why.
public struct CertificateRejection: Sendable, Hashable, CustomStringConvertible {
  /// The server that was wanted.
  public let server: TLSServerName
  public let certificate: ServerCertificate
  /// At least one, in the order they were found.
  public let problems: [CertificateProblem]

  /// For a user: `the certificate of ftp.example.org is refused: it is self-signed; it expired on 2026-01-31`.
  public var description: String {
    "the certificate of \(server) is refused: \(problems.map(\.description).joined(separator: "; "))"
  }
}
