// The life of the running daemon: reload on SIGHUP, orderly end on SIGTERM and SIGINT, at once on the second.

import Accounts
import Bans
import ControlSocket
import DaemonSettings
import Dispatch
import FTPServer
import Glibc
import LinuxSystem
import Logging
import Privileges
import SafeText
import ServerLog
import Synchronization

/// What the daemon needs of a server; ``FTPServer`` is one.
public protocol ServerControl: Sendable {
  /// New sessions follow `configuration` and `accounts` from now on.
  func reload(configuration: ServerConfiguration, accounts: AccountSource)
  /// Stops accepting, tells idle sessions 421, and returns when the last transfer is done or `grace` is over.
  ///
  /// - Returns: how many sessions had to be cut off.
  func drain(grace: Duration) async -> Int
  var activeSessions: Int { get }
  var activeTransfers: Int { get }
}

/// A running server and the settings it runs on.
public final class Daemon: Sendable {
  /// The signals the daemon answers to; block them with ``SignalWaiter/prepare(_:)`` first.
  public static let signals = [SIGTERM, SIGINT, SIGHUP]

  struct State {
    var loaded: LoadedSettings
    var isEnding = false
    /// An operator has it end when its last transfer is done.
    var isDraining = false
    /// The process that accepts in place of this one.
    var successor: UInt32?
    var estate: Estate?
    /// Directories that are served, one on each file system; nil: to be looked for.
    var served: [String]?
    var exitCode: Int32?
  }

  let server: any ServerControl
  private let sources: SettingsSources
  let hash: String?
  let database: AccountDatabase?
  private let log: DaemonLog
  let logger: Logger
  let state: Mutex<State>
  private let transfers: TransferLog?
  private let notifier: ServiceNotifier?
  private let bans: BanBook?
  let predecessor: Predecessor?
  private let ended = DispatchSemaphore(value: 0)
  /// One reload at a time, whoever asks for it.
  let reloading = Mutex(())

  /// - Parameters:
  ///   - sources: Where a reload reads the settings from.
  ///   - loaded: The settings `server` was started with.
  ///   - hash: The crypt(3) hash of the password of `accounts.user`; it outlives every reload.
  ///   - database: Where the accounts are, if not in tables; a reload keeps it.
  ///   - transfers: The transfer log, which a reload reopens.
  ///   - notifier: Tells the service manager of reloads and of the end; nil without one.
  ///   - bans: The book of bans, which works by the settings of each reload.
  ///   - predecessor: The process whose place this one has taken.
  public init(
    server: any ServerControl, sources: SettingsSources, loaded: LoadedSettings, hash: String?,
    database: AccountDatabase? = nil, log: DaemonLog, transfers: TransferLog? = nil, notifier: ServiceNotifier? = nil,
    bans: BanBook? = nil, predecessor: Predecessor? = nil
  ) {
    self.server = server
    var sources = sources
    sources.refusal = Confinement.refusal
    self.sources = sources
    self.hash = hash
    self.database = database
    self.log = log
    self.transfers = transfers
    self.notifier = notifier
    self.bans = bans
    self.predecessor = predecessor
    logger = log.logger()
    state = Mutex(State(loaded: loaded))
  }

  /// The settings in force.
  public var settings: Settings { state.withLock { $0.loaded.settings } }

  /// Blocks the calling thread until the daemon has ended.
  ///
  /// - Returns: The exit code: 0 after an orderly end, 1 when a second signal cut it short.
  public func waitUntilEnd() -> Int32 {
    ended.wait()
    return state.withLock { $0.exitCode ?? 0 }
  }

  /// Acts on one of ``signals``. Not to be called from a signal handler.
  public func receive(_ signal: Int32) {
    let (isEnding, isDraining) = state.withLock { ($0.isEnding, $0.isDraining) }
    switch signal {
    case SIGHUP where isEnding || isDraining: logger.notice("SIGHUP ignored: shutting down")
    case SIGHUP: reloadTellingManager()
    case SIGTERM, SIGINT: isEnding ? endNow() : beginEnd(signal == SIGINT ? "SIGINT" : "SIGTERM")
    default: break
    }
  }

  @discardableResult
  func reloadTellingManager() -> Bool {
    reloading.withLock { _ in
      // It reads the settings of its own version; the tables hold for its sessions, whatever it thinks of the settings.
      if let predecessor, predecessor.isAlive { predecessor.tell(.reload) }
      notifier?.reloading()
      defer { notifier?.ready(status) }
      return reload()
    }
  }

  /// One line for the service manager.
  public var status: String {
    let (sessions, transfers) = (server.activeSessions, server.activeTransfers)
    return "\(sessions) session\(sessions == 1 ? "" : "s"), \(transfers) transfer\(transfers == 1 ? "" : "s")"
  }

  // MARK: - Reload

  /// Reads settings and user tables again.
  ///
  /// If anything is wrong with the settings, those in force are kept, but the tables they name are read again all the same: who was
  /// removed or locked must not stay because of a mistake elsewhere. If a table cannot be understood, the users are kept too.
  /// - Returns: True when the new settings and users are in force.
  @discardableResult
  public func reload() -> Bool {
    reopenTransferLog()
    let old = state.withLock { $0.loaded }
    do throws(SettingsError) {
      let new = keepingWhatNeedsRestart(of: old, in: try sources.load())
      try requireAllowed(new, [])
      let accounts = try AccountSetup(new, hash: hash, database: database)
      try requireAllowed(new, accounts.namedRoots)
      let changes = new.changes(since: old)
      for change in changes { logger.notice("\(change.key) changed from \(change.before) to \(change.after)") }
      log.format = new.settings.logFormat
      log.level = new.settings.logLevel
      new.settings.applyToProcess()
      state.withLock { $0.loaded = new }
      apply(accounts, new)
      logger.notice("reloaded: \(changes.count) settings changed, \(accounts.tableCount) users in the table")
      return true
    } catch {
      for problem in error.problems { logger.error("\(problem)") }
      reloadUsers(of: old)
      return false
    }
  }

