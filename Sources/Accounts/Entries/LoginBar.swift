// Why a user whose password is right may not log in all the same: switched off, expired, from elsewhere, at another hour.

import LinuxSystem

/// What keeps a user out. The user is told, because the password was right.
public enum LoginBar: Sendable, Hashable {
  case disabled
  case expired
  case fromElsewhere
  case atThisHour

  /// For the log.
  public var reason: String {
    switch self {
    case .disabled: "the user is not enabled"
    case .expired: "the account has expired"
    case .fromElsewhere: "the user's clients must come from elsewhere"
    case .atThisHour: "the user may not log in at this hour"
    }
  }
}

extension AccountOptions {
  /// What keeps the user out at a time, in seconds since 1970-01-01 00:00:00 UTC; nil: nothing.
  ///
  /// - Parameter addresses: where the client's paths come from: each of them has to be admitted. Empty: that is not asked.
  public func bar(at seconds: Int64, from addresses: [IPAddress]) -> LoginBar? {
    if !isEnabled { return .disabled }
    if let expiry, seconds >= expiry { return .expired }
    if !peers.isEmpty, addresses.contains(where: { address in !peers.contains { $0.contains(address) } }) {
      return .fromElsewhere
    }
    if let hours, !hours.contain(WeekMoment(seconds: seconds)) { return .atThisHour }
    return nil
  }
}
