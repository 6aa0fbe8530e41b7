// What OpenSSL says went wrong, as one Swift error.

import COpenSSL

/// A failure inside OpenSSL: its queue of errors at that moment, the newest last, in OpenSSL's words. Source: ERR_get_error(3).
public struct OpenSSLError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One line per queued error; empty when OpenSSL queued none.
  public let reasons: [String]

  /// Takes what this thread's queue holds, and empties it.
  public init() {
    var reasons: [String] = []
    while true {
      let code = ERR_get_error()
      guard code != 0 else { break }
      reasons.append(ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)")
    }
    self.reasons = reasons
  }

  /// The reasons in one line.
  public var description: String { reasons.isEmpty ? "unknown TLS error" : reasons.joined(separator: "; ") }
}
