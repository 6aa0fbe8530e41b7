// By what a session has logged in, so that a change of the accounts can be held against it later.

import Accounts
import LinuxSystem

/// What the login rests on.
enum LoginProof: Sendable, Equatable {
  /// An entry of the accounts: what stood there as proof of who the user is.
  case entry(EntryProof)
  case anonymous
  /// PAM's word for a user of the system.
  case local
}

/// The parts of an entry that a user had to know or to have, as a fingerprint: sessions need not keep the secrets.
struct EntryProof: Sendable, Equatable {
  private let fingerprint: Int
  let isByCertificate: Bool

  init(_ entry: UserEntry, byCertificate: Bool) {
    var hasher = Hasher()
    hasher.combine(entry.hash)
    hasher.combine(entry.options.oneTimeSecret)
    hasher.combine(entry.options.accountText)
    if byCertificate { hasher.combine(entry.options.certificates) }
    fingerprint = hasher.finalize()
    isByCertificate = byCertificate
  }
}

/// What became of a login when the accounts changed.
enum LoginStanding {
  case unchanged
  /// It goes on with other rights or options.
  case changed(Account)
  /// It ends, and why; for the log.
  case ended(String)
}

extension Identity {
  /// How this login stands with the accounts as they are now.
  /// - Parameters:
  ///   - entry: what they have under its name; nil if nothing.
  ///   - isProtected: whether the control connection is under TLS.
  ///   - addresses: where the client's paths come from.
  func standing(
    in accounts: AccountSource, entry: UserEntry?, isProtected: Bool, from addresses: [IPAddress]
  ) -> LoginStanding {
    switch proof {
    case .anonymous:
      guard let account = accounts.anonymousAccount else { return .ended("anonymous users may no longer log in") }
      if account.home != self.account.home { return .ended("the directory of anonymous users is another now") }
      return standing(of: account)
    case .local:
      if !accounts.admitsLocalUsers { return .ended("local users may no longer log in") }
      if entry != nil { return .ended("the name is that of another user now") }
      return standing(of: Account(name: account.name, home: account.home, permissions: accounts.localPermissions))
    case .entry(let proof):
      guard let entry else { return .ended("the user was removed") }
      if entry.isLocked { return .ended("the user was locked") }
      if let bar = entry.options.bar(at: WallClock.seconds, from: addresses) { return .ended(bar.reason) }
      if EntryProof(entry, byCertificate: proof.isByCertificate) != proof {
        return .ended("what the user has to prove at a login has changed")
      }
      if entry.options.tlsDemand != nil, !isProtected { return .ended("the user needs TLS now") }
      let account = accounts.account(for: entry)
      if account.home != self.account.home { return .ended("the user has another home now") }
      if root != account.home, !account.options.mounts.contains(where: { $0.path == root }) {
        return .ended("the mounted tree is no longer the user's")
      }
      if account.options.directories != self.account.options.directories {
        return .ended("the user has other virtual directories now")
      }
      return standing(of: account)
    }
  }

  private func standing(of account: Account) -> LoginStanding {
    account == self.account ? .unchanged : .changed(account)
  }

  /// The same login with other rights or options.
  func with(_ account: Account) -> Identity {
    Identity(account: account, jail: jail.ruled(by: nil), root: root, proof: proof)
  }
}
