// Accounts in a real PostgreSQL: every change by the editor that the commands use, versions of the tables, TLS, passwords.

import Accounts
import Glibc
import PostgresClient
import TestSupport
import Testing

@testable import PostgresAccounts

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// crypt(3) of `secret`, quick on purpose.
let quickHash = "$5$rounds=1000$weftpdtest$jaIc7vj1O6XBrypCrdT3oww7kPuzp1q2sYL0H/vJXYC"

/// The error that `body` has to throw.
func error(_ body: () throws -> Void) -> UserTableError? {
  do {
    try body()
    return nil
  } catch {
    return error as? UserTableError
  }
}

/// The parent of all suites of this target: each has a server of its own, and one at a time is enough.
@Suite(.serialized, .enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
struct PostgresTests {}

extension PostgresTests {
  @Suite struct PostgresStoreTests {
    @Test func everyChange() async throws {
      try await Blocking.run {
        let server = try PostgresServer()
        let editor = StoreEditor(PostgresStore(PostgresOptions(server.socketConnection)))
        #expect(error { _ = try editor.listing() }?.code == .missingFile)
        try editor.checkAdd(name: bytes("a"), home: "/tmp", replacing: false)
        _ = try editor.add(name: bytes("a"), hash: quickHash, home: "/tmp")
        #expect(error { _ = try editor.add(name: bytes("a"), hash: "*", home: "/tmp") }?.code == .userExists)
        _ = try editor.update(bytes("a"), set: [("tls", "required"), ("admin", "yes")], unset: [])
        let changes = try editor.update(bytes("a"), set: [("home", "/srv"), ("access", "ro")], unset: ["tls"])
        #expect(changes.map(\.key).sorted() == ["access", "home", "tls"])
        _ = try editor.changePassword(of: bytes("a"), hash: "*")
        try editor.rename(bytes("a"), to: bytes("x' OR '1'='1\\"))
        let entry = try editor.entry(named: bytes("x' OR '1'='1\\"))
        #expect(entry.isLocked && entry.home == "/srv" && entry.isReadOnly && entry.options.texts == ["admin": "yes"])
        _ = try editor.add(name: bytes("b"), hash: quickHash, home: "/tmp", isReadOnly: true)
        #expect(try editor.listing().entries.map(\.name) == [bytes("b"), bytes("x' OR '1'='1\\")])
        try editor.remove(bytes("b"))
        #expect(error { try editor.remove(bytes("b")) }?.code == .unknownUser)
        #expect(error { _ = try editor.add(name: [0xFF], hash: "*", home: "/tmp") }?.code == .invalidEntry)
        // All there is, to a table and back.
        let group = AccountGroup(name: "staff", home: "/srv/%u", options: try AccountOptions(["admin": "yes"]))
        let member = UserEntry(
          name: bytes("m"), hash: "*", home: "/m", permissions: [.list, .write],
          options: try AccountOptions(["welcome": "Hello, all: of you"]), groups: [SharedGroup(group)])
        let report = try editor.takeOver(
          AccountListing(entries: [member], groups: [group, AccountGroup(name: "empty")], warnings: []),
          replacing: false)
        #expect(report.added == [bytes("m")])
        #expect(try editor.entry(named: bytes("m")) == member)
        #expect(try editor.listing().groups == [AccountGroup(name: "empty"), group])
        // What inherits its home goes on inheriting it.
        try server.psql("UPDATE weftpd.users SET home = NULL WHERE name = 'm'")
        #expect(try editor.entry(named: bytes("m")).home == "/srv/m")
        _ = try editor.update(bytes("m"), set: [("access", "ro")], unset: [])
        #expect(try server.psql("SELECT home IS NULL, access FROM weftpd.users WHERE name = 'm'") == "t|ro\n")
      }
    }

    @Test func versionsOfTheTables() async throws {
      try await Blocking.run {
        let server = try PostgresServer()
        let options = PostgresOptions(server.socketConnection)
        for version in 1..<PostgresSchema.current {
          let connection = try PostgresConnection(options)
          try PostgresSchema.migrate(connection, from: 0, to: version)
          try connection.run("INSERT INTO weftpd.users (name, hash, home, access) VALUES ('a', '*', '/a', 'ro')")
          try connection.run("INSERT INTO weftpd.user_options VALUES ('a', 'admin', 'yes')")
          let editor = StoreEditor(PostgresStore(options))
          #expect(error { _ = try editor.listing() }?.code == .schema)
          let (from, to) = try PostgresStore(options).migrate()
          #expect(from == version && to == PostgresSchema.current)
          let entry = try #require(try editor.listing().entries.first)
          #expect(entry.isReadOnly && entry.options.isAdministrator)
          try server.psql("DROP SCHEMA weftpd CASCADE")
        }
        _ = try PostgresStore(options).migrate()
        // Another part of the schema has a version of its own.
        try server.psql("INSERT INTO weftpd.components VALUES ('quotas', 7)")
        #expect(try StoreEditor(PostgresStore(options)).listing().entries.isEmpty)
        try server.psql("UPDATE weftpd.components SET version = 99 WHERE name = 'accounts'")
        #expect(error { _ = try PostgresStore(options).migrate() }?.code == .schema)
        #expect(error { _ = try StoreEditor(PostgresStore(options)).listing() }?.code == .schema)
      }
    }

    @Test func editorsAtOnceLoseNothing() async throws {
      try await Blocking.run {
        let server = try PostgresServer()
        let connection = server.socketConnection
        try inParallel(4) { number in
          let editor = StoreEditor(PostgresStore(PostgresOptions(connection, patience: .seconds(60))))
          for turn in 0..<5 { _ = try editor.add(name: bytes("u\(number)-\(turn)"), hash: "*", home: "/tmp") }
        }
        #expect(try server.psql("SELECT count(*) FROM weftpd.users") == "20\n")
      }
    }

    @Test func passwordAndTLS() async throws {
      try await Blocking.run {
        let server = try PostgresServer(options: ["ssl=on", "ssl_cert_file=../cert.pem", "ssl_key_file=../key.pem"]) {
          let made = try run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=db", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", $0.path + "/key.pem", "-out",
            $0.path + "/cert.pem",
          ])
          try require(made.exitCode == 0, made.errors)
          chmod($0.path + "/key.pem", 0o600)
        }
        var options = PostgresOptions(server.portConnection, password: PostgresServer.password)
        _ = try PostgresStore(PostgresOptions(server.socketConnection)).migrate()
        func fault() -> String { error { _ = try StoreEditor(PostgresStore(options)).listing() }?.message ?? "" }
        (options.tls, options.rootCertificate) = (.verifyFull, server.place.path(of: "cert.pem"))
        #expect(fault() == "")
        let isEncrypted = try PostgresConnection(options).query(
          "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0, 0]
        #expect(isEncrypted == "t")
        // The system's authorities do not know this one.
        options.rootCertificate = nil
        #expect(fault().contains("certificate verify failed"))
        options.tls = .require
        #expect(fault() == "")
        options.password = "wrong"
        #expect(fault().contains("password authentication failed"))
        #expect(!fault().contains("wrong"))
        options.password = nil
        #expect(fault().contains("no password supplied"))
      }
    }

    @Test func connectionStrings() {
      #expect(PostgresOptions("host=/run dbname=x").fault == nil)
      #expect(PostgresOptions("postgresql://weft@db.example/weft").fault == nil)
      #expect(PostgresOptions("host=/run password=secret").fault?.contains("contains a password") == true)
      #expect(PostgresOptions("postgresql://weft:secret@db/weft").fault?.contains("contains a password") == true)
      #expect(PostgresOptions("hots=/run").fault?.contains("is not a connection string") == true)
      #expect(PostgresOptions("hots=/run").fault?.contains("\n") == false)
    }

    @Test func arrays() {
      #expect(PostgresText.array(["a", "b\"c", "d\\e", "ä,{}"]) == #"{"a","b\"c","d\\e","ä,{}"}"#)
    }
  }
}
