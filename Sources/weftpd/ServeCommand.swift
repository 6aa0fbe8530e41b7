// weftpd serve: reads the settings, starts the server and stays until a signal ends it. Wiring only.

import Accounts
import ArgumentParser
import ControlSocket
import DaemonSettings
import DaemonSupport
import FTPServer
import Glibc
import Hooks
import LinuxSystem
import Logging
import OpenMetrics
import Privileges
import Quotas
import SQLiteQuotas
import ServerLog
import ServerMetrics
import TransportSecurity
import WeftVersion

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

  @OptionGroup var arguments: ServeOptions

  func run() throws {
    ProcessLimits.limitHeapArenas(to: 2)
    // Before any thread: threads inherit the signals that are blocked.
    SignalWaiter.prepare(Daemon.signals)
    var sources = arguments.sources
    let start: StartPlan
    let service: ServiceManager
    let predecessor = try takeOver()
    do {
      start = try StartPlan(sources, hash: predecessor.flatMap { $0.entry.hash.isEmpty ? nil : $0.entry.hash })
      service = try ServiceManager(predecessor)
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
    let code = try serve(start, sources, service, predecessor)
    Glibc.exit(code)
  }

  /// Asks the server of `--take-over` for what it has; nil where no place is taken.
  private func takeOver() throws -> Predecessor? {
    guard let path = arguments.takeOver else { return nil }
    do {
      let predecessor = try Predecessor(at: path)
      try predecessor.takeStandardError()
      return predecessor
    } catch {
      write("weftpd: --take-over: \(error)\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
  }

  private func serve(
    _ start: StartPlan, _ sources: SettingsSources, _ service: ServiceManager, _ predecessor: Predecessor?
  ) throws -> Int32 {
    let settings = start.loaded.settings
    let log = DaemonLog(
      target: settings.logTarget, format: settings.logFormat, level: settings.logLevel, syslog: settings.logSyslog,
      environment: sources.environment
    )
    let logger = log.logger()
    let transfers = try openTransferLog(settings, start.privileges, logger)
    for warning in start.warnings { logger.warning("\(warning)") }
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
    let control: ControlServer?
    let addresses: [SocketAddress]
    let relay: HookRelay?
    do {
      let localUsers = try LocalUsers.prepare(settings)
      let authority = try ExternalHelper.prepare(settings, start.privileges)
      start.database?.log(to: logger)
      // The files with their password are read now, as the user who may.
      let quotas = try QuotaSetup.shared(start.loaded, server: QuotaSetup.server(settings))
      let bans = try BanSetup.prepare(start.loaded)
      let hooks = HookRelay(settings.hooks, logger: logger)
      let registry = settings.metricsListen.map { _ in MetricsRegistry(MetricsCatalogue.all) }
      let server = try FTPServer(
        configuration: settings.configuration, accounts: start.accounts.source, logger: logger,
        tls: start.tls, localUsers: localUsers, authority: authority, policy: BanPolicy(bans),
        readers: ([transfers, hooks] as [(any SessionEventReader)?]).compactMap { $0 },
        meter: registry.map { ServerInstruments($0) })
      addresses = try service.listen(server, settings, logger)
      let owner = start.privileges.socketOwner
      try openDoor(server, start.door, owner, predecessor, logger)
      var controlSocket = try settings.controlSocket.map { (path) throws(ControlSocketError) in
        try bindControl(path, owner, predecessor)
      }
      let aside = try predecessor.flatMap { (predecessor) throws(ControlSocketError) in
        try bindAside(predecessor, settings.controlSocket, owner)
      }
      var metricsSocket = try bindMetrics(settings, owner, predecessor)
      // Until here there is one thread, which may bind any port; from here on it has only the privileges of the plan.
      try start.privileges.apply()
      // Without privileges, but still free to run programs: the last that may.
      try hooks?.begin()
      let confined = try Confinement.enter(
        sources.landlockPlan(settings, roots: start.accounts.roots), settings.privileges.landlock)
      let counts = try settings.quotaStore.map { (path) throws(QuotaStoreError) in
        try SQLiteQuotaStore(File.absolutePath(path), owning: predecessor == nil)
      }
      log.startWriter()
      switch confined {
      case .confined(let confinement): logger.notice("\(confinement.summary)")
      case .free(let why): logger.notice("Landlock is not used: \(why)")
      }
      transfers?.startWriter()
      let running = Daemon(
        server: server, sources: sources, loaded: start.loaded, hash: start.hash, database: start.database, log: log,
        transfers: transfers, notifier: service.notifier, bans: bans, predecessor: predecessor)
      try BanSetup.start(bans, settings, server: server, logger: logger) { hooks?.tell($0) }
      try hooks?.start()
      relay = hooks
      try SignalWaiter.start(Daemon.signals) { running.receive($0) }
      daemon = running
      if let predecessor {
        // All that may fail has been done.
        let (first, sessions) = try predecessor.complete(control: aside, hooks: hooks?.pipe)
        if let aside { close(aside) }
        server.number(sessionsFrom: first)
        try counts?.own()
        logger.notice("took over from process \(predecessor.process), where sessions go on: \(sessions)")
      }
      if let quotas { server.keepQuotas(in: quotas) }
      if let counts { server.keepQuotas(in: counts) }
      try server.start()
      if let bound = controlSocket.take() {
        control = try ControlServer(
          bound, server: server, actions: running, bans: BanBookKeeper(bans), log: log, version: weftVersion)
      } else {
        control = nil
      }
      try control?.start()
      var endpoint: MetricsEndpoint?
      if let bound = metricsSocket.take(), let registry {
        endpoint = try startMetrics(bound, registry, server, running, control, log)
      }
      let watch = try service.watch(server, running, logger)
      running.bequeath(
        Estate(
          server: server, arguments: ThisProcess.arguments, environment: sources.environment,
          notifier: service.notifier, hooks: hooks, metrics: endpoint.map(Self.metrics),
          areListenersOfUnits: service.areListenersOfUnits,
          release: {
            watch?.stop()
            server.storeQuotas()
            quotas?.release()
            counts?.release()
          }))
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
      privileges: start.privileges.summary
    ).log(to: logger)
    let code = daemon.waitUntilEnd()
    relay?.end(within: code == 0 ? .seconds(4) : .milliseconds(200))
    control?.removeName()
    control?.finish(within: code == 0 ? .seconds(1) : .milliseconds(100))
    log.flush(within: code == 0 ? .seconds(2) : .milliseconds(200))
    return code
  }

  /// Opens the transfer log with the rights of the user the process is going to be: the same user has to reopen it on SIGHUP.
  private func openTransferLog(
    _ settings: Settings, _ plan: PrivilegePlan, _ logger: Logger
  ) throws -> TransferLog? {
    guard let path = settings.transferLog else { return nil }
    do throws(SystemError) {
      return try TransferLog(path: path, as: plan.transferLogOwner)
    } catch {
      // It could be opened a moment ago.
      logger.critical("cannot start: log.xferlog: \(TransferLog.advice(path, error, plan))")
      throw ExitCode.configuration
    }
  }
}

extension PrivilegePlan {
  /// Who is to own the sockets that are made before the process becomes somebody else; nil: it stays who it is.
  fileprivate var socketOwner: (user: UInt32, group: UInt32)? {
    if case .becomes(let user) = identity { (user.user, user.group) } else { nil }
  }
}
