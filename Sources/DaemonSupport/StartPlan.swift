// Everything that may refuse a start, looked at before anything is started: `weftpd serve` starts from it, `weftpd check` tells it.

import Accounts
import DaemonSettings
import FTPServer
import Glibc
import Hooks
import LinuxSystem
import Privileges
import SafeText
import ServerLog
import TransportSecurity

/// What a start needs.
public struct StartPlan: Sendable {
  public let loaded: LoadedSettings
  public let privileges: PrivilegePlan
  public let accounts: AccountSetup
  /// Where the accounts are, if not in tables.
  public let database: AccountDatabase?
  /// Of `accounts.user`; nil without one.
  public let password: SingleUserPassword?
  /// The crypt(3) hash of ``password``.
  public let hash: String?
  public let tls: TLSStore
  /// Where a user of this host passes clients on; nil: nowhere.
  public let door: LocalDoor?
  /// What is odd but does not matter for the start.
  public let warnings: [SettingsProblem]

  /// What ``examine(_:hashing:)`` found.
  public struct Examination: Sendable {
    /// Every reason for which a start is refused.
    public let problems: [SettingsProblem]
    /// What is odd but does not matter for the start.
    public let warnings: [SettingsProblem]
    /// The settings as far as they could be read.
    public let loaded: LoadedSettings
    /// Whether certificates or keys are among the problems.
    public let refusesTLS: Bool
    /// nil if there are problems.
    public let plan: StartPlan?
  }

  /// - Parameter hash: the hash of the password of `accounts.user`, where a server before this one has it; nil: it is in the environment.
  /// - Throws: every reason why the server must not start.
  public init(_ sources: SettingsSources, hash: String? = nil) throws(SettingsError) {
    let examination = Self.examine(sources, hash: hash)
    guard let plan = examination.plan else { throw SettingsError(examination.problems) }
    self = plan
  }

  private init(_ examiner: Examiner, _ privileges: PrivilegePlan, _ accounts: AccountSetup, _ tls: TLSStore) {
    loaded = examiner.loaded
    database = examiner.database
    self.privileges = privileges
    self.accounts = accounts
    password = examiner.password
    hash = examiner.hash
    door = examiner.door
    self.tls = tls
    warnings = examiner.warnings
  }

  /// Reads all sources and looks at everything they name, without starting or changing anything.
  ///
  /// - Parameter hashing: false saves the time a password's hash takes; ``hash`` is then one that no password matches.
  public static func examine(
    _ sources: SettingsSources, hashing: Bool = true, hash: String? = nil
  ) -> Examination {
    let reading = sources.read()
    var examiner = Examiner(loaded: reading.loaded, isWhole: reading.problems.isEmpty)
    let tls = examiner.tls()
    let refusesTLS = tls == nil
    examiner.hash = hash
    if hash == nil { examiner.takePassword(sources.environment, hashing: hashing) }
    let accounts = examiner.accounts()
    let privileges = examiner.privileges()
    examiner.lookAtTransferLog(privileges)
    examiner.lookAtDoor(privileges)
    examiner.lookAtBans()
    examiner.lookAtHooks()
    examiner.lookAtQuotaStore()
    examiner.lookAtKernel()
    examiner.warnings += reading.loaded.warnings + (accounts?.warnings ?? [])
    let problems = SettingsProblem.inReadingOrder(reading.problems + examiner.problems)
    var plan: StartPlan?
    if problems.isEmpty, let tls, let accounts, let privileges {
      plan = StartPlan(examiner, privileges, accounts, tls)
    }
    return Examination(
      problems: problems, warnings: examiner.warnings, loaded: reading.loaded, refusesTLS: refusesTLS, plan: plan)
  }
}

/// Looks at one thing after the other and notes what is wrong.
private struct Examiner {
  let loaded: LoadedSettings
  /// False when something could not be read: what is missing then is no fault.
  let isWhole: Bool
  var problems: [SettingsProblem] = []
  var warnings: [SettingsProblem] = []
  var password: SingleUserPassword?
  var hash: String?
  var database: AccountDatabase?
  var door: LocalDoor?

  private var settings: Settings { loaded.settings }

  private mutating func report(_ key: String, _ message: String) {
    problems.append(SettingsProblem(loaded.origin(key), key: key, message))
  }

  /// nil when certificates, keys or authorities cannot be used.
  mutating func tls() -> TLSStore? {
    let options = settings.wantedTLS
    do throws(TLSConfigurationError) {
      return try TLSStore(options)
    } catch {
      let all = options.map(TLSContext.faults) ?? []
      for fault in all.isEmpty ? [error] : all {
        report(SettingsTable.row(fault.setting)?.key ?? "tls.certificate", fault.reason)
      }
      return nil
    }
  }

