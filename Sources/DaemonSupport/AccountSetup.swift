// Turns settings into who may log in: the user table, the one user of --user with a password, anonymous.

import Accounts
import FTPServer
import Glibc
import LinuxSystem

/// The password of `accounts.user`: given, or generated.
public struct SingleUserPassword: Sendable {
  public let bytes: [UInt8]
  /// True when nobody knows it yet and it has to be shown.
  public let isGenerated: Bool

  /// Takes the password from WEFTPD_PASSWORD, or the first line of the file WEFTPD_PASSWORD_FILE names, or makes one.
  ///
  /// - Throws: when both are set, or the password is empty, or the file cannot be read.
  public init(environment: [String: String]) throws(SettingsError) {
    func failed(_ name: String, _ message: String) -> SettingsError {
      SettingsError([SettingsProblem(.environment(name: name), key: name, message)])
    }
    let (direct, file) = (environment["WEFTPD_PASSWORD"], environment["WEFTPD_PASSWORD_FILE"])
    if direct != nil, file != nil {
      throw failed("WEFTPD_PASSWORD_FILE", "is set besides WEFTPD_PASSWORD; expected one of them")
    }
    if let direct {
      guard !direct.isEmpty else { throw failed("WEFTPD_PASSWORD", "is empty; unset it to have a password generated") }
      bytes = Array(direct.utf8)
      isGenerated = false
    } else if let file {
      let content: [UInt8]
      do throws(SettingsError) {
        content = try readSettingsFile(file)
      } catch {
        throw failed("WEFTPD_PASSWORD_FILE", error.description)
      }
      let line = content.prefix { $0 != 0x0A && $0 != 0x0D }
      guard !line.isEmpty else { throw failed("WEFTPD_PASSWORD_FILE", "\(quoted(file)) begins with an empty line") }
      bytes = Array(line)
      isGenerated = false
    } else {
      bytes = Self.generate()
      isGenerated = true
    }
  }

  /// 100 random bits as four groups of five, from letters and digits that cannot be mistaken for one another.
  static func generate() -> [UInt8] {
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    var result: [UInt8] = []
    for (index, random) in Random.bytes(20).enumerated() {
      if index > 0, index % 5 == 0 { result.append(0x2D) }
      // 32 characters: five bits of each byte, evenly.
      result.append(alphabet[Int(random & 31)])
    }
    return result
  }
}

/// Who may log in, made from settings.
public struct AccountSetup: Sendable {
  public let source: AccountSource
  /// Odd things: homes that do not exist, weak hashes, a table others may read.
  public let warnings: [SettingsProblem]
  /// Users in the table, and in those of the hosts.
  public let tableCount: Int

  /// - Parameter hash: crypt(3) hash of the password of `accounts.user`; nil leaves that user out.
  /// - Throws: what is wrong with the user table.
  public init(_ loaded: LoadedSettings, hash: String?) throws(SettingsError) {
    let settings = loaded.settings
    var warnings: [SettingsProblem] = []
    let table = try Self.table(settings.accountsTable, loaded.origin("accounts.table"), "accounts.table", &warnings)
    var single: UserEntry?
    if let name = settings.accountsUser, let root = settings.accountsRoot, let hash {
      let bytes = Array(name.utf8)
      single = UserEntry(
        name: bytes, hash: hash, home: absolutePath(root),
        permissions: settings.accountsReadOnly ? .readOnly : .readAndWrite)
      if table.entry(named: bytes) != nil {
        let message = "is in accounts.table too; the password and directory given here count"
        warnings.append(SettingsProblem(loaded.origin("accounts.user"), key: "accounts.user", message))
      }
    }
    if settings.accountsRoot != nil, settings.accountsUser == nil, !settings.accountsAnonymous {
      let message = "is not used: only accounts.user and accounts.anonymous live there"
      warnings.append(SettingsProblem(loaded.origin("accounts.root"), key: "accounts.root", message))
    }
    let anonymousRoot = settings.accountsAnonymous ? settings.accountsAnonymousRoot ?? settings.accountsRoot : nil
    var source = AccountSource(
      table: table, single: single, anonymousRoot: anonymousRoot.map(absolutePath),
      isReadOnly: settings.accountsReadOnly)
    var count = table.entries.count
    for name in settings.hostNames {
      let own = try Self.source(ofHost: name, loaded, of: source, &warnings)
      source.hosts[name] = own
      if settings[host: name].users != nil { count += own.table.entries.count }
    }
    self.source = source
    tableCount = count
    self.warnings = warnings
  }

  /// The accounts of a virtual host: the server's, changed as the host's settings say.
  private static func source(
    ofHost name: String, _ loaded: LoadedSettings, of server: AccountSource, _ warnings: inout [SettingsProblem]
  ) throws(SettingsError) -> AccountSource {
    let host = loaded.settings[host: name]
    var source = server
    source.hosts = [:]
    if let root = host.root.map(absolutePath) {
      source.single = server.single?.with(home: root)
      if server.anonymousRoot != nil { source.anonymousRoot = root }
    }
    if host.users != nil {
      let key = "hosts.\(name).users"
      source.table = try table(host.users, loaded.origin(key), key, &warnings)
      source.single = nil
      source.anonymousRoot = nil
      source.admitsLocalUsers = false
    }
    if let root = host.anonymousRoot { source.anonymousRoot = absolutePath(root) }
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
    for entry in table.entries {
      if let fault = SettingsRules.directoryFault(entry.home) {
        let message = "the home \(quoted(entry.home)) of \(Account.display(entry.name)) \(fault)"
        warnings.append(SettingsProblem(.file(path: path, line: entry.line), key: "", message))
      }
    }
    return table
  }

  /// The table's own lines where it has any, else whoever named the table.
  private static func problems(_ error: UserTableError, _ origin: SettingOrigin, _ key: String) -> [SettingsProblem] {
    if error.problems.isEmpty { return [SettingsProblem(origin, key: key, error.description)] }
    return error.problems.map {
      SettingsProblem(.file(path: error.source, line: $0.line), key: "", $0.message)
    }
  }

  /// Why nobody could log in; nil when somebody could.
  public func nobody(_ loaded: LoadedSettings) -> SettingsProblem? {
    SettingsRules.nobody(loaded, tableEntries: tableCount)
  }
}
