// One try to log in: whether there is budget for it, its turn at the verifier, and what a refusal says.

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import Reactor

/// Who tries to log in, and from where.
struct LoginAttempt: Sendable {
  let name: [UInt8]
  /// Where the client's paths come from: a failure counts against each, or it would change addresses with its subflows.
  let addresses: [IPAddress]
  /// Whether a one-time code is asked for.
  let wantsCode: Bool

  init(_ name: [UInt8], from addresses: [IPAddress], wantsCode: Bool) {
    self.name = name
    self.addresses = addresses
    self.wantsCode = wantsCode
  }
}

extension LoginAttempt {
  func isAdmitted(by budget: LoginBudget) -> Bool { budget.admits(name, from: addresses, wantsCode: wantsCode) }

  /// Has a verification ask the budget when its turn has come.
  /// - Parameter counts: whether a wrong password counts.
  func gate(_ budget: LoginBudget, counts: Bool) -> AttemptGate {
    AttemptGate {
      isAdmitted(by: budget)
    } countRefusal: {
      if counts { budget.recordFailure(name, from: addresses) }
    }
  }
}

extension NamedUser {
  /// What a password and a code would prove; nil if there is no such user.
  var proof: EntryProof? { entry.map { EntryProof($0, byCertificate: false) } }
}

extension Session {
  /// How long an attempt over budget waits for its answer, in nanoseconds: whoever guesses has to hold connections open.
  private static let overBudgetDelay: Int64 = 2_000_000_000

  /// Verifies a password, if there is budget for it when its turn comes.
  func verify(
    _ password: [UInt8], of named: NamedUser, _ attempt: LoginAttempt
  ) async -> PasswordVerifier.Outcome {
    let budget = context.budget
    guard attempt.isAdmitted(by: budget), context.activePolicy?.admits(user: policyName(of: named.name)) ?? true else {
      return .overBudget
    }
    let isKnown = budget.knows(attempt.name, from: attempt.addresses)
    let lane = PasswordVerifier.Lane(attempt.addresses.first?.client, isPreferred: isKnown)
    // Whether a local user's password was wrong only PAM can tell.
    let gate = attempt.gate(budget, counts: named.entry != nil || !(admitsLocalUsers || asksAuthority))
    return await context.verifier.check(password, hash: named.entry?.hash, lane: lane, gate: gate)
  }

  /// Refuses an attempt that was not looked at. 421 and not 530: the password may be right.
  func refuseOverBudget(_ name: [UInt8], _ verb: Verb = "PASS") async {
    let end = MonotonicTime.now.advanced(by: Self.overBudgetDelay)
    while context.ending.load(ordering: .relaxed) == .no, !activity.isTold, await parking.sleep(until: end) != .deadline
    {}
    var record = record(verb: verb, result: 421)
    record.user = name
    context.meter?.loginFailed(.overBudget)
    tell(.loginFailed, .notice, "login refused without a look at the password: too many have failed", record)
    reply(Reply(421, "Too many failed logins. Try again later."))
    isEnding = true
  }

  /// Refuses a login. The last one too is 530, which is final: after 421 clients come again with the same password.
  func refuse(_ name: [UInt8], _ verb: Verb = "PASS") {
    failedLogins += 1
    note(.failedLogin, user: policyName(of: name))
    var record = record(verb: verb, result: 530)
    record.user = name
    context.meter?.loginFailed(.credentials)
    tell(.loginFailed, .notice, "login refused", record)
    guard failedLogins >= configuration.limits.loginAttempts else { return reply(FTPError.loginRefused.reply) }
    reply(Reply(530, "Login incorrect too many times. Goodbye."))
    isEnding = true
  }

  /// Back to where nobody has logged in.
  func logOut() {
    if identity != nil { context.registry.logOut(id) }
    login = .greeted
  }

  /// By what the sessions of a user are counted: users of different hosts are different users.
  func key(of account: Account) -> [UInt8] {
    Array((virtualHost?.name ?? "").utf8) + [0] + account.name
  }
}
