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
  /// ``ServerContext/accountChanges`` before they were asked.
  let changes: Int
}

/// A user who has logged in, with the tree the user may see.
final class Identity: Sendable {
  let account: Account
  /// What the account's entry says about single paths; nil: nothing, and the same may be done with all.
  var rules: FileRules? { answers?.rules }
  /// ``rules``, as commands ask them.
  let answers: RuleAnswers?
  /// nil without rules, and for one that has been admitted to something.
  let admissions: Admissions?
  /// Under rules, it shows nothing that is hidden; for more there is ``admitted(to:anyOfThem:guardingFiles:)``.
  let jail: Jail
  /// How uploads take their names, if the entry says so.
  let uploadMode: AccountOptions.UploadMode?
  /// The permission bits that new files do not get, if the entry says so.
  let umask: UInt32?
  /// When the account ends, in seconds since 1970-01-01 00:00:00 UTC; nil: never.
  let expiry: Int64?
  /// The directory on the host that ``jail`` was opened at: the home or a mounted tree.
  let root: String
  let proof: LoginProof

  init(account: Account, jail: Jail, root: String, proof: LoginProof) {
    self.account = account
    let options = account.options
    (uploadMode, umask, expiry) = (options.uploadMode, options.umask, options.expiry)
    let answers = FileRules(account).map { RuleAnswers($0) }
    self.answers = answers
    admissions = answers.map { _ in Admissions() }
    self.jail =
      answers.map {
        jail.ruled(by: Admission(answers: $0, needed: [], anyOfThem: false, guardsFiles: false))
      } ?? jail
    self.root = root
    self.proof = proof
  }

  /// The same login under another rule.
  init(_ identity: Identity, ruledBy rule: Admission) {
    account = identity.account
    (uploadMode, umask, expiry) = (identity.uploadMode, identity.umask, identity.expiry)
    answers = identity.answers
    admissions = nil
    jail = identity.jail.ruled(by: rule)
    root = identity.root
    proof = identity.proof
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
