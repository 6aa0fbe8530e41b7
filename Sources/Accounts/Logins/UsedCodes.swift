// Remembers which one-time passwords have been used, so that each can be used only once across all sessions.

import Synchronization

/// The last time step each user logged in with. A code of that step or an earlier one is used up (RFC 6238, section 5.2).
///
/// It lives as long as the process and is not written anywhere. It holds one number for each user who has a second factor.
public final class UsedCodes: Sendable {
  private let last = Mutex<[[UInt8]: UInt64]>([:])

  /// Nobody has used any code.
  public init() {}

  /// Uses up `step` for `user`, and all steps before it; false if it was used already. If several sessions try the same
  /// step at once, only one of them gets true.
  /// - Parameter user: a value that identifies this user and this secret.
  public func claim(_ step: UInt64, user: [UInt8]) -> Bool {
    last.withLock { last in
      if let used = last[user], used >= step { return false }
      last[user] = step
      return true
    }
  }
}
