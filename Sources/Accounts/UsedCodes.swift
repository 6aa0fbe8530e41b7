// Remembers which one-time passwords have been used, so that each is good once, whichever session it is tried in.

import Synchronization

/// The last time step each user logged in with. A code of that step or an earlier one is used up (RFC 6238, section 5.2).
///
/// It lives as long as the process and is not written anywhere. It holds one number for each user who has a second factor.
public final class UsedCodes: Sendable {
  private let last = Mutex<[[UInt8]: UInt64]>([:])

  /// Nobody has used any code.
  public init() {}

  /// Uses up `step` for `user`, with all steps before it; false if it was used already. Of several sessions that try the
  /// same step at once, one is told true.
  /// - Parameter user: whatever tells this secret of this user from all others.
  public func claim(_ step: UInt64, user: [UInt8]) -> Bool {
    last.withLock { last in
      if let used = last[user], used >= step { return false }
      last[user] = step
      return true
    }
  }
}
