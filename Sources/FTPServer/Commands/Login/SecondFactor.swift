// The second factor of a login: RFC 6238 codes, asked for FileZilla's way (336 … [alg:totp]) or appended to the password.

import Accounts
import FTPProtocol
import LinuxSystem
import TransportSecurity

/// What PASS carried, split into the password and the code, for one user.
struct SecondFactor {
  /// The part of the argument that is the password.
  let password: [UInt8]
  private let code: [UInt8]
  private let secret: [UInt8]?

  /// - Parameters:
  ///   - argument: PASS's argument.
  ///   - secret: the user's, of the option `totp`; nil without one, and then all of the argument is the password.
  ///   - isAsked: whether USER was answered 336, after which a client sends `code;password`. One that does not know 336 appends the
  ///     code as ever.
  init(argument: [UInt8], secret: [UInt8]?, isAsked: Bool) {
    guard let secret else {
      self.secret = nil
      code = []
      // Who has no second factor but was asked for one all the same is not refused for it.
      password = isAsked ? Self.afterCode(argument) ?? argument : argument
      return
    }
    self.secret = secret
    if isAsked, let rest = Self.afterCode(argument) {
      code = Array(argument.prefix(OneTimePassword.digits))
      password = rest
    } else {
      code = argument.suffix(OneTimePassword.digits)
      password = argument.dropLast(OneTimePassword.digits)
    }
  }

  /// Whether the second factor is right, or none is asked for; a right code is used up by this.
  /// - Parameter time: seconds since 1970-01-01 00:00:00 UTC.
  func isProven(for user: [UInt8], used: UsedCodes, at time: Int64) -> Bool {
    guard let secret else { return true }
    guard !secret.isEmpty, let step = OneTimePassword(secret: secret).step(of: code, at: time) else { return false }
    // With the secret: users of the same name at different hosts do not use up each other's codes.
    return used.claim(step, user: user + [0] + secret)
  }

  /// What follows `123456;`; nil if the argument does not begin so.
  private static func afterCode(_ argument: [UInt8]) -> [UInt8]? {
    let digits = OneTimePassword.digits
    guard argument.count > digits, argument[digits] == UInt8(ascii: ";"),
      argument.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Array(argument.dropFirst(digits + 1))
  }
}

/// Who is answered 336: users with a second factor, and of the names that nobody has as large a share as there is among the users, so
/// that neither 336 nor 331 tells whether a name is somebody's.
struct ChallengePolicy: Sendable {
  private let key: [UInt8]
  /// Names whose hash is below this are asked; of 2³².
  private let threshold: UInt64

  init(_ share: ChallengeShare) {
    // A name must be answered today as it was yesterday.
    key = share.key
    threshold = share.users > 0 ? UInt64(max(0, share.withSecondFactor)) << 32 / UInt64(share.users) : 0
  }

  /// Whether USER with this name is to be answered 336.
  func asks(_ name: [UInt8], entry: UserEntry?) -> Bool {
    if let entry { return entry.options.oneTimeSecret != nil }
    guard threshold > 0 else { return false }
    let hash = OneTimePassword.hmacSHA1(key: key, name).prefix(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return hash < threshold
  }
}

extension Session {
  /// Whether USER with this name is answered 336: FileZilla said with its ALPN that it understands that.
  func asksForCode(_ name: [UInt8], _ entry: UserEntry?) -> Bool {
    control.isFileZilla && ChallengePolicy(accounts.directory.challengeShare).asks(name, entry: entry)
  }

  /// PASS's argument, split for the user of that name.
  func secondFactor(_ argument: [UInt8], name: [UInt8], entry: UserEntry?) -> SecondFactor {
    SecondFactor(argument: argument, secret: entry?.options.oneTimeSecret, isAsked: asksForCode(name, entry))
  }
}

extension ControlConnection {
  /// Whether the client negotiated FileZilla's own dialect of FTP over TLS.
  var isFileZilla: Bool { protection == .secured && tls?.applicationProtocol == .fileZilla }
}
