// Time-based one-time passwords (RFC 6238) as authenticator applications make them: SHA-1, six digits, thirty seconds.

import COpenSSL

/// The codes of one shared secret.
public struct OneTimePassword: Sendable {
  /// Digits of a code.
  public static let digits = 6
  /// Seconds a code is shown for: the time step X of RFC 6238, section 4.1.
  public static let period: UInt64 = 30
  /// Steps before and after the present one whose codes are accepted too: clocks differ and typing takes time
  /// (RFC 6238, section 5.2).
  public static let window: UInt64 = 1
  /// Bytes of a new secret: what RFC 4226, section 4, recommends.
  public static let secretLength = 20

  private let secret: [UInt8]

  /// - Parameter secret: the shared secret itself, not its base32 text.
  public init(secret: [UInt8]) { self.secret = secret }

  /// The time step a moment lies in. Moments before 1970 count as its beginning.
  /// - Parameter seconds: seconds since 1970-01-01 00:00:00 UTC.
  public static func step(at seconds: Int64) -> UInt64 { UInt64(max(0, seconds)) / period }

  /// The code of a time step: six ASCII digits.
  public func code(at step: UInt64) -> [UInt8] {
    let digest = Self.hmacSHA1(key: secret, step.bigEndianBytes)
    guard digest.count == 20, let last = digest.last else { return [] }
    // Dynamic truncation (RFC 4226, section 5.3): the low four bits of the last byte say where to read four bytes.
    let start = Int(last & 0xF)
    let word = digest[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    var rest = word % 1_000_000
    var code = [UInt8](repeating: 0x30, count: Self.digits)
    for index in code.indices.reversed() {
      code[index] += UInt8(rest % 10)
      rest /= 10
    }
    return code
  }

  /// The step within the window around `seconds` whose code is `code`; nil if there is none. The time it takes does not depend on
  /// which digits are wrong.
  /// - Parameter seconds: seconds since 1970-01-01 00:00:00 UTC.
  public func step(of code: some Collection<UInt8>, at seconds: Int64) -> UInt64? {
    let now = Self.step(at: seconds)
    let given = Array(code)
    var found: UInt64?
    for step in (now < Self.window ? 0 : now - Self.window)...(now + Self.window) {
      if Self.isEqual(self.code(at: step), given) { found = step }
    }
    return found
  }

  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == digits, left.count == right.count else { return false }
    return CRYPTO_memcmp(left, right, left.count) == 0
  }

  /// HMAC-SHA-1 (RFC 2104): 20 bytes, or none if OpenSSL has no SHA-1, which then verifies nothing. Source: HMAC(3).
  public static func hmacSHA1(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard HMAC(EVP_sha1(), key, Int32(clamping: key.count), message, message.count, &digest, &length) != nil else {
      return []
    }
    return Array(digest.prefix(Int(length)))
  }
}

extension UInt64 {
  fileprivate var bigEndianBytes: [UInt8] { (0..<8).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}
