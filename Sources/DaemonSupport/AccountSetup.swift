// Turns settings into who may log in: the user table, the one user of --user, anonymous.

import Accounts
import DaemonSettings
import FTPProtocol
import FTPServer
import LinuxSystem
import Privileges
import SafeText

/// Who may log in, made from settings.
public struct AccountSetup: Sendable {
  public let source: AccountSource
  /// The user table of the server, and of each host that has one, by its name.
  let table: UserTable
  let hostTables: [String: UserTable]
  private let tablePath: String?
  private let hostPaths: [String: String]
  /// `accounts.roots`; empty: homes may be anywhere.
  let commonRoots: [String]
  /// Odd things: homes that do not exist, weak hashes, a table others may read.
  public let warnings: [SettingsProblem]
  /// Users in the table, and in those of the hosts.
  public let tableCount: Int

  /// - Parameter hash: crypt(3) hash of the password of `accounts.user`; nil leaves that user out.
  /// - Throws: what is wrong with the user tables.
  public init(_ loaded: LoadedSettings, hash: String?) throws(SettingsError) {
    let settings = loaded.settings
    var warnings: [SettingsProblem] = []
    var problems: [SettingsProblem] = []
    func read(_ path: String?, _ key: String) -> UserTable {
      do throws(SettingsError) { return try Self.table(path, loaded.origin(key), key, &warnings) } catch {
        problems += error.problems
        return UserTable()
      }
    }
    let table = read(settings.accountsTable, "accounts.table")
    var single: UserEntry?
    if let name = settings.accountsUser, let root = settings.accountsRoot, let hash {
      let bytes = Array(name.utf8)
      single = UserEntry(
        name: bytes, hash: hash, home: File.absolutePath(root),
        permissions: settings.accountsReadOnly ? .readOnly : .readAndWrite)
      if table.entry(named: bytes) != nil {
        let message = "is also in accounts.table; the password and directory given here are used"
        warnings.append(SettingsProblem(loaded.origin("accounts.user"), key: "accounts.user", message))
      }
    }
    if settings.accountsRoot != nil, settings.accountsUser == nil, !settings.accountsAnonymous {
      let message = "is not used: it serves only accounts.user and accounts.anonymous"
      warnings.append(SettingsProblem(loaded.origin("accounts.root"), key: "accounts.root", message))
    }
    let anonymousRoot = settings.accountsAnonymous ? settings.accountsAnonymousRoot ?? settings.accountsRoot : nil
    var source = AccountSource(
      directory: table, single: single, anonymousRoot: anonymousRoot.map(File.absolutePath),
      isReadOnly: settings.accountsReadOnly)
    source.anonymousDropBox = settings.accountsAnonymousUpload.flatMap { try? VirtualPath(Array($0.utf8)) }
    var hostTables: [String: UserTable] = [:]
    for name in settings.hostNames {
      if let path = settings[host: name].users { hostTables[name] = read(path, "hosts.\(name).users") }
      source.hosts[name] = Self.source(of: settings[host: name], hostTables[name], of: source)
    }
    if !problems.isEmpty { throw SettingsError(problems) }
    if !settings.accountsRoots.isEmpty {
      // What the settings name by itself is served wherever it is.
      let named = ([source] + source.hosts.values).flatMap { [$0.single?.home, $0.anonymousRoot] }.compactMap { $0 }
      source.roots = AccountRoots((settings.accountsRoots + named).map(Self.realPath))
    }
    source.fault = Confinement.refusal
    for name in source.hosts.keys { source.hosts[name]?.fault = Confinement.refusal }
    warnings += Self.homeWarnings(table, settings.accountsTable, source.roots)
    for (name, table) in hostTables.sorted(by: { $0.key < $1.key }) {
      warnings += Self.homeWarnings(table, settings[host: name].users, source.roots)
    }
    self.source = source
    self.table = table
    commonRoots = settings.accountsRoots
    tablePath = settings.accountsTable
    hostPaths = settings.hosts.compactMapValues(\.users)
    self.hostTables = hostTables
    tableCount = table.entries.count + hostTables.values.reduce(0) { $0 + $1.entries.count }
    self.warnings = warnings
  }

  /// The accounts of a virtual host: the server's, changed as the host's settings say.
  private static func source(
    of host: HostSettings, _ table: UserTable?, of server: AccountSource
  ) -> AccountSource {
    var source = server
    source.hosts = [:]
    if let root = host.root.map(File.absolutePath) {
      source.single = server.single?.with(home: root)
      if server.anonymousRoot != nil { source.anonymousRoot = root }
    }
    if let table {
      source.directory = table
      source.single = nil
      source.anonymousRoot = nil
      source.admitsLocalUsers = false
    }
    if let root = host.anonymousRoot { source.anonymousRoot = File.absolutePath(root) }
    return source
  }

  /// The user table at `path`, an empty one without; adds to `warnings` what is odd in it.
  private static func table(
    _ path: String?, _ origin: SettingOrigin, _ key: String, _ warnings: inout [SettingsProblem]
  ) throws(SettingsError) -> UserTable {
    guard let path else { return UserTable() }
    let table: UserTable
    do throws(UserTableError) {
      table = try UserTable.load(path: path)
    } catch {
      throw SettingsError(problems(error, origin, key))
    }
    warnings += table.warnings.map { SettingsProblem(.standard, key: "", $0) }
    return table
  }

