// Formats a log entry as fields of the journal: the line for people, and each of its values by itself.

import FTPServer
import Logging
import SafeText

/// One entry in the journal's native protocol. Source: systemd's docs/JOURNAL_NATIVE_PROTOCOL, systemd.journal-fields(7).
enum JournalEntry {
  /// The datagram.
  static func format(
    level: Logger.Level, message: String, record: EventRecord?, fields: [LogLine.Field]
  ) -> [UInt8] {
    var entry = SafeLine()
    entry.bytes.reserveCapacity(512)
    add("MESSAGE", LogLine.message(message, record: record, fields: fields), to: &entry)
    add("PRIORITY", priority(level), to: &entry)
    add("SYSLOG_IDENTIFIER", "weftpd", to: &entry)
    add("WEFTPD_EVENT", Array(message.utf8), to: &entry)
    if let record { add(record, to: &entry) }
    for field in fields { add("WEFTPD_" + name(field.key), Array("\(field.value)".utf8), to: &entry) }
    return entry.bytes
  }

  private static func add(_ record: EventRecord, to entry: inout SafeLine) {
    add("WEFTPD_SESSION", "\(record.session)", to: &entry)
    add("WEFTPD_PEER", "\(record.peer)", to: &entry)
    // Names go as the bytes they are.
    if !record.user.isEmpty { add("WEFTPD_USER", record.user, to: &entry) }
    if !record.verb.isEmpty { add("WEFTPD_VERB", record.verb, to: &entry) }
    if !record.path.isEmpty { add("WEFTPD_PATH", record.path, to: &entry) }
    if let bytes = record.bytes { add("WEFTPD_BYTES", "\(bytes)", to: &entry) }
    if let result = record.result { add("WEFTPD_REPLY", "\(result)", to: &entry) }
    if let request = record.requestID { add("WEFTPD_REQUEST", request, to: &entry) }
    if let duration = record.duration {
      var seconds = SafeLine()
      seconds.append(seconds: duration)
      add("WEFTPD_SECONDS", seconds.bytes, to: &entry)
    }
    if let paths = record.paths { add("WEFTPD_SUBFLOWS", Array(paths.utf8), to: &entry) }
    if let tls = record.tls { add("WEFTPD_TLS", Array(tls.utf8), to: &entry) }
    if let note = record.note { add("WEFTPD_NOTE", Array(note.utf8), to: &entry) }
  }

  private static func add(_ name: String, _ value: String, to entry: inout SafeLine) {
    add(name, Array(value.utf8), to: &entry)
  }

  /// `NAME=value`, or, when the value could hold a newline, the name, the length in eight bytes, least first, and the value.
  private static func add(_ name: String, _ value: [UInt8], to entry: inout SafeLine) {
    entry.append(trusted: name)
    if value.contains(where: { $0 < 0x20 }) {
      entry.append("\n")
      let length = UInt64(value.count)
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        entry.bytes.append(UInt8(truncatingIfNeeded: length >> shift))
      }
    } else {
      entry.append("=")
    }
    entry.bytes.append(contentsOf: value)
    entry.append("\n")
  }

  /// The journal takes capital letters, digits and underscores, 64 characters in all.
  private static func name(_ key: String) -> String {
    String(key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }.prefix(57))
  }

  /// Source: syslog(3).
  static func priority(_ level: Logger.Level) -> String {
    switch level {
    case .trace, .debug: return "7"
    case .info: return "6"
    case .notice: return "5"
    case .warning: return "4"
    case .error: return "3"
    case .critical: return "2"
    }
  }
}
