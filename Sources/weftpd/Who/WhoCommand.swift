// weftpd who: the sessions of a running daemon, as a live table, a list, or JSON.

import ArgumentParser
import ControlProtocol
import ControlSocket
import Glibc
import LinuxSystem

extension WhoOrder: ExpressibleByArgument {}

struct WhoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "who", abstract: "Show the sessions of a running daemon.",
    discussion: """
      On a terminal a table that is brought up to date every second; ? shows its keys. Elsewhere, or with --once, a list \
      once. Names and paths of clients are shown with control characters escaped. --json prints an object a second, or \
      one with --once; names that are not UTF-8 stand there also in hexadecimal, as user_hex and path_hex.
      """)

  @OptionGroup var control: ControlOptions
  @Flag(help: "Print once and end.") var once = false
  @Flag(help: "JSON, one object a line.") var json = false
  @Option(help: ArgumentHelp("Sort by \(WhoOrder.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "key"))
  var sort: WhoOrder = .id
  @Flag(help: "The other way round.") var reverse = false
  @Option(help: ArgumentHelp("Only sessions whose user, address, command or file contains this.", valueName: "text"))
  var filter: String = ""
  @Flag(help: "Only sessions with a transfer.") var active = false
  @Flag(name: .customLong("no-paths"), help: "Not the paths of multipath transfers.") var hidesPaths = false
  @Option(help: ArgumentHelp("How often to look.", valueName: "seconds")) var interval: Double = 1

  func validate() throws {
    if !(0.1...3600).contains(interval) { throw ValidationError("--interval expects 0.1 to 3600 seconds.") }
  }

  private var choice: WhoChoice {
    WhoChoice(order: sort, isReversed: reverse, filter: filter, onlyActive: active, showsPaths: !hidesPaths)
  }

  func run() throws {
    let isLive = !once && !json && isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1
    // https://no-color.org
    let colours = isatty(STDOUT_FILENO) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    let path = try control.path()
    if isLive {
      do throws(ControlClientError) {
        var screen = WhoScreen(choice, every: .milliseconds(Int64(interval * 1000)), colours: colours)
        try screen.run(path, try ControlClient(path: path))
      } catch {
        write("weftpd: \(error)\n", to: STDERR_FILENO)
        throw ExitCode.failure
      }
      return
    }
    try control.run { (client) throws(ControlClientError) in
      var rates = WhoRates()
      while true {
        var found = try client.sessions(refreshingPaths: true)
        if once || !json, found.contains(where: { $0.transfer?.isMultipath == true }) {
          // The sessions answer for their paths themselves, a moment later.
          usleep(200_000)
          found = try client.sessions(refreshingPaths: false)
        }
        let status = try client.status()
        let sessions = rates.look(found, at: UInt64(max(0, MonotonicTime.now.nanoseconds) / 1_000_000))
        show(status, choice.apply(sessions), colours: colours)
        if once || !json { return }
        usleep(UInt32(interval * 1_000_000))
      }
    }
  }

  private func show(_ status: StatusEntry, _ sessions: [WhoSession], colours: Bool) {
    if json { return write(WhoJSON.text(status, sessions, at: WallClock.nanoseconds), to: STDOUT_FILENO) }
    let table = WhoTable(width: Terminal.size()?.columns ?? 80)
    var lines = [table.summary(status, sessions), table.header].map { $0.shown(colours: colours) }
    for session in sessions {
      lines += table.lines(session, showsPaths: choice.showsPaths).map { line in
        line.map { $0.shown(colours: colours) }.joined()
      }
    }
    write(lines.map { trimmed($0) + "\n" }.joined(), to: STDOUT_FILENO)
  }

  private func trimmed(_ line: String) -> String {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
