// The settings of where accounts are kept beside user tables: SQLite, PostgreSQL, an authority outside.

/// Where the accounts are kept.
public enum AccountBackend: String, Sendable, CaseIterable {
  /// In the user table, `accounts.table`.
  case table
  case sqlite
  case postgres
}

/// How PostgreSQL has to prove who it is, by libpq's names.
public enum PostgresTLS: String, Sendable, CaseIterable {
  case disable
  case prefer
  case require
  case verifyAuthority = "verify-ca"
  case verifyFull = "verify-full"
}

/// What is set of accounts in databases and of authorities outside.
public struct AccountSettings: Sendable, Equatable {
  public var backend = AccountBackend.table
  /// Entries of a database that are kept in memory.
  public var cache = 10_000
  public var sqlite: String?

  /// `accounts.postgres`.
  public struct Postgres: Sendable, Equatable {
    public var connection: String?
    public var passwordFile: String?
    public var tls = PostgresTLS.verifyFull
    public var rootCertificate: String?
    public var timeout = Duration.seconds(5)
    init() {}
  }

  /// `accounts.external`.
  public struct External: Sendable, Equatable {
    public var program: String?
    public var url: String?
    public var authorities: String?
    public var tokenFile: String?
    public var timeout = Duration.seconds(10)
    public var concurrency = 16
    public var cacheTime = Duration.zero
    init() {}

    /// Whether anybody is asked.
    public var isEnabled: Bool { program != nil || url != nil }
  }

  public var postgres = Postgres()
  public var external = External()

  init() {}

  /// Whether homes can be named that nobody knows at the start.
  public var hasUnknownHomes: Bool { backend == .postgres || external.isEnabled }
}

extension SettingsTable {
  static let databases: [Setting] = [
    Setting(
      "accounts.backend", .choice(), \.accounts.backend, needsRestart: true,
      """
      Where the accounts are: `table` (`accounts.table`), `sqlite` (`accounts.sqlite`) or `postgres` \
      (`accounts.postgres.connection`). `weftpd user` edits all of them.
      """),
    Setting(
      "accounts.cache", .integer(0...10_000_000), \.accounts.cache, unit: "users",
      needsRestart: true,
      "How many users of a database are kept in memory. A change in the database is seen within a second all the same."),
    Setting(
      "accounts.sqlite", .optional("path", "the path of an SQLite file, such as /etc/weftpd/users.db"),
      \.accounts.sqlite,
      needsRestart: true,
      "The file of `accounts.backend: sqlite`. weftpd only reads it; `weftpd user add --sqlite FILE` makes it."),
    Setting(
      "accounts.postgres.connection",
      .optional("text", "a connection string of libpq, such as host=/run/postgresql dbname=weftpd user=weftpd"),
      \.accounts.postgres.connection, needsRestart: true,
      """
      How the database of `accounts.backend: postgres` is reached, without the password. Many servers can share one \
      database. Needs libpq5, and `accounts.roots`.
      """),
    Setting(
      "accounts.postgres.password-file", .optional("path", "the path of a file"), \.accounts.postgres.passwordFile,
      needsRestart: true,
      "The file whose first line is the password for PostgreSQL. A reload reads it again."),
    Setting(
      "accounts.postgres.sslmode", .choice(), \.accounts.postgres.tls, needsRestart: true,
      """
      Whether the connection to PostgreSQL is under TLS, and how the server has to prove who it is; libpq's sslmode. It \
      does not matter on a UNIX socket.
      """),
    Setting(
      "accounts.postgres.root-certificate", .optional("path", "the path of a PEM file"),
      \.accounts.postgres.rootCertificate, needsRestart: true,
      "The authorities that sign PostgreSQL's certificate. If this is not set, those that this system trusts."),
    Setting(
      "accounts.postgres.timeout", .duration(.milliseconds(100)...Duration.seconds(300)), \.accounts.postgres.timeout,
      unit: "seconds", needsRestart: true,
      "How long PostgreSQL may take to accept a connection, and to answer a question. Logins are told 421 then."),
  ]

  static let external: [Setting] = [
    Setting(
      "accounts.external.program", .optional("path", "the absolute path of a program"), \.accounts.external.program,
      needsRestart: true,
      """
      A program that is asked about users whom no table and no database has. It gets the login as JSON on its standard \
      input, and answers with JSON on its standard output. Needs `accounts.roots`.
      """),
    Setting(
      "accounts.external.url",
      .optional("URL", "an https URL, or an http URL of this host such as http://127.0.0.1:8080/"),
      \.accounts.external.url, needsRestart: true,
      "The same, asked of a web service by POST. Only one of the two can be set."),
    Setting(
      "accounts.external.ca", .optional("path", "the path of a PEM file"), \.accounts.external.authorities,
      needsRestart: true,
      "The authorities that sign the certificate of `accounts.external.url`. If this is not set, those that this system trusts."
    ),
    Setting(
      "accounts.external.token-file", .optional("path", "the path of a file"), \.accounts.external.tokenFile,
      needsRestart: true,
      "The file whose first line is sent to `accounts.external.url` as `Authorization: Bearer`."),
    Setting(
      "accounts.external.timeout", .duration(.milliseconds(100)...Duration.seconds(300)), \.accounts.external.timeout,
      unit: "seconds", needsRestart: true,
      "How long an answer may take. Then the program is killed, and the login is told 421."),
    Setting(
      "accounts.external.concurrency", .integer(1...256), \.accounts.external.concurrency, unit: "questions",
      needsRestart: true,
      "How many questions are under way at once. Further logins wait for their turn."),
    Setting(
      "accounts.external.cache", .duration(.zero...Duration.seconds(3600)), \.accounts.external.cacheTime,
      unit: "seconds",
      needsRestart: true,
      """
      For how long a login that was allowed is allowed again without a question, if everything about it is the same. 0 \
      asks each time.
      """),
  ]
}
