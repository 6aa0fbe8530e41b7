// weftpd health: asks a running daemon whether it serves, for a container's HEALTHCHECK or a load balancer's probe.

import ArgumentParser
import DaemonSettings
import DaemonSupport
import FTPServer
import Glibc
import LinuxSystem

struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask a running daemon whether it serves.",
    discussion: """
      Connects to the first address of the setting listen that has no implicit TLS, or else to the first (for a wildcard: to \
      the loopback address), expects the greeting 220 and sends QUIT. The exit code is 0 if the greeting came, else 1, with the \
      reason on standard error. Under implicit TLS any certificate will do.
      """)

  @OptionGroup var options: SettingsOptions

  @Option(
    help: ArgumentHelp(
      "Connect to this address and read no settings; ftps:// in front begins with TLS.", valueName: "address:port"))
  var address: String?

  @Option(help: ArgumentHelp("The time limit for all of it.", valueName: "seconds"))
  var timeout: Int = 5

  func validate() throws {
    if !(1...600).contains(timeout) { throw ValidationError("--timeout expects 1 to 600 seconds.") }
  }

  func run() throws {
    let (target, isImplicit) = try target()
    do throws(HealthProbe.Failure) {
      try HealthProbe(target, isImplicit: isImplicit, within: .seconds(timeout)).run()
    } catch {
      write("\(target): \(error)\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
  }

  private func target() throws -> (address: SocketAddress, isImplicit: Bool) {
    if let address {
      let isImplicit = address.hasPrefix("ftps://")
      guard let target = SocketAddress(isImplicit ? String(address.dropFirst(7)) : address) else {
        throw ValidationError(
          "--address expects an address and a port, such as 127.0.0.1:21, [::1]:21 or ftps://127.0.0.1:990.")
      }
      return (target, isImplicit)
    }
    let listeners: [ListenAddress]
    do throws(SettingsError) {
      listeners = try options.sources().load().settings.listenAddresses
    } catch {
      write(error.description + "\n", to: STDERR_FILENO)
      throw ExitCode.configuration
    }
    // A plain one says most with the least.
    guard let first = listeners.first(where: { !$0.rules.isImplicit }) ?? listeners.first else {
      write("listen names no address\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    guard first.address.port > 0 else {
      write("listen has port 0, so the port is not known here; give it with --address\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    return (first.address.reachable, first.rules.isImplicit)
  }
}