  /// Reads the tables that the settings in force name.
  private func reloadUsers(of settings: LoadedSettings) {
    do throws(SettingsError) {
      let accounts = try AccountSetup(settings, hash: hash, database: database)
      apply(accounts, settings)
      logger.error("reload failed; previous settings kept, \(accounts.tableCount) users read again from the table")
    } catch {
      logger.error("reload failed; previous settings and users kept")
    }
  }

  private func apply(_ accounts: AccountSetup, _ loaded: LoadedSettings) {
    for warning in loaded.warnings + accounts.warnings { logger.warning("\(warning)") }
    if let nobody = accounts.nobody(loaded) { logger.error("\(nobody)") }
    server.reload(configuration: loaded.settings.configuration, accounts: accounts.source)
    state.withLock { $0.served = nil }
    do throws(SystemError) {
      if let bans { try BanSetup.use(loaded.settings, for: bans) }
    } catch {
      logger.error("bans.*: \(error)")
    }
  }

  /// Done even if the settings turn out to be wrong, because logrotate has moved the file away.
  private func reopenTransferLog() {
    guard let transfers else { return }
    do throws(SystemError) {
      try transfers.reopen()
    } catch {
      logger.error(
        "log.xferlog: \(quoted(transfers.path)) cannot be reopened: \(error.reason); still writing to the old file")
    }
    if transfers.lost > 0 {
      logger.warning("the transfer log has lost \(transfers.lost) lines so far; is its disk full?")
    }
  }

  /// Refuses settings that need more than Landlock allows since the start. A home in a table that it does not allow is refused when its
  /// user logs in, and to that user alone.
  private func requireAllowed(_ loaded: LoadedSettings, _ roots: [LandlockPlan.Root]) throws(SettingsError) {
    let refusals = Confinement.current?.refusals(sources.landlockPlan(loaded.settings, roots: roots)) ?? []
    if !refusals.isEmpty { throw SettingsError(refusals.map { SettingsProblem(.standard, key: "", $0) }) }
  }

  /// Settings that only a restart changes keep their old value, and the log says so.
  private func keepingWhatNeedsRestart(of old: LoadedSettings, in new: LoadedSettings) -> LoadedSettings {
    let (kept, refused) = new.keepingWhatNeedsRestart(of: old)
    for change in refused {
      logger.warning("\(change.key) is still \(change.before); changing it to \(change.after) needs a restart")
    }
    return kept
  }

  // MARK: - End

  private func beginEnd(_ name: String) {
    let grace = state.withLock { state in
      state.isEnding = true
      return state.loaded.settings.shutdownGrace
    }
    let sessions = server.activeSessions
    logger.notice("\(name): shutting down, \(sessions) sessions, transfers may take up to \(grace.asSetting)")
    notifier?.stopping("Shutting down, transfers may take up to \(grace.asSetting)")
    endPredecessor(within: grace)
    Task {
      let broken = await server.drain(grace: grace)
      await predecessor?.waitForEnd(within: grace + .seconds(3))
      logger.notice("stopped\(broken > 0 ? "; sessions cut off: \(broken)" : "")")
      end(0)
    }
  }

  /// Ends when the last transfer is done, or after `limit`. A signal to end that comes meanwhile sets `shutdown.grace` as the limit.
  func beginDrain(_ limit: Duration?, for who: String) -> Bool {
    let isFirst = state.withLock { state in
      guard !state.isEnding, !state.isDraining || state.successor != nil else { return false }
      state.isDraining = true
      return true
    }
    guard isFirst else { return false }
    let words = limit.map { "within \($0.asSetting)" } ?? "however long it takes"
    let (sessions, transfers) = (server.activeSessions, server.activeTransfers)
    logger.notice("draining for \(who): \(sessions) sessions, \(transfers) transfers may end \(words)")
    notifier?.stopping("Draining, transfers may end \(words)")
    endPredecessor(within: limit)
    Task {
      let broken = await server.drain(grace: limit ?? Self.longDrain)
      await predecessor?.waitForEnd(within: limit.map { $0 + .seconds(3) })
      logger.notice("drained\(broken > 0 ? "; sessions cut off: \(broken)" : "")")
      end(0)
    }
    return true
  }

  /// The end of this process is that of the one before it, too: who ends a service means all of it.
  private func endPredecessor(within limit: Duration?) {
    guard let predecessor, predecessor.isAlive else { return }
    predecessor.tell(.drain(seconds: limit.map { UInt32(clamping: max(1, $0.components.seconds)) } ?? 0))
  }

  static let longDrain = Duration.seconds(100 * 365 * 86_400)

  private func endNow() {
    logger.warning("second signal: ending at once, \(server.activeSessions) sessions are cut off")
    end(1)
  }

  /// Only the first exit code counts.
  func end(_ code: Int32) {
    let isFirst = state.withLock { state in
      defer { state.exitCode = state.exitCode ?? code }
      return state.exitCode == nil
    }
    if isFirst { ended.signal() }
  }
}

extension FTPServer: ServerControl {}
