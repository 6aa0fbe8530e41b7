// Prints a one-time link by which an operator gets into a console that runs.

import ArgumentParser
import ConsoleServer
import Glibc

struct LinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link", abstract: "Print a link that lets one browser in as an operator, once, within five minutes.",
    discussion: "Root and the console's own user may ask. The log of the console tells who did.")

  @Option(help: "The console's socket for links.")
  var linkSocket = "/run/weftpd-console/link"

  func run() throws {
    do { say(try LinkSocket.ask(at: linkSocket)) } catch {
      say("weftpd-console: \(error)", to: 2)
      throw ExitCode(69)
    }
  }
}
