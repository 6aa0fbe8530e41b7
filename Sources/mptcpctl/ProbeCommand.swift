// mptcpctl probe: what this host has and allows, and what about it deserves attention.

import ArgumentParser
import LinuxSystem
import MultipathTCP

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Tell whether MPTCP works here, how it is set, and what to change.",
    discussion: "Exit status: 0; with --strict 1 if there is a warning, or an error.")

  @OptionGroup var common: CommonOptions

  @Flag(help: "Exit with status 1 if there is a warning or an error.")
  var strict = false

  func run() throws {
    try common.enter()
    let report = HostProbe.run()
    printTable(facts(report))
    let findings = report.findings
    if findings.isEmpty { print("\nnothing to remark") }
    for finding in findings {
      print("\n\(finding.severity): \(finding.summary) [\(finding.id)]")
      print(wrapped(finding.meaning + ".", indent: "  "))
      for command in finding.commands { print("  # \(command)") }
    }
    if strict, findings.contains(where: { $0.severity >= .warning }) { throw ExitCode(1) }
  }

  private func facts(_ report: HostReport) -> [[String]] {
    let settings = report.settings
    func text<Value>(_ value: Value?, _ unit: String = "") -> String { value.map { "\($0)\(unit)" } ?? "-" }
    func switched(_ value: Bool?) -> String { value.map { $0 ? "on" : "off" } ?? "-" }
    return [
      ["multipath sockets", report.unavailability.map { "no: \($0)" } ?? "yes"],
      ["checksum", switched(settings.checksum)],
      ["joins to the first address", switched(settings.allowJoinInitialAddress)],
      ["path manager", text(settings.pathManager)],
      ["scheduler", text(settings.scheduler)],
      ["limits", text(report.limits)],
      [
        "endpoints",
        report.endpoints.map { $0.isEmpty ? "none" : $0.map(\.description).joined(separator: ", ") } ?? "-",
      ],
      ["address announcement", text(settings.announceTimeout, " s")],
      ["stale after", text(settings.staleLossCount, " intervals")],
      ["close time-out", text(settings.closeTimeout, " s")],
      ["blackhole time-out", text(settings.blackholeTimeout, " s")],
      ["open connections", text(report.counters?["MPCurrEstab"])],
      [
        "interfaces",
        report.interfaces.filter { !$0.isLoopback }
          .map { "\($0.name) " + $0.addresses.map(\.description).joined(separator: " ") }.joined(separator: ", "),
      ],
    ]
  }
}
