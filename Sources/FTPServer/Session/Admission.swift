// What one command of an account with rules may be about: the rules of the account as a jail asks them.

import Accounts
import FTPProtocol
import Jail

/// The rules of an account, and what a command needs.
struct Admission: PathRule {
  let answers: RuleAnswers
  /// What is needed of a path.
  let needed: AccountPermissions
  /// Whether one of them is enough.
  let anyOfThem: Bool
  /// Whether files that are there may be replaced only by who may overwrite.
  let guardsFiles: Bool

  func verdict(on path: VirtualPath) -> PathVerdict {
    let answer = answers.answer(about: path)
    if answer.isHidden { return .hidden }
    if needed.isEmpty { return .granted }
    let granted = answer.permissions
    let isEnough = anyOfThem ? !granted.isDisjoint(with: needed) : granted.isSuperset(of: needed)
    return isEnough ? .granted : .refused
  }

  func mayReplace(_ path: VirtualPath) -> Bool {
    !guardsFiles || answers.answer(about: path).permissions.contains(.overwrite)
  }

  func mayMoveTree(_ path: VirtualPath) -> Bool { !answers.rules.isDivided(path) }

  /// Whether it asks for the same, for the same login.
  func needsSame(as other: Admission) -> Bool {
    needed == other.needed && anyOfThem == other.anyOfThem && guardsFiles == other.guardsFiles
  }
}

extension Identity {
  /// The same login with a jail that lets a command have only what it needs; itself if all paths are alike.
  func admitted(
    to needed: AccountPermissions, anyOfThem: Bool = false, guardingFiles: Bool = false
  ) -> Identity {
    guard let answers else { return self }
    let admission = Admission(answers: answers, needed: needed, anyOfThem: anyOfThem, guardsFiles: guardingFiles)
    return admissions?.identity(self, admittedBy: admission) ?? Identity(self, ruledBy: admission)
  }
}
