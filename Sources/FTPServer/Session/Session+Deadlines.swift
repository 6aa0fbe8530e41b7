// Until when a session waits for what: a login, the next command, a data connection; and what it says when the time is over.

import FTPProtocol
import LinuxSystem
import Logging

extension Session {
  /// How long the session may be idle.
  var idleLimit: Duration { parameters.fileState?.idle ?? configuration.timeouts.idle }

  enum DeadlineKind { case login, idle, channels }

  func nextDeadline() -> (time: MonotonicTime, kind: DeadlineKind) {
    var next = (time: lastCommand.advanced(by: idleLimit.inNanoseconds), kind: DeadlineKind.idle)
    if identity == nil {
      let login = greeted.advanced(by: configuration.timeouts.login.inNanoseconds)
      if login < next.time { next = (login, .login) }
    }
    if channels.expires < next.time { next = (channels.expires, .channels) }
    return next
  }

  func expire(_ kind: DeadlineKind) {
    switch kind {
    case .channels:
      tellOfStrangers()
      return channels.expire(at: .now)
    case .login: reply(Reply(421, "No login within \(Self.seconds(configuration.timeouts.login)) seconds: closing."))
    case .idle: reply(Reply(421, "Idle for \(Self.seconds(idleLimit)) seconds: closing."))
    }
    tell(.info, "session timed out", record(result: 421))
    isEnding = true
  }

  private static func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }
}
