// How the server's parts write a log message about a session.

import LinuxSystem
import Logging

extension Logger {
  /// Logs with an ``EventRecord``, which is only made when the level is on.
  func event(
    _ level: Logger.Level, _ message: @autoclosure () -> Logger.Message, _ record: @autoclosure () -> EventRecord
  ) {
    if level >= logLevel { log(level: level, message(), metadata: ["event": .stringConvertible(record())]) }
  }

  func warning(_ message: Logger.Message, peer: SocketAddress, result: UInt16) {
    event(.warning, message, EventRecord(session: 0, peer: peer, result: result))
  }
}
