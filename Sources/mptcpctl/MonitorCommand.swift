// mptcpctl monitor: prints the path manager's events as they come.

import ArgumentParser
import Glibc
import LinuxSystem
import MultipathTCP

struct MonitorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor", abstract: "Print connections and paths as they come and go. Needs CAP_NET_ADMIN.")

  @OptionGroup var common: CommonOptions
  @Option(help: "Stop after so many events.") var count: Int?

  func run() throws {
    try common.enter()
    var monitor = try PathMonitor()
    var seen = 0
    while true {
      guard Poll.wait(monitor.number, .readable, milliseconds: -1) else { continue }
      do {
        for event in try monitor.next() {
          print("\(WallClock.seconds) \(event)")
          flush()
          seen += 1
          if seen == count { return }
        }
      } catch {
        guard error.errno == ENOBUFS else { throw error }
        print("\(WallClock.seconds) events were lost")
      }
    }
  }
}
