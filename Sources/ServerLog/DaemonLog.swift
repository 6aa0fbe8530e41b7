// The log of the daemon: a swift-log back-end that writes a line for people or a JSON object for machines.

import FTPServer
import LinuxSystem
import Logging
import Synchronization

/// Format, level and sink shared by all loggers; format and level may change while the daemon runs.
public final class DaemonLog: Sendable {
  private let sink: LogSink
  private let entries: Entries
  private let shared: Shared
  private let taps = LogTaps()

  /// What the sink takes.
  private enum Entries {
    case lines, journal, syslog
  }

  /// A class of its own, because the sink needs it and must not keep the log alive.
  private final class Shared: Sendable {
    let isJSON: Atomic<Bool>
    let level: Atomic<Int>

    init(isJSON: Bool, level: Int) {
      self.isJSON = Atomic(isJSON)
      self.level = Atomic(level)
    }
  }

  /// - Parameters:
  ///   - descriptor: Where lines go; standard error unless told otherwise.
  ///   - limit: Bytes that may wait for a slow reader before lines are dropped.
  public convenience init(
    format: LogFormat = .text, level: Logger.Level = .info, descriptor: Int32 = 2, limit: Int = 1 << 20
  ) {
    self.init(output: DescriptorOutput(descriptor), entries: .lines, format: format, level: level, limit: limit)
  }

  /// A log that goes to the journal with its fields; `format` does not matter there.
  public convenience init(journal: JournalOutput, level: Logger.Level = .info, limit: Int = 1 << 20) {
    self.init(output: journal, entries: .journal, format: .text, level: level, limit: limit)
  }

  /// A log that goes to a syslog server with its fields; `format` does not matter there.
  public convenience init(syslog: SyslogOutput, level: Logger.Level = .info, limit: Int = 1 << 20) {
    self.init(output: syslog, entries: .syslog, format: .text, level: level, limit: limit)
  }

  /// A log that goes where `target` says.
  ///
  /// - Parameters:
  ///   - syslog: Where the syslog server is, for that target.
  ///   - environment: Where JOURNAL_STREAM tells whether standard error leads to the journal.
  public convenience init(
    target: LogTarget, format: LogFormat, level: Logger.Level, syslog: SyslogAddress? = nil,
    environment: [String: String]
  ) {
    if target == .syslog, let syslog, let output = SyslogOutput(syslog) {
      self.init(syslog: output, level: level)
      return
    }
    let wantsJournal = target == .journal || target == .automatic && JournalOutput.isJournal(environment: environment)
    if wantsJournal, let journal = JournalOutput() {
      self.init(journal: journal, level: level)
    } else {
      self.init(format: format, level: level)
    }
  }

  private init(output: any LogOutput, entries: Entries, format: LogFormat, level: Logger.Level, limit: Int) {
    let shared = Shared(isJSON: format == .json, level: level.number)
    self.shared = shared
    self.entries = entries
    sink = LogSink(output: output, limit: limit) { count in
      Self.entry(
        entries, shared, .warning, "log lines were lost", nil, [("count", .stringConvertible(count))])
    }
  }

  /// Which form lines have from now on.
  public var format: LogFormat {
    get { shared.isJSON.load(ordering: .relaxed) ? .json : .text }
    set { shared.isJSON.store(newValue == .json, ordering: .relaxed) }
  }

  /// The least important level that is written from now on.
  public var level: Logger.Level {
    get { Logger.Level(number: shared.level.load(ordering: .relaxed)) }
    set { shared.level.store(newValue.number, ordering: .relaxed) }
  }

  /// How many lines were lost since the start because their reader was too slow.
  public var linesLost: Int { sink.lostInAll }

  /// The least important level that anybody reads: ``level``, or what a tap asks for.
  var levelInUse: Logger.Level { Logger.Level(number: min(shared.level.load(ordering: .relaxed), taps.leastNumber)) }

  /// Has `read` called with each line from `level` up, whatever ``level`` writes, until ``LogTap/end()``.
  ///
  /// - Parameter read: called by whoever logs, with the line and its newline; it must be quick and never block.
  public func tap(
    from level: Logger.Level, _ form: LogFormat, _ read: @escaping @Sendable (Logger.Level, [UInt8]) -> Void
  ) -> LogTap {
    taps.add(level, form, read)
  }

  /// A logger that writes here. Does not touch swift-log's global bootstrap.
  public func logger(label: String = "weftpd") -> Logger {
    Logger(label: label, factory: { _ in DaemonLogHandler(log: self) })
  }

  /// Hands writing over to a thread of its own; see ``LogSink/start()``.
  public func startWriter() { sink.start() }

  /// Writes what waits; false when the reader did not take it in time.
  @discardableResult
  public func flush(within timeout: Duration = .seconds(2)) -> Bool { sink.flush(within: timeout) }

  /// Writes text that is not a log line, such as the generated password, in its place among the log lines.
  public func writeVerbatim(_ text: String) {
    let bytes = Array(text.utf8)
    if entries != .lines {
      _ = bytes.withUnsafeBytes { DescriptorOutput(2).write($0, until: .now.advanced(by: 1_000_000_000)) }
    } else {
      sink.append(bytes, isUrgent: true)
    }
  }

  func write(_ level: Logger.Level, _ message: String, _ record: EventRecord?, _ fields: [LogLine.Field]) {
    if level >= self.level {
      sink.append(Self.entry(entries, shared, level, message, record, fields), isUrgent: level >= .warning)
    }
    taps.read(level) { isJSON in
      LogLine.format(isJSON: isJSON, level: level, message: message, record: record, fields: fields)
    }
  }

  private static func entry(
    _ entries: Entries, _ shared: Shared, _ level: Logger.Level, _ message: String, _ record: EventRecord?,
    _ fields: [LogLine.Field]
  ) -> [UInt8] {
    switch entries {
    case .journal:
      JournalOutput.frame(JournalEntry.format(level: level, message: message, record: record, fields: fields))
    case .syslog:
      JournalOutput.frame(SyslogEntry.format(level: level, message: message, record: record, fields: fields))
    case .lines:
      LogLine.format(
        isJSON: shared.isJSON.load(ordering: .relaxed), level: level, message: message, record: record, fields: fields)
    }
  }
}

/// What swift-log calls. An event travels as one metadata value, `["event": .stringConvertible(EventRecord)]`, so that
/// a transfer costs no dictionary of strings.
struct DaemonLogHandler: LogHandler {
  let log: DaemonLog
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  private var ownLevel: Logger.Level?

  init(log: DaemonLog) { self.log = log }

  /// The level of the whole log unless this logger was given its own.
  var logLevel: Logger.Level {
    get { ownLevel ?? log.levelInUse }
    set { ownLevel = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var record: EventRecord?
    var fields: [LogLine.Field] = []
    if let own = event.metadata {
      for (key, value) in own {
        if key == "event", case .stringConvertible(let convertible) = value, let found = convertible as? EventRecord {
          record = found
        } else {
          fields.append((key, value))
        }
      }
    }
    for (key, value) in metadata where event.metadata?[key] == nil { fields.append((key, value)) }
    if let provided = metadataProvider?.get() {
      for (key, value) in provided where !fields.contains(where: { $0.key == key }) { fields.append((key, value)) }
    }
    if let error = event.error { fields.append(("error", .string("\(error)"))) }
    if fields.count > 1 { fields.sort { $0.key < $1.key } }
    log.write(event.level, event.message.description, record, fields)
  }
}
