// How the database is reached: a connection string, its password and its TLS, made into what libpq takes.

import CPostgres
import Glibc

/// How a PostgreSQL database is reached.
public struct PostgresOptions: Sendable, Equatable {
  /// How far the server has to prove who it is. Names and meaning are libpq's. Source: PostgreSQL, "SSL Support" of libpq.
  public enum TLS: String, Sendable, CaseIterable {
    /// Never TLS.
    case disable
    /// TLS if the server offers it; nobody is proven to be the server.
    case prefer
    /// TLS; nobody is proven to be the server.
    case require
    /// TLS with a certificate of the authorities.
    case verifyAuthority = "verify-ca"
    /// TLS with a certificate of the authorities that is for the server's name.
    case verifyFull = "verify-full"
  }

  /// A connection string of libpq, `host=db.example.org dbname=weftpd user=weftpd` or `postgresql://…`. Without a password.
  public var connection: String
  /// The password; nil: none, or as libpq finds it (PGPASSWORD, ~/.pgpass).
  public var password: String?
  /// It does not matter on a UNIX socket. nil: as libpq finds it, `prefer` without a word.
  public var tls: TLS?
  /// The PEM file with the authorities that sign servers' certificates; nil: those of the system, for the two modes that verify.
  public var rootCertificate: String?
  /// How long a connection attempt may take, and each question.
  public var patience: Duration

  public init(
    _ connection: String, password: String? = nil, tls: TLS? = nil, rootCertificate: String? = nil,
    patience: Duration = .seconds(5)
  ) {
    self.connection = connection
    self.password = password
    self.tls = tls
    self.rootCertificate = rootCertificate
    self.patience = patience
  }

  /// Debian's file of the authorities that this system trusts.
  static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

  /// Loads libpq, now or never: behind Landlock and without its files it could not be loaded any more.
  /// - Returns: why it cannot be used, in words that say what to install; nil when it can.
  public static func loadLibrary() -> String? {
    guard let why = weft_pg_load() else { return nil }
    return "PostgreSQL's client library cannot be loaded (\(String(cString: why))): install libpq5"
  }

  /// What is wrong with ``connection``, in words that follow it; nil if nothing. Loads the library.
  public var fault: String? {
    if let why = Self.loadLibrary() { return "cannot be used: \(why)" }
    var hasPassword: Int32 = 0
    if let message = weft_pg_check_text(connection, "password", &hasPassword) {
      defer { free(message) }
      return "is not a connection string of libpq: \(Self.oneLine(String(cString: message)))"
    }
    // Settings are shown by `weftpd check`, and an argument by ps.
    return hasPassword != 0 ? "contains a password, which belongs into a file of its own" : nil
  }

  /// Keywords and values in the order libpq takes them: what comes later is stronger.
  var parameters: [(keyword: String, value: String)] {
    // "dbname" is expanded where it stands, so that what follows is stronger than what the string says.
    var list = [("dbname", connection), ("fallback_application_name", "weftpd"), ("client_encoding", "UTF8")]
    // Kerberos would be looked for in files of a home that the daemon does not have.
    list.append(("gssencmode", "disable"))
    if let password { list.append(("password", password)) }
    if let tls {
      list.append(("sslmode", tls.rawValue))
      let verifies = tls == .verifyAuthority || tls == .verifyFull
      if let file = rootCertificate ?? (verifies ? Self.systemAuthorities : nil) { list.append(("sslrootcert", file)) }
    }
    return list
  }

  /// The connection string as messages show it: whole, since no password is in it.
  public var place: String { "PostgreSQL (\(connection))" }

  /// libpq's messages have several lines.
  package static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
  }
}
