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

  /// Asks PAM about a name that is in no table. Returns true if the client has been answered: it is logged in, or was told to try later.
  func isLocalUser(_ name: [UInt8], _ password: [UInt8]) async throws(FTPError) -> Bool {
    guard let authenticator = context.localUsers, accounts.admitsLocalUsers else { return false }
    switch await authenticator.check(
      user: name, password: password, remoteHost: control.peer.address.description)
    {
    case .accepted(let user):
      forgive(name)
      let account = Account(name: name, home: user.home, permissions: accounts.localPermissions)
      reply(try admit(account, as: FileCredentials(user: user.user, group: user.group, groups: user.groups)))
      return true
    case .refused: return false
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
    guard context.localUsers != nil else { return }
    _ = await parking.sleep(until: started.advanced(by: Self.refusalTime))
  }
}
