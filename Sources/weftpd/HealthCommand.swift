// weftpd health: asks a running daemon whether it serves, for a container's HEALTHCHECK or a load balancer's probe.

import ArgumentParser
import DaemonSettings
import DaemonSupport
import Glibc
import LinuxSystem

struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask a running daemon whether it serves.",
    discussion: """
      Connects to the first address of the setting listen (a wildcard is asked at the loopback address), expects the \
      greeting 220, says QUIT. Exit code 0 when it was greeted, else 1, with the reason on standard error.
      """)

  @OptionGroup var options: SettingsOptions

  @Option(help: ArgumentHelp("Ask there, and read no settings.", valueName: "address:port"))
  var address: String?

  @Option(help: ArgumentHelp("How long all of it may take.", valueName: "seconds"))
  var timeout: Int = 5

  func validate() throws {
    if !(1...600).contains(timeout) { throw ValidationError("--timeout expects 1 to 600 seconds.") }
  }

  func run() throws {
    let target = try target()
    do throws(HealthProbe.Failure) {
      try HealthProbe(target, within: .seconds(timeout)).run()
    } catch {
      write("\(target): \(error)\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
  }

  private func target() throws -> SocketAddress {
    if let address {
      guard let target = SocketAddress(address) else {
        throw ValidationError("--address expects an address and a port, such as 127.0.0.1:21 or [::1]:21.")
      }
      return target
    }
    let addresses: [SocketAddress]
    do throws(SettingsError) {
      addresses = try options.sources().load().settings.listenAddresses.filter { !$0.rules.isImplicit }
        .map(\.address)
    } catch {
      write(error.description + "\n", to: STDERR_FILENO)
      throw ExitCode.configuration
    }
    guard let first = addresses.first else {
      write(
        "all of the setting listen is implicit TLS, which this cannot probe: add a plain listener\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    guard first.port > 0 else {
      write("the setting listen leaves the port to the kernel: say where with --address\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    return first.reachable
  }
}
