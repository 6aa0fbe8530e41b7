// Who a session is for, and how its data connections are protected.

import Accounts
import FTPProtocol
import Jail

/// How far the login has come (RFC 959, section 5.1 and the diagram of USER, PASS in section 6).
enum LoginState {
  case greeted
  /// USER was given and waits for PASS; with what was found under that name.
  indirect case named([UInt8], UserEntry?)
  /// PASS was right, and ACCT has to follow.
  indirect case verified(Account)
  case loggedIn(Identity)
}

/// A user who has logged in, with the tree the user may see.
final class Identity: Sendable {
  let account: Account
  let jail: Jail

  init(account: Account, jail: Jail) {
    self.account = account
    self.jail = jail
  }
}

/// What PBSZ and PROT have settled for data connections (RFC 4217, sections 8 and 9), and what was seen of them.
struct DataProtection {
  /// PBSZ was given, or goes without saying.
  var hasBufferSize = false
  /// PROT P: data connections are TLS.
  var isPrivate = false
  /// A data connection of this session has resumed its TLS session.
  var hasResumed = false
  /// The log has said that a data connection did not resume.
  var hasToldOfNoResumption = false
}
