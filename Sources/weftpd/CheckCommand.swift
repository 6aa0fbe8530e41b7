// weftpd check: tells everything that is wrong with the settings, or shows the settings in force.

import ArgumentParser
import DaemonSettings
import DaemonSupport
import Glibc
import LinuxSystem
import MultipathTCP
import Privileges

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the settings and show what is in force.",
    discussion: """
      Reads the settings and the user table as 'weftpd serve' would. If anything is wrong, all problems go to standard error \
      and the exit code is 1. Otherwise the settings in force and their origins go to standard output.
      """)

  @OptionGroup var options: SettingsOptions

  @Option(
    help: ArgumentHelp(
      "Connect to this address and show whether the connection is multipath, and its paths; check nothing else.",
      valueName: "address:port"))
  var connection: String?

  @Flag(help: "Show which privileges are kept and which setting needs each; check nothing else.")
  var privileges = false

  func run() throws {
    if let connection { return try showConnection(connection) }
    let sources = options.sources()
    let loaded: LoadedSettings
    let accounts: AccountSetup
    do throws(SettingsError) {
      loaded = try sources.load()
      // A hash that no password matches: the privileges kept depend only on whether there is such a user.
      accounts = try AccountSetup(loaded, hash: privileges ? "!" : nil)
      if privileges {
        return write(try PrivilegeReport.text(loaded, roots: accounts.roots, sources), to: STDOUT_FILENO)
      }
    } catch {
      write(error.description + "\n", to: STDERR_FILENO)
      write("\(error.problems.count) problem\(error.problems.count == 1 ? "" : "s")\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    // Options of 'serve' may still add a user, so having none is only a warning.
    let warnings = loaded.warnings + accounts.warnings + [accounts.nobody(loaded)].compactMap { $0 }
    write(warnings.map { "warning: \($0)\n" }.joined(), to: STDERR_FILENO)
    var text = SettingsDocuments.effective(loaded)
    for name in SettingsTable.otherEnvironmentNames where sources.environment[name] != nil {
      // As a comment, so that the output is a settings file; never the value.
      text += "# \(name) is set: ********\n"
    }
    write(text, to: STDOUT_FILENO)
    let certificates = CertificateReport.findings(loaded.settings)
    write(certificates.map { "tls \($0)\n" }.joined(), to: STDERR_FILENO)
    let findings = MultipathFindings.probe(loaded.settings)
    write(findings.map { "multipath \($0)\n" }.joined(), to: STDERR_FILENO)
  }

  /// Connects as a client of this host would, and shows the connection.
  private func showConnection(_ text: String) throws {
    guard let target = SocketAddress(text) else {
      throw ValidationError("--connection expects an address and a port, such as 192.0.2.1:21 or [2001:db8::1]:21.")
    }
    let socket: Descriptor
    do {
      let made = try MultipathSocket.connect(to: target)
      if let why = made.unavailability { write("this host makes plain TCP connections: \(why)\n", to: STDERR_FILENO) }
      socket = made.takeDescriptor()
    } catch {
      write("cannot connect to \(target): \(error)\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    let isWritable = Poll.wait(socket.number, .writable, milliseconds: 10_000)
    if let error = isWritable ? Socket.pendingError(socket.number) : SystemError(code: ETIMEDOUT, call: "connect") {
      write("cannot connect to \(target): \(error.reason)\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    // Wait for the greeting: MPTCP is confirmed only once data has flowed, and further paths need time to join.
    _ = Poll.wait(socket.number, .readable, milliseconds: 2_000)
    write("\(target): \(ConnectionReport(socket.number))\n", to: STDOUT_FILENO)
  }
}
