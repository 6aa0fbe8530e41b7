// mptcpctl counters: the kernel's MPTCP counters in groups, since the start or as they move.

import ArgumentParser
import Glibc
import MultipathTCP

struct CountersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counters", abstract: "Show the kernel's MPTCP counters that are not zero.")

  @OptionGroup var common: CommonOptions
  @Flag(help: "Show all counters, those at zero too, by name.") var all = false
  @Option(help: "Show how far they moved, every so many seconds.") var every: Int?

  func validate() throws {
    if let every, !(1...86_400).contains(every) { throw ValidationError("--every takes 1 to 86400 seconds.") }
  }

  func run() throws {
    try common.enter()
    guard var last = Counters.read() else { throw Failure("this kernel has no MPTCP counters") }
    guard let every else { return show(last) }
    while true {
      poll(nil, 0, Int32(every) * 1000)
      guard let now = Counters.read() else { return }
      show(now.delta(since: last))
      print("")
      flush()
      last = now
    }
  }

  private func show(_ counters: Counters) {
    if all { return printTable(counters.names.map { [$0, "\(counters[$0] ?? 0)"] }) }
    var known: Set<String> = []
    for (title, names) in Counters.groups {
      let moved = counters.nonZero(names.filter { known.insert($0).inserted })
      guard !moved.isEmpty else { continue }
      print("\(title):")
      printTable(moved.map { [$0.name, "\($0.value)"] }, indent: "  ")
    }
    let others = counters.nonZero(counters.names.filter { !known.contains($0) })
    guard !others.isEmpty else { return }
    print("others:")
    printTable(others.map { [$0.name, "\($0.value)"] }, indent: "  ")
  }
}
