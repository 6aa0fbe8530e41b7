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
      Connects to the first address of the setting listen (for a wildcard: to the loopback address), expects the greeting \
      220 and sends QUIT. The exit code is 0 if the greeting came, else 1, with the reason on standard error.
      """)

  @OptionGroup var options: SettingsOptions

  @Option(help: ArgumentHelp("Connect to this address and read no settings.", valueName: "address:port"))
  var address: String?

  @Option(help: ArgumentHelp("The time limit for all of it.", valueName: "seconds"))
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
        "every address of listen has implicit TLS, which health cannot probe; add a plain one\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    guard first.port > 0 else {
      write("listen has port 0, so the port is not known here; give it with --address\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    return first.reachable
  }
}
