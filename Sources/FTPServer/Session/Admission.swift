// What one command of an account with rules may be about: the rules of the account as a jail asks them.

import Accounts
import FTPProtocol
import Jail

/// The rules of an account, and what a command needs.
struct Admission: PathRule {
  let rules: FileRules
  /// What is needed of a path.
  let needed: AccountPermissions
  /// Whether one of them is enough.
  let anyOfThem: Bool
  /// Whether files that are there may be replaced only by who may overwrite.
  let guardsFiles: Bool

  func verdict(on path: VirtualPath) -> PathVerdict {
    if needed.isEmpty { return rules.hides(path) ? .hidden : .granted }
    let (granted, reason) = rules.decision(at: path)
    if case .hidden = reason { return .hidden }
    let isEnough = anyOfThem ? !granted.isDisjoint(with: needed) : granted.isSuperset(of: needed)
    return isEnough ? .granted : .refused
  }

  func mayReplace(_ path: VirtualPath) -> Bool {
    !guardsFiles || rules.permissions(at: path).contains(.overwrite)
  }

  func mayMoveTree(_ path: VirtualPath) -> Bool { !rules.isDivided(path) }
}

extension Identity {
  /// The same login with a jail that lets a command have only what it needs; itself if all paths are alike.
  func admitted(
    to needed: AccountPermissions, anyOfThem: Bool = false, guardingFiles: Bool = false
  ) -> Identity {
    guard let rules else { return self }
    let admission = Admission(rules: rules, needed: needed, anyOfThem: anyOfThem, guardsFiles: guardingFiles)
    return Identity(self, ruledBy: admission)
  }
}
