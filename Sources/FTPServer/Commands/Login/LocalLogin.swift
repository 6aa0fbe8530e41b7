// The login of users of the system (RFC 959, section 4.1.1), whose passwords PAM checks.

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import Reactor

extension Session {
  /// If local users may log in, no refusal is sent earlier than this many nanoseconds after the password, so that the time PAM takes
  /// does not reveal which kind of user a name is.
  private static let refusalTime: Int64 = 1_000_000_000

  /// Whether names that are in no table are asked of PAM here.
  var admitsLocalUsers: Bool { context.localUsers != nil && accounts.admitsLocalUsers }

  /// Asks PAM about a name that is in no table. Returns true if the client has been answered: it is logged in, or was told to try later.
  func isLocalUser(_ attempt: LoginAttempt, _ password: [UInt8]) async -> Bool {
    guard let authenticator = context.localUsers, admitsLocalUsers else { return false }
    switch await authenticator.check(
      user: attempt.name, password: password, remoteHost: control.peer.address.description,
      gate: attempt.gate(context.budget, counts: true))
    {
    case .accepted(let user):
      context.budget.recordSuccess(attempt.name, from: attempt.addresses)
      let account = Account(name: attempt.name, home: user.home, permissions: accounts.localPermissions)
      reply(admit(account, .local, as: FileCredentials(user: user.user, group: user.group, groups: user.groups)))
      return true
    case .refused: return false
    case .overBudget:
      await refuseOverBudget(attempt.name)
      return true
    case .unavailable(let obstacle):
      tell(.error, Self.words(for: obstacle), record(verb: "PASS", result: 421))
      reply(Reply(421, "Passwords cannot be checked now. Try again later."))
      isEnding = true
      return true
    }
  }

  /// The log message for the operator, which says what to do.
  private static func words(for obstacle: LocalUserAuthenticator.Obstacle) -> Logger.Message {
    switch obstacle {
    case .tryLater:
      "weftpd-authd could not check a password: a local user was refused; see the log of weftpd-authd"
    case .absent:
      """
      weftpd-authd does not answer at accounts.authd-socket: local users cannot log in; see \
      systemctl status weftpd-authd.socket
      """
    case .ended:
      """
      weftpd-authd has ended, and weftpd, no longer root, cannot start another: local users cannot log in until weftpd is \
      restarted
      """
    }
  }

  /// Waits until a refusal may be sent.
  func waitForRefusal(since started: MonotonicTime) async {
    guard context.localUsers != nil || context.authority != nil else { return }
    _ = await parking.sleep(until: started.advanced(by: Self.refusalTime))
  }
}
