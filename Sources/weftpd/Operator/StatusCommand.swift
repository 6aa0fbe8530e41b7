// weftpd status, reload, log-level: how a running daemon is, and two things to tell it.

import ArgumentParser
import ControlProtocol
import ControlSocket
import Glibc
import SafeText

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how a running daemon is.",
    discussion: "Exit code 0 if it serves, 2 if it accepts nobody any more, 1 if it cannot be reached.")

  @OptionGroup var control: ControlOptions
  @Flag(help: "One JSON object.") var json = false

  func run() throws {
    var isDraining = false
    try control.run { (client) throws(ControlClientError) in
      let status = try client.status()
      isDraining = status.isDraining || status.successor != 0
      write(json ? Self.json(status) : Self.text(status), to: STDOUT_FILENO)
    }
    if isDraining { throw ExitCode(2) }
  }

  static func text(_ status: StatusEntry) -> String {
    let seconds = status.uptime / 1000
    let lines =
      [
        ("weftpd", "\(printable(status.version)), pid \(status.process), up \(Amount.time(seconds))"),
        ("state", state(status)),
        ("listening", status.listeners.map { printable($0) }.joined(separator: ", ")),
        ("sessions", "\(status.sessions)"),
        ("transfers", "\(status.transfers) running, \(status.completed) completed, \(status.failed) failed"),
        ("bytes", "\(Amount.bytes(status.sent)) sent, \(Amount.bytes(status.received)) received"),
        ("multipath", "\(status.multipath) data connections, \(status.fallbacks) fell back to TCP"),
        ("log level", status.level.name),
        ("operators", "\(status.watchers) connected"),
      ] + status.predecessors.map { ("before", "process \($0) goes on with its sessions: --socket PATH.\($0)") }
    return lines.map { "\(padded($0.0, 10))  \($0.1)\n" }.joined()
  }

  private static func state(_ status: StatusEntry) -> String {
    if status.isDraining { return "draining: no new sessions" }
    return status.successor == 0 ? "serving" : "process \(status.successor) accepts now, sessions go on here"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  static func json(_ status: StatusEntry) -> String {
    var line = SafeLine()
    line.append("{\"version\":")
    line.appendJSON(Array(status.version.utf8))
    line.append(",\"pid\":")
    line.append(UInt64(status.process))
    line.append(",\"uptime_seconds\":")
    line.append(status.uptime / 1000)
    line.append(trusted: ",\"draining\":\(status.isDraining),\"log_level\":\"\(status.level.name)\",\"listeners\":[")
    for (index, listener) in status.listeners.enumerated() {
      if index > 0 { line.append(",") }
      line.appendJSON(Array(listener.utf8))
    }
    line.append("],\"predecessors\":[")
    line.append(trusted: status.predecessors.map { "\($0)" }.joined(separator: ","))
    line.append("]")
    let figures: [(String, UInt64)] = [
      ("sessions", status.sessions), ("transfers", status.transfers), ("transfers_completed", status.completed),
      ("transfers_failed", status.failed), ("bytes_sent", status.sent), ("bytes_received", status.received),
      ("multipath_connections", status.multipath), ("fallbacks", status.fallbacks),
      ("operators", UInt64(status.watchers)), ("successor", UInt64(status.successor)),
    ]
    for (name, figure) in figures { line.append(trusted: ",\"\(name)\":\(figure)") }
    line.append("}\n")
    return String(decoding: line.bytes, as: UTF8.self)
  }
}

struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Have a running daemon read its settings and user tables again.")

  @OptionGroup var control: ControlOptions

  func run() throws {
    try control.run { (client) throws(ControlClientError) in
      _ = try client.ask(.reload, within: .seconds(300))
    }
  }
}

struct LogLevelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log-level", abstract: "Show or set what a running daemon logs.",
    discussion: """
      The level holds until the next restart, or until a reload finds another one in the settings. Without a level the \
      one in force is printed.
      """)

  @OptionGroup var control: ControlOptions
  @Argument(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
  var level: String?

  func validate() throws {
    if let level, ControlLevel(name: level) == nil { throw ValidationError("'\(level)' is no level of the log.") }
  }

  func run() throws {
    try control.run { (client) throws(ControlClientError) in
      let replies = try client.ask(.level(level.flatMap { ControlLevel(name: $0) }))
      if case .level(let now)? = replies.first { write("\(now.name)\n", to: STDOUT_FILENO) }
    }
  }
}
