// weftpd serve: reads the settings, starts the server and stays until a signal ends it. Wiring only.

import Accounts
import ArgumentParser
import DaemonSettings
import DaemonSupport
import FTPServer
import Glibc
import LinuxSystem
import Logging
import Privileges
import ServerLog
import TransportSecurity

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve files.",
    discussion: """
      weftpd serve DIR --user alice needs no file at all: alice reads and writes beneath DIR. Her password comes from \
      the environment variable WEFTPD_PASSWORD, or is generated and printed.

      Once every address accepts connections, standard output gets one line for each, and nothing else: \
      'weftpd: listening on 127.0.0.1:2121'. Logs go to standard error.

      SIGTERM and SIGINT let transfers finish (shutdown.grace); a second one ends weftpd at once. SIGHUP reloads the \
      settings and the user table.
      """)

  @Argument(help: ArgumentHelp("The directory to serve; sets accounts.root.", valueName: "dir"))
  var directory: String?

  @OptionGroup var options: SettingsOptions

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      """
      An address to accept connections on: 127.0.0.1:2121, [::1]:2121, *:21, ftps://*:990; port 0 picks a free port. May be \
      given more than once.
      """,
      valueName: "address:port"))
  var listen: [String] = []

  @Option(name: .long, help: ArgumentHelp("A user who may log in without a user table.", valueName: "name"))
  var user: String?

  @Flag(name: .long, help: "Let anybody log in as 'anonymous', read-only.")
  var anonymous = false

  @Flag(name: .long, help: "Make everything read-only.")
  var readOnly = false

  func validate() throws {
    if user?.isEmpty == true { throw ValidationError("--user expects a name.") }
    if directory?.isEmpty == true { throw ValidationError("DIR is empty.") }
  }

  /// What the options of this command set.
  private var settings: [SettingsSources.Option] {
    var list: [SettingsSources.Option] = []
    func set(_ key: String, _ name: String, _ items: [String]) {
      list.append(.init(name: name, key: key, items: items))
    }
    if let directory { set("accounts.root", "DIR", [directory]) }
    if let user { set("accounts.user", "--user", [user]) }
    if anonymous { set("accounts.anonymous", "--anonymous", ["true"]) }
    if readOnly { set("accounts.read-only", "--read-only", ["true"]) }
    if !listen.isEmpty { set("listen", "--listen", listen) }
    return list
  }

  func run() throws {
    ProcessLimits.limitHeapArenas(to: 2)
    // Before any thread: threads inherit the signals that are blocked.
    SignalWaiter.prepare(Daemon.signals)
    var sources = options.sources(settings)
    let start: Start
    let service: ServiceManager
    do {
      start = try Start(sources)
      service = try ServiceManager()
    } catch {
      write("\(error)\n", to: STDERR_FILENO)
      throw ExitCode.configuration
    }
    // The password is not needed again: nobody should be able to read it from the environment later.
    for name in SettingsTable.otherEnvironmentNames {
      // Overwritten in place, because /proc/PID/environ would still show it.
      if let value = getenv(name) { explicit_bzero(value, strlen(value)) }
      unsetenv(name)
      sources.environment[name] = nil
    }
    let code = try serve(start, sources, service)
    Glibc.exit(code)
  }

  /// Everything that may refuse to start, before anything is started.
  private struct Start {
    let loaded: LoadedSettings
    let plan: PrivilegePlan
    let accounts: AccountSetup
    let password: SingleUserPassword?
    let hash: String?
    let tls: TLSStore

    init(_ sources: SettingsSources) throws(SettingsError) {
      loaded = try sources.load()
      do throws(TLSConfigurationError) {
        tls = try TLSStore(loaded.settings.wantedTLS)
      } catch {
        let key = SettingsTable.row(error.setting)?.key ?? "tls.certificate"
        throw SettingsError([SettingsProblem(loaded.origin(key), key: key, error.reason)])
      }
      if loaded.settings.accountsUser != nil {
        let password = try SingleUserPassword(environment: sources.environment)
        do {
          hash = try PasswordHash.make(password.bytes)
        } catch {
          throw SettingsError([SettingsProblem(loaded.origin("accounts.user"), key: "accounts.user", "\(error)")])
        }
        self.password = password
      } else {
        password = nil
        hash = nil
      }
      accounts = try AccountSetup(loaded, hash: hash)
      if let nobody = accounts.nobody(loaded) { throw SettingsError([nobody]) }
      plan = try PrivilegePlan.forThisProcess(loaded)
    }
  }

  private func serve(_ start: Start, _ sources: SettingsSources, _ service: ServiceManager) throws -> Int32 {
    let settings = start.loaded.settings
    let log = DaemonLog(
      target: settings.logTarget, format: settings.logFormat, level: settings.logLevel, environment: sources.environment
    )
    let logger = log.logger()
    let transfers = try openTransferLog(settings, start.plan, logger)
    for warning in start.loaded.warnings + start.accounts.warnings { logger.warning("\(warning)") }
    let openFiles = ProcessLimits.raiseOpenFiles()
    // A session needs one, a transfer three, the daemon itself some.
    if openFiles < UInt64(settings.server.limits.sessions) &+ 64 {
      logger.info(
        "limits.sessions is \(settings.server.limits.sessions), but only \(openFiles) files may be open at once")
    }
    defer {
      log.flush()
      transfers?.flush()
    }

    settings.applyToProcess()
    let daemon: Daemon
    let addresses: [SocketAddress]
    do {
      let localUsers = try LocalUsers.prepare(settings)
      let server = try FTPServer(
        configuration: settings.configuration, accounts: start.accounts.source, logger: logger,
        tls: start.tls, localUsers: localUsers, readers: transfers.map { [$0] } ?? [])
      addresses = try service.listen(server, settings, logger)
      // Until here there is one thread, which may bind any port; from here on it has only the privileges of the plan.
      try start.plan.apply()
      let confined = try Confinement.enter(
        sources.landlockPlan(settings, roots: start.accounts.roots), settings.privileges.landlock)
      log.startWriter()
      switch confined {
      case .confined(let confinement): logger.notice("\(confinement.summary)")
      case .free(let why): logger.notice("Landlock is not used: \(why)")
      }
      transfers?.startWriter()
      let running = Daemon(
        server: server, sources: sources, loaded: start.loaded, hash: start.hash, log: log, transfers: transfers,
        notifier: service.notifier)
      try SignalWaiter.start(Daemon.signals) { running.receive($0) }
      daemon = running
      try server.start()
      try service.watch(server, running, logger)
    } catch {
      logger.critical("cannot start: \(error)")
      log.flush()
      throw ExitCode.failure
    }
    if let password = start.password, password.isGenerated, let name = settings.accountsUser,
      let first = addresses.first
    {
      let login = GeneratedLogin(user: name, password: password, address: first)
      log.writeVerbatim(settings.logFormat == .json ? login.json : login.text)
    }
    // A server for this machine only has no use for further paths.
    if !addresses.allSatisfy(\.address.isLoopback) { MultipathFindings.log(settings, to: logger) }
    for address in addresses {
      logger.notice("listening on \(address)")
      write("weftpd: listening on \(address)\n", to: STDOUT_FILENO)
    }
    StartReport(
      settings: settings, accounts: start.accounts, addresses: addresses,
      tls: start.tls.current.map { StartReport.tls(settings, $0, isSelfSigned: start.tls.isSelfSigned) },
      isSelfSigned: start.tls.isSelfSigned,
      privileges: start.plan.summary
    ).log(to: logger)
    let code = daemon.waitUntilEnd()
    log.flush(within: code == 0 ? .seconds(2) : .milliseconds(200))
    return code
  }

  /// Opens the transfer log with the rights of the user the process is going to be: the same user has to reopen it on SIGHUP.
  private func openTransferLog(
    _ settings: Settings, _ plan: PrivilegePlan, _ logger: Logger
  ) throws -> TransferLog? {
    guard let path = settings.transferLog else { return nil }
    var owner: FileCredentials?
    var name = "the user weftpd runs as"
    if case .becomes(let user) = plan.identity {
      owner = FileCredentials(user: user.user, group: user.group, groups: user.groups)
      name = user.name
    }
    do throws(SystemError) {
      return try TransferLog(path: path, as: owner)
    } catch {
      let advice = "make it and its directory writable for \(name), or leave log.xferlog out"
      logger.critical("cannot start: log.xferlog: '\(path)' cannot be opened: \(error.reason); \(advice)")
      throw ExitCode.configuration
    }
  }
}
