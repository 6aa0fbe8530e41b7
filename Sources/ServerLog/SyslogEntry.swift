// Formats a log entry as a syslog message: the line for people, and each of its values as structured data.

import FTPServer
import Glibc
import LinuxSystem
import Logging
import SafeText

/// One message of RFC 5424.
enum SyslogEntry {
  /// Facility ftp (RFC 5424, table 1).
  private static let facility = 11
  /// What the values stand under. The number is the one for examples (RFC 5612): there is none of weftpd's own.
  private static let element = "weftpd@32473"
  private static let host = hostName()

  /// The datagram: no newline at its end.
  static func format(
    level: Logger.Level, message: String, record: EventRecord?, fields: [LogLine.Field],
    now: Int64 = WallClock.nanoseconds
  ) -> [UInt8] {
    var line = SafeLine()
    line.bytes.reserveCapacity(512)
    line.append(trusted: "<\(facility * 8 + (Int(JournalEntry.priority(level)) ?? 6))>1 ")
    line.append(timestamp: now)
    // MSGID: the kind of the event, without blanks.
    line.append(trusted: " \(host) weftpd \(getpid()) \(record == nil ? "server" : "session") ")
    if let record { append(record, fields, to: &line) } else { line.append("-") }
    line.append(" ")
    line.bytes.append(contentsOf: LogLine.message(message, record: record, fields: fields))
    return line.bytes
  }

  private static func append(_ record: EventRecord, _ fields: [LogLine.Field], to line: inout SafeLine) {
    line.append(trusted: "[\(element)")
    append("session", Array("\(record.session)".utf8), to: &line)
    append("peer", Array("\(record.peer)".utf8), to: &line)
    if !record.user.isEmpty { append("user", record.user, to: &line) }
    if !record.verb.isEmpty { append("verb", Array(record.verb.utf8), to: &line) }
    if !record.path.isEmpty { append("path", record.path, to: &line) }
    if let bytes = record.bytes { append("bytes", Array("\(bytes)".utf8), to: &line) }
    if let result = record.result { append("reply", Array("\(result)".utf8), to: &line) }
    if let request = record.requestID { append("request", Array(request.utf8), to: &line) }
    if let duration = record.duration {
      var seconds = SafeLine()
      seconds.append(seconds: duration)
      append("seconds", seconds.bytes, to: &line)
    }
    line.append("]")
  }

  /// ` name="value"`: quotes, backslashes and brackets escaped (RFC 5424, 6.3.3), whatever is no plain text made harmless.
  private static func append(_ name: StaticString, _ value: [UInt8], to line: inout SafeLine) {
    line.append(" ")
    line.append(name)
    line.append("=\"")
    var harmless = SafeLine()
    harmless.append(value, .plain)
    for byte in harmless.bytes {
      if byte == 0x22 || byte == 0x5C || byte == 0x5D { line.append("\\") }
      line.bytes.append(byte)
    }
    line.append("\"")
  }

  /// HOSTNAME: printable ASCII without blanks, or `-`.
  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, 255) == 0 else { return "-" }
    let name = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return !name.isEmpty && name.allSatisfy { 0x21...0x7E ~= $0 } ? String(decoding: name, as: UTF8.self) : "-"
  }
}
