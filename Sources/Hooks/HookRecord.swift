// What a hook is told: one JSON object on one line.

import Bans
import FTPServer
import LinuxSystem
import SafeText

/// Makes records. The first two fields are `id` and `event`, in this order: weftpd-hooks finds the id by that.
public enum HookRecord {
  /// The line of a session's event, its newline included.
  public static func line(
    _ event: HookEvent, _ record: EventRecord, id: String = HookRecord.newID(), at time: Int64 = WallClock.nanoseconds
  ) -> [UInt8] {
    var line = begin(event, id, time)
    line.append(",\"session\":")
    line.append(record.session)
    line.append(trusted: ",\"peer\":\"\(record.peer)\"")
    append(record.user, "user", to: &line)
    if !record.verb.isEmpty {
      line.append(",\"verb\":\"")
      line.append(record.verb, .json)
      line.append("\"")
    }
    append(record.path, "path", to: &line)
    append(record.target, "target", to: &line)
    if let bytes = record.bytes {
      line.append(",\"bytes\":")
      line.append(bytes)
    }
    if let duration = record.duration {
      line.append(",\"duration\":")
      line.append(seconds: duration)
    }
    if let result = record.result {
      line.append(",\"result\":")
      line.append(UInt64(result))
    }
    if let request = record.requestID { line.append(trusted: ",\"request\":\"\(request)\"") }
    if let tls = record.tls {
      line.append(",\"tls\":\"")
      line.append(tls, .json)
      line.append("\"")
    }
    line.append("}\n")
    return line.bytes
  }

  /// The line of a ban.
  public static func line(
    _ ban: Ban, id: String = HookRecord.newID(), at time: Int64 = WallClock.nanoseconds
  ) -> [UInt8] {
    var line = begin(.ban, id, time)
    line.append(",\"subject\":\"")
    line.append(ban.subject.description, .json)
    line.append("\",\"until\":")
    line.append(trusted: ban.until.map { "\"\(Ban.text($0))\"" } ?? "null")
    line.append(trusted: ",\"origin\":\"\(ban.origin.rawValue)\",\"reason\":\"")
    line.append(ban.reason, .json)
    line.append("\"}\n")
    return line.bytes
  }

  /// 128 random bits in the form of RFC 9562, version 4: the same record has the same id each time it is delivered.
  public static func newID() -> String {
    var bytes = Random.bytes(16)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var line = SafeLine()
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { line.append("-") }
      line.appendHex(UInt32(byte), digits: 2)
    }
    return String(decoding: line.bytes, as: UTF8.self)
  }

  private static func begin(_ event: HookEvent, _ id: String, _ time: Int64) -> SafeLine {
    var line = SafeLine()
    line.bytes.reserveCapacity(384)
    line.append(trusted: "{\"id\":\"\(id)\",\"event\":\"\(event.rawValue)\",\"time\":\"")
    line.append(timestamp: time)
    line.append("\"")
    return line
  }

  /// A name that is not UTF-8 is shown with its bad bytes as `\xNN`, and told exactly in a second, hexadecimal field.
  private static func append(_ name: [UInt8], _ key: StaticString, to line: inout SafeLine) {
    guard !name.isEmpty else { return }
    line.append(",\"")
    line.append(key)
    line.append("\":")
    line.appendJSON(name)
    guard !isUTF8(name) else { return }
    line.append(",\"")
    line.append(key)
    line.append("_hex\":\"")
    for byte in name { line.appendHex(UInt32(byte), digits: 2) }
    line.append("\"")
  }
}
