// The two forms of a log line: key=value text for people, a JSON object for machines.

import FTPServer
import LinuxSystem
import Logging
import SafeText

/// Formats log lines.
///
/// Text: `2026-11-21T05:39:18.123Z info    transfer complete session=7 peer=127.0.0.1:40312 user="alice" verb=RETR …`
/// JSON: the same as one object; an event has all of its fields, null where there is nothing to say.
enum LogLine {
  typealias Field = (key: String, value: Logger.Metadata.Value)

  /// The line with its newline.
  static func format(
    isJSON: Bool, level: Logger.Level, message: String, record: EventRecord?, fields: [Field],
    now: Int64 = WallClock.nanoseconds
  ) -> [UInt8] {
    var line = SafeLine()
    line.bytes.reserveCapacity(384)
    if isJSON {
      line.append("{\"timestamp\":\"")
      line.append(timestamp: now)
      line.append("\",\"level\":\"")
      line.append(trusted: level.rawValue)
      line.append("\",\"message\":\"")
      line.append(message, .json)
      line.append("\"")
      if let record { appendJSON(record, to: &line) }
      for field in fields { appendJSON(field, to: &line) }
      line.append("}\n")
    } else {
      line.append(timestamp: now)
      line.append(" ")
      line.append(name(level))
      line.append(" ")
      appendText(message, record, fields, to: &line)
      line.append("\n")
    }
    return line.bytes
  }

  /// The line for people without time, level and newline.
  static func message(_ message: String, record: EventRecord?, fields: [Field]) -> [UInt8] {
    var line = SafeLine()
    line.bytes.reserveCapacity(256)
    appendText(message, record, fields, to: &line)
    return line.bytes
  }

  private static func appendText(
    _ message: String, _ record: EventRecord?, _ fields: [Field], to line: inout SafeLine
  ) {
    line.append(message, .plain)
    if let record { appendText(record, to: &line) }
    for field in fields { appendText(field, to: &line) }
  }

  /// Padded, so that messages begin in one column.
  private static func name(_ level: Logger.Level) -> StaticString {
    switch level {
    case .trace: return "trace   "
    case .debug: return "debug   "
    case .info: return "info    "
    case .notice: return "notice  "
    case .warning: return "warning "
    case .error: return "error   "
    case .critical: return "critical"
    }
  }

  // MARK: - Text

  private static func appendText(_ record: EventRecord, to line: inout SafeLine) {
    line.append(" session=")
    line.append(record.session)
    line.append(" peer=")
    appendPeer(record.peer, .plain, to: &line)
    if !record.user.isEmpty {
      line.append(" user=")
      line.appendQuoted(record.user)
    }
    if !record.verb.isEmpty {
      line.append(" verb=")
      line.append(record.verb, .plain)
    }
    if !record.path.isEmpty {
      line.append(" path=")
      line.appendQuoted(record.path)
    }
    if let bytes = record.bytes {
      line.append(" bytes=")
      line.append(bytes)
    }
    if let duration = record.duration {
      line.append(" duration=")
      line.append(seconds: duration)
    }
    if let result = record.result {
      line.append(" result=")
      line.append(UInt64(result))
    }
    if let request = record.request {
      line.append(" request=")
      appendRequest(record.session, request, to: &line)
    }
    if let tls = record.tls {
      line.append(" tls=\"")
      line.append(tls, .quoted)
      line.append("\"")
    }
    if let paths = record.paths {
      line.append(" paths=\"")
      line.append(paths, .quoted)
      line.append("\"")
    }
    if let note = record.note {
      line.append(" note=\"")
      line.append(note, .quoted)
      line.append("\"")
    }
  }

  /// `7-12`, see ``EventRecord/requestID``.
  private static func appendRequest(_ session: UInt64, _ request: UInt32, to line: inout SafeLine) {
    line.append(session)
    line.append("-")
    line.append(UInt64(request))
  }

  private static func appendText(_ field: Field, to line: inout SafeLine) {
    line.append(" ")
    line.append(field.key, .plain)
    line.append("=\"")
    line.append("\(field.value)", .quoted)
    line.append("\"")
  }

  // MARK: - JSON

  private static func appendJSON(_ record: EventRecord, to line: inout SafeLine) {
    line.append(",\"session\":")
    line.append(record.session)
    line.append(",\"peer\":\"")
    appendPeer(record.peer, .json, to: &line)
    line.append("\",\"user\":")
    appendJSON(record.user, rawKey: ",\"user_hex\":\"", to: &line)
    line.append(",\"verb\":")
    if record.verb.isEmpty {
      line.append("null")
    } else {
      line.append("\"")
      line.append(record.verb, .json)
      line.append("\"")
    }
    line.append(",\"path\":")
    appendJSON(record.path, rawKey: ",\"path_hex\":\"", to: &line)
    line.append(",\"bytes\":")
    if let bytes = record.bytes { line.append(bytes) } else { line.append("null") }
    line.append(",\"duration\":")
    if let duration = record.duration { line.append(seconds: duration) } else { line.append("null") }
    line.append(",\"result\":")
    if let result = record.result { line.append(UInt64(result)) } else { line.append("null") }
    if let request = record.request {
      line.append(",\"request\":\"")
      appendRequest(record.session, request, to: &line)
      line.append("\"")
    }
    if let tls = record.tls {
      line.append(",\"tls\":\"")
      line.append(tls, .json)
      line.append("\"")
    }
    if let paths = record.paths {
      line.append(",\"paths\":\"")
      line.append(paths, .json)
      line.append("\"")
    }
    if let note = record.note {
      line.append(",\"note\":\"")
      line.append(note, .json)
      line.append("\"")
    }
  }

  /// A name that is not UTF-8 is shown with its bad bytes as `\xNN`, and told exactly in a second, hexadecimal field.
  private static func appendJSON(_ name: [UInt8], rawKey: StaticString, to line: inout SafeLine) {
    guard !name.isEmpty else {
      line.append("null")
      return
    }
    line.appendJSON(name)
    guard !isUTF8(name) else { return }
    line.append(rawKey)
    for byte in name { line.appendHex(UInt32(byte), digits: 2) }
    line.append("\"")
  }

  /// Fields of other metadata; a name that an event or the line itself uses gets an underscore, so no key comes twice.
  private static func appendJSON(_ field: Field, to line: inout SafeLine) {
    line.append(reserved.contains(field.key) ? ",\"_" : ",\"")
    line.append(field.key, .json)
    line.append("\":\"")
    line.append("\(field.value)", .json)
    line.append("\"")
  }

  private static let reserved: Set<String> = [
    "timestamp", "level", "message", "session", "peer", "user", "user_hex", "verb", "path", "path_hex", "bytes",
    "duration", "result", "request", "tls", "paths", "note",
  ]

  // MARK: - Peers

  private static func appendPeer(_ peer: SocketAddress, _ style: SafeLine.Style, to line: inout SafeLine) {
    guard let ipv4 = peer.address.ipv4 else {
      line.append(trusted: peer.description)
      return
    }
    // Written by hand: an IPv4 peer is in almost every line, and inet_ntop(3) with its String is most of the line's cost.
    for shift in [24, 16, 8, 0] as [UInt32] {
      line.append(UInt64(ipv4 >> shift & 0xFF))
      if shift > 0 { line.append(".") }
    }
    line.append(":")
    line.append(UInt64(peer.port))
  }

  private static func appendPeer(_ peer: String, _ style: SafeLine.Style, to line: inout SafeLine) {
    line.append(peer, style)
  }
}
