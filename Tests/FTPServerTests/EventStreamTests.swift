// Tests that each reader gets what it wants, and that nothing is made that nobody wants.

import LinuxSystem
import Logging
import Synchronization
import Testing

@testable import FTPServer

@Suite struct EventStreamTests {
  private final class Reader: SessionEventReader {
    private let least: Logger.Level
    private let state = Mutex<[String]>([])
    var messages: [String] { state.withLock { $0 } }

    init(from least: Logger.Level) { self.least = least }

    func wants(_ kind: SessionEvent.Kind, _ level: Logger.Level) -> Bool { level >= least }
    func read(_ event: SessionEvent) { state.withLock { $0.append("\(event.message)") } }
  }

  /// A stream whose own log is off.
  private func stream(_ readers: Reader...) -> EventStream {
    EventStream(log: EventLog(logger: silentLogger()), counters: TransferCounters(), readers)
  }

  private func silentLogger() -> Logger {
    var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .critical
    return logger
  }

  private let record = EventRecord(session: 1, peer: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 1))

  @Test func everyReaderGetsWhatItWants() {
    let (all, some) = (Reader(from: .trace), Reader(from: .notice))
    let stream = self.stream(all, some)
    stream.publish(.notice, .info, "one", record)
    stream.publish(.login, .notice, "two", record)
    #expect(all.messages == ["one", "two"])
    #expect(some.messages == ["two"])
  }

  @Test func whatNobodyWantsIsNotMade() {
    let stream = self.stream(Reader(from: .error))
    var made = 0
    func message() -> Logger.Message {
      made += 1
      return "made"
    }
    stream.publish(.notice, .info, message(), record)
    #expect(made == 0)
    stream.publish(.notice, .error, message(), record)
    #expect(made == 1)
  }

  @Test func whatSeveralWantIsMadeOnce() {
    let stream = self.stream(Reader(from: .trace), Reader(from: .trace), Reader(from: .trace))
    var made = 0
    func message() -> Logger.Message {
      made += 1
      return "made"
    }
    stream.publish(.notice, .info, message(), record)
    #expect(made == 1)
  }

  @Test func theFiguresAreKeptWithoutAReader() {
    let counters = TransferCounters()
    let stream = EventStream(log: EventLog(logger: silentLogger()), counters: counters)
    let outcome = TransferOutcome(direction: .download, bytes: 5, reply: 226, isComplete: true)
    stream.publish(.transferEnded(outcome), .info, "download", record)
    #expect(counters.statistics.bytesSent == 5)
  }

  @Test func theLogKeepsToItsLevel() {
    var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    let log = EventLog(logger: logger)
    #expect(log.wants(.login, .notice))
    #expect(!log.wants(.login, .info))
    #expect(!log.wants(.transferBegan(.upload), .critical))
  }
}
