// The command line of mptcpctl: which subcommands there are, and what they have in common.

import ArgumentParser
import Glibc
import LinuxSystem
import MultipathTCP
import WeftVersion

@main
struct MPTCPCtl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mptcpctl",
    abstract: "Shows and sets what this host does with Multipath TCP (RFC 8684).",
    discussion: """
      Showing needs no privilege; changing endpoints or limits and hearing events need CAP_NET_ADMIN. Everything is about \
      one network namespace: that of the shell, or the one named with --namespace.
      """,
    version: "mptcpctl \(weftVersion)",
    subcommands: [
      ProbeCommand.self, EndpointsCommand.self, LimitsCommand.self, CountersCommand.self, MonitorCommand.self,
      CheckCommand.self,
    ],
    defaultSubcommand: ProbeCommand.self)

  static func main() { main(ThisProcess.arguments) }
}

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
  @Option(
    name: [.customShort("n"), .long],
    help: "Look at this network namespace: a name under /run/netns or a path. Needs root.")
  var namespace: String?

  /// To be called before anything else of the command: the process has one thread then.
  func enter() throws {
    guard let namespace else { return }
    let path = namespace.contains("/") ? namespace : "/run/netns/\(namespace)"
    do { try NetworkNamespace.enter(path) } catch { throw Failure("cannot enter \(path): \(error)") }
  }
}

/// An error with a text that is shown as it is.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ text: String) { description = text }
}

/// Writes rows as columns: every column but the last padded to its widest entry.
func printTable(_ rows: [[String]], indent: String = "") {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
  for row in rows {
    var line = indent
    for (column, text) in row.enumerated() {
      line += text
      if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - text.count + 2) }
    }
    print(line)
  }
}

/// A duration for people: µs below a millisecond, then ms, then s.
func show(_ duration: Duration) -> String {
  let microseconds = duration.inNanoseconds / 1000
  if microseconds < 1000 { return "\(microseconds) µs" }
  if microseconds < 10_000_000 { return "\(microseconds / 1000).\(microseconds / 100 % 10) ms" }
  return "\(microseconds / 1_000_000) s"
}

/// Lets what was printed appear now, in a pipe too.
func flush() { fflush(nil) }

/// Breaks a text into lines of at most 100 characters, the further ones indented.
func wrapped(_ text: String, indent: String) -> String {
  var lines = [""]
  for word in text.split(separator: " ") {
    let last = lines[lines.count - 1]
    if last.isEmpty {
      lines[lines.count - 1] = String(word)
    } else if last.count + word.count < 100 {
      lines[lines.count - 1] += " \(word)"
    } else {
      lines.append(String(word))
    }
  }
  return lines.map { indent + $0 }.joined(separator: "\n")
}
