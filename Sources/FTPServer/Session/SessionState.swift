// Who a session is for, and how its data connections are protected.

import Accounts
import FTPProtocol
import Jail

/// How far the login has come (RFC 959, section 5.1 and the diagram of USER, PASS in section 6).
enum LoginState {
  case greeted
  /// USER was given and waits for PASS.
  indirect case named(NamedUser)
  /// PASS was right, and ACCT has to follow.
  indirect case verified(NamedUser)
  case loggedIn(Identity)
}

/// What was found under the name that USER gave, and when: after a reload it has to be looked up again.
struct NamedUser {
  let name: [UInt8]
  /// nil: there is no such user.
  let entry: UserEntry?
  /// The accounts that were asked.
  let snapshot: ServerContext.Snapshot
}

/// A user who has logged in, with the tree the user may see.
final class Identity: Sendable {
  let account: Account
  let jail: Jail
  /// The directory on the host that ``jail`` was opened at: the home or a mounted tree.
  let root: String
  let proof: LoginProof

  init(account: Account, jail: Jail, root: String, proof: LoginProof) {
    self.account = account
    self.jail = jail
    self.root = root
    self.proof = proof
  }
}

/// What PBSZ and PROT have settled for data connections (RFC 4217, sections 8 and 9), and what was seen of them.
struct DataProtection {
  /// PBSZ was given, or goes without saying.
  var hasBufferSize = false
  /// PROT P: data connections are TLS.
  var isPrivate = false
  /// SSCN ON: this server is TLS's client on data connections.
  var isClient = false
  /// CPSV: it is so on the next one.
  var isClientOnce = false
  /// This server is TLS's client on the data connection that comes next.
  var isTLSClient: Bool { isClient || isClientOnce }
  /// A data connection of this session has resumed its TLS session.
  var hasResumed = false
  /// The log has said that a data connection did not resume.
  var hasToldOfNoResumption = false
}
