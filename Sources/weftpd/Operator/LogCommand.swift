// weftpd log: what a running daemon logs from now on, at a level of one's own, or what happens in its sessions.

import ArgumentParser
import ControlProtocol
import ControlSocket
import Glibc
import SafeText

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Follow the log of a running daemon.",
    discussion: """
      Prints lines as they come until it is interrupted, whatever log.level and log.target say: --level debug shows every \
      command of every session and leaves the daemon's own log as it is. What was logged before is in the journal or the \
      file the log goes to. A reader that is too slow is disconnected, so that it delays nobody.
      """)

  @OptionGroup var control: ControlOptions
  @Flag(name: [.customShort("f"), .long], help: "Follow; there is no other way, so it may be left out.") var follow =
    false
  @Option(help: ArgumentHelp("The lowest level that is shown.", valueName: "level")) var level: String = "info"
  @Flag(help: "Only what happens in sessions, not what the daemon says of itself.") var events = false
  @Flag(help: "One JSON object a line.") var json = false

  func validate() throws {
    if ControlLevel(name: level) == nil { throw ValidationError("'\(level)' is no level of the log.") }
  }

  func run() throws {
    let level = ControlLevel(name: level) ?? .info
    try control.run { (client) throws(ControlClientError) in
      _ = try client.ask(
        .subscribe(
          Subscription(events: events ? level : nil, log: events ? nil : level, form: json ? .json : .text)))
      while true {
        guard let (_, reply) = try client.next(within: nil) else { continue }
        switch reply {
        case .line(_, let line): write(String(decoding: line, as: UTF8.self), to: STDOUT_FILENO)
        case .event(let event): write(json ? EventText.json(event) : EventText.line(event), to: STDOUT_FILENO)
        default: break
        }
      }
    }
  }
}

/// How an event is shown.
enum EventText {
  /// `2026-11-21T05:39:18.123Z info    download session=7 user="alice" RETR "/a" 226 4096 bytes 13 ms`.
  static func line(_ event: EventEntry) -> String {
    var line = SafeLine()
    line.append(timestamp: Int64(clamping: event.time))
    line.append(" ")
    line.append(trusted: event.level.name + String(repeating: " ", count: max(0, 8 - event.level.name.count)))
    line.append(" ")
    line.append(event.message, .plain)
    if event.session > 0 { line.append(trusted: " session=\(event.session)") }
    if event.request > 0 { line.append(trusted: " request=\(event.session)-\(event.request)") }
    line.append(" peer=")
    line.append(event.peer, .plain)
    if !event.user.isEmpty {
      line.append(" user=")
      line.appendQuoted(event.user)
    }
    if !event.verb.isEmpty {
      line.append(" ")
      line.append(event.verb, .plain)
    }
    if !event.path.isEmpty {
      line.append(" ")
      line.appendQuoted(event.path)
    }
    if let reply = event.reply { line.append(trusted: " \(reply)") }
    if let bytes = event.bytes { line.append(trusted: " \(bytes) bytes") }
    if let time = event.milliseconds { line.append(trusted: " \(time) ms") }
    if !event.note.isEmpty {
      line.append(" note=")
      line.appendQuoted(Array(event.note.utf8))
    }
    line.append("\n")
    return String(decoding: line.bytes, as: UTF8.self)
  }

  static func json(_ event: EventEntry) -> String {
    var line = SafeLine()
    line.append("{\"timestamp\":\"")
    line.append(timestamp: Int64(clamping: event.time))
    line.append(trusted: "\",\"level\":\"\(event.level.name)\",\"event\":\"\(event.kind.name)\",\"message\":")
    line.appendJSON(Array(event.message.utf8))
    line.append(trusted: ",\"session\":\(event.session),\"request\":")
    line.append(trusted: event.request > 0 ? "\"\(event.session)-\(event.request)\"" : "null")
    line.append(",\"peer\":")
    line.appendJSON(Array(event.peer.utf8))
    line.append(",\"user\":")
    line.appendNameJSON(event.user, rawKey: ",\"user_hex\":\"")
    line.append(",\"verb\":")
    line.appendJSON(Array(event.verb.utf8))
    line.append(",\"path\":")
    line.appendNameJSON(event.path, rawKey: ",\"path_hex\":\"")
    line.append(trusted: ",\"reply\":\(event.reply.map { "\($0)" } ?? "null")")
    line.append(trusted: ",\"bytes\":\(event.bytes.map { "\($0)" } ?? "null")")
    line.append(trusted: ",\"milliseconds\":\(event.milliseconds.map { "\($0)" } ?? "null")")
    line.append(",\"note\":")
    line.appendJSON(Array(event.note.utf8))
    line.append("}\n")
    return String(decoding: line.bytes, as: UTF8.self)
  }
}

extension SafeLine {
  /// A name as a JSON string; null if it is empty, and if it is not UTF-8 also exactly, in a hexadecimal member of its own.
  mutating func appendNameJSON(_ name: [UInt8], rawKey: StaticString) {
    if name.isEmpty { return append("null") }
    appendJSON(name)
    if isUTF8(name) { return }
    append(rawKey)
    for byte in name { appendHex(UInt32(byte), digits: 2) }
    append("\"")
  }
}
