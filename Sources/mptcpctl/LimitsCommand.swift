// mptcpctl limits: shows and sets how many paths and addresses a connection may have.

import ArgumentParser
import MultipathTCP

struct LimitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits", abstract: "Show the limits of a connection, or set them.")

  @OptionGroup var common: CommonOptions
  @Option(help: "Paths beyond the first, 0 to 8.") var subflows: UInt32?
  @Option(name: [.long, .customLong("add-addr-accepted")], help: "Announced addresses to take up, 0 to 8.")
  var accepted: UInt32?

  func validate() throws {
    guard (subflows ?? 0) <= 8, (accepted ?? 0) <= 8 else { throw ValidationError("Limits go from 0 to 8.") }
  }

  func run() throws {
    try common.enter()
    var manager = try PathManager()
    var limits = try manager.limits()
    if subflows != nil || accepted != nil {
      limits.subflows = subflows ?? limits.subflows
      limits.acceptedAddresses = accepted ?? limits.acceptedAddresses
      try manager.set(limits)
    }
    print(limits)
  }
}
