// The database that settings name as the place of accounts: looked at before the start, asked from then on.

import Accounts
import DaemonSettings
import FTPServer
import LinuxSystem
import Logging
import PostgresAccounts
import PostgresClient
import SQLiteAccounts
import SafeText
import Synchronization

/// A database of accounts, for the life of the daemon: a reload keeps the connection.
public final class AccountDatabase: Sendable {
  /// What the sessions ask.
  public let directory: any AccountDirectory
  /// The users there were when it was looked at; none of a database whose users are not looked at.
  let entries: [UserEntry]
  /// For messages: a path, or how a database is reached.
  let place: String
  /// What is odd but does not matter for the start.
  let warnings: [String]
  private let log: LogBox

  /// Where the directory's thread writes to, once there is a log.
  private final class LogBox: Sendable {
    private let logger = Mutex<Logger?>(nil)
    func use(_ logger: Logger) { self.logger.withLock { $0 = logger } }
    func tell(_ text: String) { logger.withLock { $0 }?.warning("\(text)") }
  }

  private init(
    _ directory: any AccountDirectory, entries: [UserEntry], place: String, warnings: [String], _ log: LogBox
  ) {
    self.directory = directory
    self.entries = entries
    self.place = place
    self.warnings = warnings
    self.log = log
  }

  /// From here on the operator is told in the log what becomes of the database.
  public func log(to logger: Logger) { log.use(logger) }

  /// The database of the settings; nil if the accounts are in tables.
  ///
  /// A file has to be usable. A database of which it is not known whether it can be reached is none of the reasons to refuse a start:
  /// after a power cut the server may well be there before its database.
  /// - Throws: why it cannot be used.
  public static func make(_ loaded: LoadedSettings) throws(SettingsError) -> AccountDatabase? {
    let accounts = loaded.settings.accounts
    switch accounts.backend {
    case .table: return nil
    case .sqlite: return try sqlite(accounts, loaded)
    case .postgres: return try postgres(accounts, loaded)
    }
  }

  private static func sqlite(
    _ accounts: AccountSettings, _ loaded: LoadedSettings
  ) throws(SettingsError) -> AccountDatabase? {
    guard let path = accounts.sqlite.map(File.absolutePath) else { return nil }
    do throws(UserTableError) {
      let found = try SQLiteDirectory.inspect(path: path)
      let log = LogBox()
      let directory = SQLiteDirectory(path: path, cacheCapacity: accounts.cache) { log.tell($0) }
      return AccountDatabase(directory, entries: found.entries, place: path, warnings: found.warnings, log)
    } catch {
      throw SettingsError([
        SettingsProblem(loaded.origin("accounts.sqlite"), key: "accounts.sqlite", error.description)
      ])
    }
  }

  private static func postgres(
    _ accounts: AccountSettings, _ loaded: LoadedSettings
  ) throws(SettingsError) -> AccountDatabase? {
    guard let options = try options(loaded) else { return nil }
    let log = LogBox()
    do throws(SystemError) {
      let directory = try PostgresDirectory(
        options, cacheCapacity: accounts.cache,
        reread: {
          do throws(SettingsError) { return try Self.options(loaded) } catch {
            log.tell("\(error); the old password is used")
            return nil
          }
        }, tell: { log.tell($0) })
      return AccountDatabase(directory, entries: [], place: options.place, warnings: [], log)
    } catch {
      throw SettingsError([
        SettingsProblem(loaded.origin("accounts.backend"), key: "accounts.backend", "cannot be used: \(error)")
      ])
    }
  }

  /// How the settings have PostgreSQL reached; nil if they do not. Reads the file with the password.
  public static func options(_ loaded: LoadedSettings) throws(SettingsError) -> PostgresOptions? {
    let settings = loaded.settings.accounts.postgres
    guard let connection = settings.connection else { return nil }
    var options = PostgresOptions(
      connection, tls: PostgresOptions.TLS(rawValue: settings.tls.rawValue),
      rootCertificate: settings.rootCertificate.map(File.absolutePath), patience: settings.timeout)
    func failed(_ key: String, _ message: String) -> SettingsError {
      SettingsError([SettingsProblem(loaded.origin(key), key: key, message)])
    }
    if let fault = options.fault { throw failed("accounts.postgres.connection", fault) }
    if let file = settings.passwordFile {
      options.password = try firstLine(
        of: file, loaded.origin("accounts.postgres.password-file"), "accounts.postgres.password-file")
    }
    if let file = options.rootCertificate, !File.exists(file) {
      throw failed("accounts.postgres.root-certificate", "\(quoted(file)) does not exist")
    }
    return options
  }

  /// The first line of a file that holds a secret.
  public static func firstLine(
    of file: String, _ origin: SettingOrigin, _ key: String
  ) throws(SettingsError) -> String {
    func failed(_ message: String) -> SettingsError { SettingsError([SettingsProblem(origin, key: key, message)]) }
    let content: [UInt8]
    do throws(SettingsError) { content = try readSettingsFile(file) } catch { throw failed(error.description) }
    let line = content.prefix { $0 != 0x0A && $0 != 0x0D }
    guard !line.isEmpty, !line.contains(0), let text = String(validating: line, as: UTF8.self) else {
      throw failed("\(quoted(file)) has no text in its first line")
    }
    return text
  }

  /// Asks PostgreSQL now, for `weftpd check`; nil if that is not where the accounts are.
  /// - Returns: what is to be told, one line each.
  public static func inspectPostgres(_ loaded: LoadedSettings) -> [String]? {
    guard loaded.settings.accounts.backend == .postgres, let options = try? options(loaded) else { return nil }
    do throws(UserTableError) {
      let found = try PostgresDirectory.inspect(options)
      return found.warnings.map { "warning: \($0)" } + ["accounts: \(found.entries.count) users in PostgreSQL"]
    } catch {
      return ["warning: \(error) Nobody can log in by it until it can be asked."]
    }
  }
}
