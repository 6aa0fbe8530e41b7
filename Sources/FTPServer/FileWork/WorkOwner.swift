// Whose work it is: what is shared fairly is shared among these.

import Accounts
import LinuxSystem

/// A user, as far as work on files is shared out. Anonymous clients are told apart by their addresses.
struct WorkOwner: Hashable, Sendable {
  /// The virtual host that has the user; nil where there is none.
  var host: String?
  var user: [UInt8]
  var address: IPAddress?

  /// The server itself, for what it does on its own account.
  static let server = WorkOwner(host: nil, user: [], address: nil)
}

extension Session {
  /// Whom this session's work is counted for.
  var workOwner: WorkOwner {
    let account = identity?.account
    return WorkOwner(
      host: virtualHost?.name, user: account?.name ?? [],
      address: account.map { $0.isAnonymous } ?? true ? control.peer.address : nil)
  }
}