  /// `path` without symbolic links; as it is where nothing is there.
  private static func realPath(_ path: String) -> String {
    (try? File.resolvedPath(path)) ?? File.absolutePath(path)
  }

  /// What is odd about the homes and mounts in the table at `path`.
  private static func homeWarnings(_ table: UserTable, _ path: String?, _ roots: AccountRoots?) -> [SettingsProblem] {
    guard let path else { return [] }
    var warnings: [SettingsProblem] = []
    for entry in table.entries {
      func warn(_ directory: String, _ message: String) {
        let message = "\(directory) of \(Account.display(entry.name)) \(message)"
        warnings.append(SettingsProblem(.file(path: path, line: entry.line), key: "", message))
      }
      func isOutside(_ path: String) -> Bool {
        roots.map { !$0.contain(Array(realPath(path).utf8)) } ?? false
      }
      let outside = "is outside accounts.roots and will be refused; move it, or add its directory and restart weftpd"
      if isOutside(entry.home) {
        warn("the home \(quoted(entry.home))", outside)
      } else if let fault = SettingsRules.directoryFault(entry.home, refusal: Confinement.refusal) {
        warn("the home \(quoted(entry.home))", fault)
      }
      if !entry.changesNothing, Confinement.current?.forbidsWriting(entry.home) ?? false {
        warn(
          "the home \(quoted(entry.home))",
          "may only be read since Landlock was fixed at start; restart weftpd to change that")
      }
      let others =
        entry.options.mounts.map { ("mount", $0.path) }
        + entry.options.directories.map { ("virtual directory", $0.target) }
      for (kind, path) in others {
        if isOutside(path) {
          warn("the \(kind) \(quoted(path))", outside)
        } else if let fault = SettingsRules.directoryFault(path, refusal: Confinement.refusal) {
          warn("the \(kind) \(quoted(path))", fault)
        }
      }
    }
    return warnings
  }

  /// Where a user's entry stands, for people.
  public func place(of entry: UserEntry, host: String?) -> String {
    guard entry.line > 0 else { return "accounts.user" }
    let path = host.flatMap { hostPaths[$0] } ?? tablePath ?? "the user table"
    return "\(path), line \(entry.line)"
  }

  /// The table's own lines where it has any, else whoever named the table.
  private static func problems(_ error: UserTableError, _ origin: SettingOrigin, _ key: String) -> [SettingsProblem] {
    if error.problems.isEmpty { return [SettingsProblem(origin, key: key, error.description)] }
    return error.problems.map {
      SettingsProblem(.file(path: error.source, line: $0.line), key: "", $0.message)
    }
  }

  /// Each source of accounts with the table it looks users up in, the server's first.
  var sources: [(source: AccountSource, table: UserTable)] {
    [(source, table)]
      + source.hosts.sorted { $0.key < $1.key }.map { name, source in (source, hostTables[name] ?? table) }
  }

  /// Why nobody could log in; nil when somebody could.
  public func nobody(_ loaded: LoadedSettings) -> SettingsProblem? {
    SettingsRules.nobody(loaded, tableEntries: tableCount)
  }
}

extension AccountSetup {
  /// The directories that the settings name by themselves.
  var namedRoots: [LandlockPlan.Root] {
    var roots: [LandlockPlan.Root] = []
    for (source, _) in sources {
      if let home = source.single?.home {
        roots.append(LandlockPlan.Root(path: home, isReadOnly: source.isReadOnly))
      }
      if let root = source.anonymousRoot { roots += Self.anonymousRoots(root, source) }
    }
    return roots
  }

  /// The directory of anonymous clients, and in it the one where they may leave files.
  private static func anonymousRoots(_ root: String, _ source: AccountSource) -> [LandlockPlan.Root] {
    let all = LandlockPlan.Root(path: root, isReadOnly: true)
    guard let dropBox = source.anonymousDropBox, !source.isReadOnly else { return [all] }
    return [all, LandlockPlan.Root(path: "\(root)\(dropBox)", isReadOnly: false)]
  }

  /// Every directory an account of these lives in or may change to, on every virtual host. With `accounts.roots` it is those directories
  /// instead of what the tables say now.
  public var roots: [LandlockPlan.Root] {
    var roots: Set<LandlockPlan.Root> = []
    for path in commonRoots { roots.insert(LandlockPlan.Root(path: path, isReadOnly: source.isReadOnly)) }
    for (source, table) in sources {
      for entry in (commonRoots.isEmpty ? table.entries : []) + [source.single].compactMap({ $0 }) {
        let isReadOnly = source.isReadOnly || entry.changesNothing
        roots.insert(LandlockPlan.Root(path: entry.home, isReadOnly: isReadOnly))
        for point in entry.options.mounts {
          roots.insert(LandlockPlan.Root(path: point.path, isReadOnly: isReadOnly))
        }
        for directory in entry.options.directories {
          roots.insert(LandlockPlan.Root(path: directory.target, isReadOnly: isReadOnly || directory.isReadOnly))
        }
      }
      if let root = source.anonymousRoot { roots.formUnion(Self.anonymousRoots(root, source)) }
    }
    return roots.sorted { ($0.path, $0.isReadOnly ? 1 : 0) < ($1.path, $1.isReadOnly ? 1 : 0) }
  }
}
