// The options that say where accounts are: a table file, an SQLite file, PostgreSQL, or wherever the daemon's settings say.

import Accounts
import ArgumentParser
import DaemonSettings
import DaemonSupport
import LinuxSystem
import PostgresAccounts
import PostgresBans
import PostgresClient
import PostgresQuotas
import SQLiteAccounts

/// A place with accounts; exactly one is named.
struct AccountPlace: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The user table.", valueName: "file"))
  var table: String?

  @Option(name: .long, help: ArgumentHelp("The SQLite file with the accounts.", valueName: "file"))
  var sqlite: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The PostgreSQL database with the accounts, as a connection string of libpq without a password.",
      valueName: "text"))
  var postgres: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The settings file of weftpd, which says where the accounts are.", valueName: "file"))
  var config: String?

  @OptionGroup var login: PostgresLogin

  func validate() throws {
    let named = [table, sqlite, postgres, config].compactMap { $0 }
    guard named.count == 1, named != [""] else {
      throw ValidationError("Name one place: --table FILE, --sqlite FILE, --postgres TEXT or --config FILE.")
    }
    try login.validate(isUsed: postgres != nil)
  }

  /// What edits the accounts there.
  var editor: any AccountEditor {
    get throws {
      if let table { return UserTableEditor(path: table) }
      if let sqlite { return StoreEditor(SQLiteStore(path: sqlite)) }
      if let postgres { return StoreEditor(PostgresStore(try login.options(postgres))) }
      return try AccountPlaces.editor(try settings())
    }
  }

  /// Makes the tables there are not, or of an older version, new.
  ///
  /// - Returns: the versions of each part before and now; nothing if a table has none.
  func migrate() throws -> [(part: String, from: Int, to: Int)] {
    if let sqlite { return try Self.migrate(SQLiteStore(path: sqlite)) }
    if let postgres { return try Self.migrate(try login.options(postgres)) }
    guard config != nil else { return [] }
    let loaded = try settings()
    switch loaded.settings.accounts.backend {
    case .table: return []
    case .sqlite: return try loaded.settings.accounts.sqlite.map { try Self.migrate(SQLiteStore(path: $0)) } ?? []
    case .postgres: return try AccountDatabase.options(loaded).map { try Self.migrate($0) } ?? []
    }
  }

  private static func migrate(_ store: some AccountStore) throws -> [(part: String, from: Int, to: Int)] {
    let (from, to) = try store.migrate()
    return [(store.place, from, to)]
  }

  private static func migrate(_ options: PostgresOptions) throws -> [(part: String, from: Int, to: Int)] {
    var parts = try migrate(PostgresStore(options))
    let quotas = try PostgresQuotaStore.migrate(options)
    let bans = try PostgresBanStore.migrate(options)
    parts.append(("\(options.place), quotas", quotas.from, quotas.to))
    parts.append(("\(options.place), bans", bans.from, bans.to))
    return parts
  }

  private func settings() throws -> LoadedSettings {
    try SettingsSources(configPath: config, environment: SettingsSources.processEnvironment()).load()
  }
}

/// How `--postgres` logs in, where libpq does not find it by itself (PGPASSWORD, ~/.pgpass, PGSSLMODE).
struct PostgresLogin: ParsableArguments {
  @Option(
    name: .customLong("postgres-password-file"),
    help: ArgumentHelp("The file whose first line is the password for PostgreSQL.", valueName: "file"))
  var passwordFile: String?

  @Option(
    name: .customLong("postgres-sslmode"),
    help: ArgumentHelp(
      "disable, prefer, require, verify-ca or verify-full. Without it, libpq's own rules hold.", valueName: "mode"))
  var mode: String?

  @Option(
    name: .customLong("postgres-root-certificate"),
    help: ArgumentHelp("The PEM file with the authorities that sign PostgreSQL's certificate.", valueName: "file"))
  var rootCertificate: String?

  func validate(isUsed: Bool) throws {
    if !isUsed, passwordFile != nil || mode != nil || rootCertificate != nil {
      throw ValidationError("--postgres-password-file, -sslmode and -root-certificate go with --postgres.")
    }
    if let mode, PostgresOptions.TLS(rawValue: mode) == nil {
      throw ValidationError("--postgres-sslmode is disable, prefer, require, verify-ca or verify-full, not '\(mode)'.")
    }
  }

  /// How to connect.
  func options(_ connection: String) throws -> PostgresOptions {
    var options = PostgresOptions(
      connection, tls: mode.flatMap { PostgresOptions.TLS(rawValue: $0) }, rootCertificate: rootCertificate,
      patience: .seconds(60))
    if options.tls == nil, rootCertificate != nil { options.tls = .verifyFull }
    if let fault = options.fault { throw ValidationError("--postgres \(fault)") }
    if let passwordFile {
      options.password = try AccountDatabase.firstLine(
        of: passwordFile, .option(name: "--postgres-password-file"), "--postgres-password-file")
    }
    return options
  }
}
