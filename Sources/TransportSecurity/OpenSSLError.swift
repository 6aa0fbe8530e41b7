// What OpenSSL says went wrong, as one Swift error.

import COpenSSL

/// A failure inside OpenSSL: its queue of errors at that moment, the newest last, in OpenSSL's words. Source: ERR_get_error(3).
public struct OpenSSLError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What its user acts upon.
  public enum Kind: Sendable, Hashable {
    /// The peer has closed its side without close_notify (RFC 8446, section 6.1).
    case endedWithoutClose
    /// What came is not TLS at all.
    case notTLS
    /// The peer has sent a fatal alert of this number (RFC 8446, section 6.2).
    case alert(UInt8)
    case other
  }

  /// One line per queued error; empty when OpenSSL queued none.
  public let reasons: [String]
  public let kind: Kind

  /// Takes what this thread's queue holds, and empties it.
  public init() {
    var reasons: [String] = []
    var kind = Kind.other
    while true {
      let code = ERR_get_error()
      guard code != 0 else { break }
      reasons.append(ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)")
      guard weft_error_library(code) == ERR_LIB_SSL else { continue }
      switch weft_error_reason(code) {
      case Int32(WEFT_REASON_UNEXPECTED_EOF): kind = .endedWithoutClose
      case Int32(WEFT_REASON_HTTP_REQUEST), Int32(WEFT_REASON_WRONG_VERSION): kind = .notTLS
      case let reason where reason >= Int32(WEFT_REASON_ALERT):
        if let alert = UInt8(exactly: reason - Int32(WEFT_REASON_ALERT)) { kind = .alert(alert) }
      default: break
      }
    }
    self.reasons = reasons
    self.kind = kind
  }

  /// The reasons in one line.
  public var description: String { reasons.isEmpty ? "unknown TLS error" : reasons.joined(separator: "; ") }

  /// Forgets what earlier calls have left in this thread's queue: SSL_get_error(3) would mistake it for the next call's.
  static func clearQueue() { ERR_clear_error() }
}
