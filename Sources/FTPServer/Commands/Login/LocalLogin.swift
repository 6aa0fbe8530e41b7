// The login of the system's own users (RFC 959, section 4.1.1), whose passwords PAM knows.

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import Reactor

extension Session {
  /// Where local users may log in, no refusal comes earlier than so many nanoseconds after the password: what PAM takes for one
  /// kind of user and not for another is not to be seen.
  private static let refusalTime: Int64 = 1_000_000_000

  /// Asks PAM about a name that no table has. True when the client has got its answer: logged in, or told to come later.
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

  /// What the operator is told, with what to do about it.
  private static func words(for obstacle: LocalUserAuthenticator.Obstacle) -> Logger.Message {
    switch obstacle {
    case .tryLater:
      "weftpd-authd could not tell whether a password is right: a local user cannot log in; see its own log"
    case .absent:
      """
      weftpd-authd gives no answer at accounts.authd-socket: local users cannot log in; see \
      systemctl status weftpd-authd.socket
      """
    case .ended:
      """
      weftpd-authd has ended, and weftpd has no rights left to start another: local users cannot log in until weftpd is \
      restarted
      """
    }
  }

  /// Waits until a refusal may be told.
  func waitForRefusal(since started: MonotonicTime) async {
    guard context.localUsers != nil else { return }
    _ = await parking.sleep(until: started.advanced(by: Self.refusalTime))
  }
}
