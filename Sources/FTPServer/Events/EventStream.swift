// Hands each event of a session to those who read the stream, and makes none that nobody wants.

import LinuxSystem
import Logging

/// Reads what happens in a server's sessions. All of it is called on the sessions' queues, so it must be quick and never block.
public protocol SessionEventReader: Sendable {
  /// Whether ``read(_:)`` is to be called for events of this kind and level. It is asked each time.
  func wants(_ kind: SessionEvent.Kind, _ level: Logger.Level) -> Bool
  func read(_ event: SessionEvent)
}

/// The events of all sessions of a server.
final class EventStream: Sendable {
  /// The two readers that every server has are not behind an existential: sessions on all processors would count references to it.
  private let log: EventLog
  private let counters: TransferCounters
  /// Those who read for a while.
  let relay = EventRelay()
  /// Who measures; nil: nobody does.
  let meter: (any ServerMeter)?
  private let readers: [any SessionEventReader]

  init(
    log: EventLog, counters: TransferCounters, _ readers: [any SessionEventReader] = [],
    meter: (any ServerMeter)? = nil
  ) {
    self.meter = meter
    self.log = log
    self.counters = counters
    self.readers = readers
  }

  /// Tells the readers that want it; the words and the record are made only for them.
  func publish(
    _ kind: SessionEvent.Kind, _ level: Logger.Level, _ message: @autoclosure () -> Logger.Message,
    _ record: @autoclosure () -> EventRecord
  ) {
    counters.count(kind)
    if let meter { measure(kind, meter) }
    let isLogged = log.wants(kind, level)
    let isWatched = relay.wants(level)
    guard isLogged || isWatched || readers.contains(where: { $0.wants(kind, level) }) else { return }
    let event = SessionEvent(kind: kind, level: level, message: message(), record: record())
    if isLogged { log.read(event) }
    if isWatched { relay.read(event) }
    for reader in readers where reader.wants(kind, level) { reader.read(event) }
  }
}

extension EventStream {
  private func measure(_ kind: SessionEvent.Kind, _ meter: any ServerMeter) {
    switch kind {
    case .transferEnded(let outcome): meter.transferEnded(outcome)
    // Commands are measured with their verbs, refusals and failed logins with their reasons, where they happen.
    case .command, .refused, .loginFailed, .transferBegan, .changed, .notice: break
    case .sessionBegan, .sessionEnded, .login, .logout: meter.happened(kind)
    }
  }
}

/// Writes the events to the server's log, from the log's level up.
struct EventLog: SessionEventReader {
  let logger: Logger

  func wants(_ kind: SessionEvent.Kind, _ level: Logger.Level) -> Bool {
    // The beginning of a transfer is told with its end.
    if case .transferBegan = kind { return false }
    return level >= logger.logLevel
  }

  func read(_ event: SessionEvent) {
    logger.log(level: event.level, event.message, metadata: ["event": .stringConvertible(event.record)])
  }
}
