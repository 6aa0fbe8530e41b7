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
      Takes what 'weftpd serve' takes, and looks at all that a start would look at: settings from every source, user tables, \
      certificates, the password, the transfer log, privileges, addresses. First come the findings, on standard error; if \
      'serve' would refuse to start, the exit code is 1. Otherwise the settings somebody has set, and where, go to standard \
      output.
      """)

  @OptionGroup var arguments: ServeOptions

  @Flag(help: "Show all settings and not only those that are set.")
  var settings = false

  @Option(
    help: ArgumentHelp(
      "Connect to this address and show whether the connection is multipath, and its paths; check nothing else.",
      valueName: "address:port"))
  var connection: String?

  @Flag(help: "Show which privileges are kept and which setting needs each; check nothing else.")
  var privileges = false

  func run() throws {
    if let connection { return try showConnection(connection) }
    let sources = arguments.sources
    if privileges { return try showPrivileges(sources) }
    let found = StartPlan.examine(sources, hashing: false)
    let listening = ListenCheck.examine(found.loaded)
    let problems = SettingsProblem.inReadingOrder(found.problems + listening.problems)
    tell(problems)
    tell((found.warnings + listening.warnings).map { "warning: \($0)" })
    // What keeps certificates from being used is among the problems already.
    let certificates = CertificateReport.findings(found.loaded.settings)
    tell(certificates.filter { !found.refusesTLS || $0.severity != .error }.map { "tls \($0)" })
    tell(AccountDatabase.inspectPostgres(found.loaded) ?? [])
    let multipath = MultipathFindings.probe(found.loaded.settings)
    tell(multipath.map { "multipath \($0.severity): \(MultipathFindings.text($0))" })
    if !problems.isEmpty {
      tell(["\(problems.count) problem\(problems.count == 1 ? "" : "s")"])
      throw ExitCode.failure
    }
    showSettings(found.loaded, sources)
  }

  /// One line each, on standard error.
  private func tell(_ lines: [some CustomStringConvertible]) {
    write(lines.map { "\($0)\n" }.joined(), to: STDERR_FILENO)
  }

  private func showSettings(_ loaded: LoadedSettings, _ sources: SettingsSources) {
    var text = SettingsDocuments.effective(loaded, all: settings)
    for name in SettingsTable.otherEnvironmentNames where sources.environment[name] != nil {
      // As a comment, so that the output is a settings file; never the value.
      text += "# \(name) is set: ********\n"
    }
    if !settings { text += "# All other settings have their defaults; --settings shows them.\n" }
    write(text, to: STDOUT_FILENO)
  }

  private func showPrivileges(_ sources: SettingsSources) throws {
    do throws(SettingsError) {
      let loaded = try sources.load()
      // A hash that no password matches: the privileges kept depend only on whether there is such a user.
      let accounts = try AccountSetup(loaded, hash: "!")
      write(try PrivilegeReport.text(loaded, roots: accounts.roots, sources), to: STDOUT_FILENO)
    } catch {
      tell(error.problems)
      throw ExitCode.failure
    }
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