  mutating func takePassword(_ environment: [String: String], hashing: Bool) {
    guard settings.accountsUser != nil else { return }
    do {
      let password = try SingleUserPassword(environment: environment)
      self.password = password
      // As long as there is some hash, everything else is as with the real one.
      hash = "!"
      // The first login should not have to wait for it. It is in no file, and who can read this process's memory finds the password
      // itself, so a hash that takes long would protect nothing.
      if hashing { hash = try PasswordHash.make(password.bytes, kind: .sha512crypt) }
    } catch let error as SettingsError {
      problems += error.problems
    } catch {
      report("accounts.user", "\(error)")
    }
  }

  mutating func accounts() -> AccountSetup? {
    do throws(SettingsError) {
      if isWhole { database = try AccountDatabase.make(loaded) }
      let accounts = try AccountSetup(loaded, hash: hash, database: database)
      if isWhole, let nobody = accounts.nobody(loaded) { problems.append(nobody) }
      return accounts
    } catch {
      problems += error.problems
      return nil
    }
  }

  mutating func privileges() -> PrivilegePlan? {
    // That the user is not named may be because the file could not be read.
    guard isWhole || settings.privileges.user != nil else { return nil }
    do throws(SettingsError) {
      let plan = try PrivilegePlan.forThisProcess(loaded)
      for reason in plan.unmet {
        if reason.capability != .netBindService {
          report(
            reason.setting,
            "needs \(reason.capability), which this process does not have: start weftpd as root, or have systemd give it "
              + "(AmbientCapabilities=)")
        } else if reason.setting != "listen", let port = UInt16(reason.detail.drop { $0 != " " }.dropFirst()) {
          // bind(2) tells of `listen`; the others would only fail when a client wants them.
          warnings.append(
            SettingsProblem(
              loaded.origin(reason.setting), key: reason.setting,
              "\(reason.detail) cannot be used: \(ListenError.lowPortAdvice(port))"))
        }
      }
      return plan
    } catch {
      problems += error.problems
      return nil
    }
  }

  /// With the rights of the user the process is going to be: the same user has to reopen it on SIGHUP.
  mutating func lookAtTransferLog(_ plan: PrivilegePlan?) {
    guard let path = settings.transferLog,
      let fault = TransferLog.fault(path, as: plan?.transferLogOwner)
    else { return }
    report("log.xferlog", TransferLog.advice(path, fault, plan))
  }

  mutating func lookAtDoor(_ plan: PrivilegePlan?) {
    do throws(DoorSetup.Fault) {
      door = try DoorSetup.door(settings, plan)
    } catch {
      report(error.key, error.message)
    }
  }

  mutating func lookAtHooks() {
    guard settings.hooks.isEnabled else { return }
    let key = settings.hooks.url == nil ? "hooks.program" : "hooks.url"
    if let fault = HookHelper.fault { report(key, fault) }
    if let program = settings.hooks.program.first, access(program, X_OK) != 0 {
      report("hooks.program", "\(quoted(program)) cannot be run: \(SystemError(code: errno, call: "access").reason)")
    }
  }

  mutating func lookAtBans() {
    for (key, reason) in BanSetup.faults(settings) { report(key, reason) }
  }

  /// Whether there can be a store of quotas. It is opened by the user the process is going to be, so only its directory can be looked at.
  mutating func lookAtQuotaStore() {
    guard let path = settings.quotaStore.map(File.absolutePath), let slash = path.lastIndex(of: "/") else { return }
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    guard (try? File.status(at: directory).isDirectory) == true else {
      return report(
        "quotas.store",
        "is in \(quoted(directory)), which is no directory: make it, writable for the user weftpd runs as")
    }
  }

  mutating func lookAtKernel() {
    if settings.privileges.landlock == .required, let why = Confinement.unavailability {
      report("server.landlock", "is required, but cannot be applied: \(why)")
    }
    if let fault = LocalUsers.fault(settings) { report("accounts.local", fault) }
    if isWhole { problems += ExternalHelper.problems(loaded) }
  }
}

extension PrivilegePlan {
  /// Whose rights open the transfer log; nil: the process's own.
  public var transferLogOwner: FileCredentials? {
    guard case .becomes(let user) = identity else { return nil }
    return FileCredentials(user: user.user, group: user.group, groups: user.groups)
  }
}

extension TransferLog {
  /// What is wrong with `log.xferlog`, and what to do, in words that follow the key.
  public static func advice(_ path: String, _ fault: SystemError, _ plan: PrivilegePlan?) -> String {
    var name = "the user weftpd runs as"
    if case .becomes(let user)? = plan?.identity { name = user.name }
    let advice = "make it and its directory writable for \(name), or leave log.xferlog out"
    return "\(quoted(path)) cannot be opened: \(fault.reason); \(advice)"
  }
}
