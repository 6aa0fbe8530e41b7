// How a session tells what happens in it, to those who read its events and to those who look at it from outside.

import FTPProtocol
import LinuxSystem
import Logging

extension Session {
  func record(
    verb: Verb? = nil, path: [UInt8] = [], bytes: UInt64? = nil, duration: Int64? = nil, result: UInt16? = nil,
    paths: String? = nil, tls: String? = nil, note: String? = nil
  ) -> EventRecord {
    EventRecord(
      session: id, peer: control.peer, user: identity?.account.name ?? [], verb: verb?.description ?? "", path: path,
      bytes: bytes, duration: duration.map { .nanoseconds($0) }, result: result,
      paths: paths, tls: tls, note: note, request: verb == nil ? nil : requests)
  }

  /// Tells all who read the events of sessions.
  func tell(
    _ kind: SessionEvent.Kind, _ level: Logger.Level, _ message: @autoclosure () -> Logger.Message,
    _ record: @autoclosure () -> EventRecord
  ) {
    context.events.publish(kind, level, message(), record())
  }

  /// Tells the operator something.
  func tell(
    _ level: Logger.Level, _ message: @autoclosure () -> Logger.Message, _ record: @autoclosure () -> EventRecord
  ) {
    context.events.publish(.notice, level, message(), record())
  }

  /// Tells that the login comes to its end, if there is one. Called before the identity is given up.
  func tellLogout(after verb: Verb? = nil) {
    guard identity != nil else { return }
    tell(.logout, .info, "logout", record(verb: verb, duration: MonotonicTime.now.since(activity.connected)))
  }

  /// The transfer that runs will have so many bytes.
  func setTotal(_ total: UInt64) {
    transfer?.total = total
    activity.note(total: total)
  }
}
