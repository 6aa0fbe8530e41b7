// The otpauth URI that hands a shared secret to an authenticator application.

import TransportSecurity

/// A key URI as authenticator applications read it: `otpauth://totp/ISSUER:USER?secret=…`.
public struct KeyURI: Sendable {
  /// The URI, percent-encoded (RFC 3986, section 2.1).
  public let text: String

  /// - Parameters:
  ///   - user: the name the user logs in with.
  ///   - issuer: what the application shows beside it; without a colon.
  ///   - secret: the shared secret in base32, without padding.
  public init(user: [UInt8], issuer: String, secret: String) {
    let issuer = Self.encoded(issuer.utf8)
    // Algorithm, digits and period are written out although they are the defaults: applications differ in what they assume.
    text =
      "otpauth://totp/\(issuer):\(Self.encoded(user))?secret=\(secret)&issuer=\(issuer)"
      + "&algorithm=SHA1&digits=\(OneTimePassword.digits)&period=\(OneTimePassword.period)"
  }

  private static func encoded(_ bytes: some Sequence<UInt8>) -> String {
    bytes.reduce(into: "") { text, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.utf8.count < 2 ? "%0\(digits)" : "%\(digits)"
      }
    }
  }
}
