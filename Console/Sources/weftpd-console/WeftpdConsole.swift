// The command weftpd-console: serves, and gives out one-time links.

import ArgumentParser
import ConsoleServer
import Glibc

@main
struct WeftpdConsole: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weftpd-console", abstract: "weftpd's console in the browser.", version: consoleVersion,
    subcommands: [ServeCommand.self, LinkCommand.self])
}
