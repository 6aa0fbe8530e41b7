// What the rules of a login say about paths, with the last answer kept: one command asks about its path several times.

import Accounts
import FTPProtocol
import Synchronization

/// The rules of one login, as its commands and its jails ask them. They never change, so an answer holds for as long as the login.
final class RuleAnswers: Sendable {
  struct Answer: Sendable {
    let permissions: AccountPermissions
    let isHidden: Bool
  }

  let rules: FileRules
  /// What may be done with one path or another.
  let somewhere: AccountPermissions
  private let last = Mutex<(path: VirtualPath, answer: Answer)?>(nil)

  init(_ rules: FileRules) {
    self.rules = rules
    somewhere = rules.somewhere
  }

  /// What may be done with `path`, and whether it is to look as if it were not there.
  func answer(about path: VirtualPath) -> Answer {
    last.withLock { last in
      if let last, last.path == path { return last.answer }
      let (permissions, reason) = rules.decision(at: path)
      var isHidden = false
      if case .hidden = reason { isHidden = true }
      let answer = Answer(permissions: permissions, isHidden: isHidden)
      last = (path, answer)
      return answer
    }
  }
}

/// The logins of one user with a jail for each thing that commands need, made when a command first needs it.
final class Admissions: Sendable {
  private let made = Mutex<[(admission: Admission, identity: Identity)]>([])

  /// - Parameter identity: whose jail it is to be.
  func identity(_ identity: Identity, admittedBy admission: Admission) -> Identity {
    made.withLock { made in
      for known in made where known.admission.needsSame(as: admission) { return known.identity }
      let new = Identity(identity, ruledBy: admission)
      made.append((admission, new))
      return new
    }
  }
}
