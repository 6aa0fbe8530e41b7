// `weftpd group` and members of groups, the same on a YAML table, on SQLite and on PostgreSQL.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct GroupCommandTests {
    @discardableResult
    private static func weftpd(_ arguments: [String], expecting code: Int32 = 0) throws -> String {
      let result = try TestSupport.run([try Server.binary()] + arguments, patience: .seconds(120))
      try require(result.exitCode == code, "\(arguments): \(result.exitCode): \(result.output)\(result.errors)")
      return result.output + result.errors
    }

    /// Everything that can be done to a group and its members.
    private static func check(_ place: [String], _ settings: [String], _ root: TemporaryDirectory) throws {
      func run(_ arguments: String..., expecting code: Int32 = 0) throws -> String {
        try weftpd(arguments + place, expecting: code)
      }
      _ = try run("group", "add", "staff", "home=\(root.path)/%u", "access=ro", "quota=1000")
      try require(try run("group", "add", "staff", expecting: 1).contains("group set"), "a second one of the name")
      try require(try run("group", "add", "b;c", expecting: 64).contains("name"), "a name that cannot be")
      try require(
        try run("group", "add", "x", "home=y", "size=1", expecting: 64).contains("there is no option"), "options")
      try require(
        try run("group", "set", "staff", "tls=required", "quota=2000")
          == "staff: quota: 1000 -> 2000\nstaff: tls: not set -> required\n", "set")
      _ = try run("group", "unset", "staff", "tls")
      _ = try run("group", "add", "guests", "access=ro")
      // A member has what the group has.
      _ = try run("user", "add", "alice", "--group", "staff", "--hash", DatabaseTests.hash)
      try require(
        try run("user", "add", "bob", "--group", "guests", "--hash", "*", expecting: 64).contains("none of the groups"),
        "nobody says the home")
      try require(
        try run("user", "add", "bob", "--group", "gusts", "--hash", "*", expecting: 1).contains("no group gusts"),
        "a typo")
      let shown = try run("user", "show", "alice")
      try require(shown.contains("\(root.path)/alice") && shown.contains("quota: 2000 (of a group)"), shown)
      try require(try run("group", "list").contains("ro  1  staff  \(root.path)/%u"), "the list")
      try require(try run("group", "show", "staff").contains("members: alice"), "the group")
      try require(try run("group", "remove", "staff", expecting: 64).contains("1 member (alice)"), "with members")
      // A member cannot do without the home.
      _ = try run("group", "unset", "staff", "home", expecting: 64)
      // The change holds for who is logged in.
      var options = Server.Options(settings: settings)
      options.user = nil
      options.anonymous = false
      mkdir(root.path + "/alice", 0o755)
      try Server.with(options, root: root) { server in
        var client: FTPClient?
        let isUp = Deadline.after(.seconds(60)).until {
          client = try? server.client()
          return (try? client?.logIn("alice")) != nil
        }
        try require(isUp, "alice cannot log in")
        try client?.command("MKD a", expecting: 550, 553)
        _ = try run("group", "set", "staff", "access=rw")
        server.process.signal(SIGHUP)
        let mayWrite = Deadline.after(.seconds(60)).until {
          (try? client?.command("MKD d\(UInt32.random(in: 0 ... .max))").code) == 257
        }
        try require(mayWrite, "the access of the group has changed")
      }
      try require(
        try run("user", "set", "alice", "groups=gests", expecting: 64).contains("did you mean guests?"), "a typo")
      _ = try run("user", "set", "alice", "home=/", "groups=guests")
      // A database keeps what the user had of a group that is left; a table has to be told.
      if place[0] == "--table" { _ = try run("user", "set", "alice", "access=rw") }
      _ = try run("group", "remove", "staff")
      try require(try run("group", "show", "staff", expecting: 1).contains("no group staff"), "it is gone")
      _ = try run("user", "unset", "alice", "groups")
      try require(!(try run("user", "show", "alice")).contains("groups"), "in no group")
      _ = try run("group", "remove", "guests")
    }

    @Test(arguments: ["table", "sqlite"])
    func groupsInFiles(_ kind: String) async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        let file = place.path(of: kind == "table" ? "users.yaml" : "users.db")
        let settings =
          kind == "table"
          ? ["accounts.table=\(file)", "accounts.roots=\(root.path)"]
          : ["accounts.backend=sqlite", "accounts.sqlite=\(file)", "accounts.roots=\(root.path)"]
        try Self.check(["--\(kind)", file], settings, root)
      }
    }

    @Test(.enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
    func groupsInPostgres() async throws {
      try await Blocking.run {
        let database = try PostgresServer()
        let root = try TemporaryDirectory()
        let settings = [
          "accounts.backend=postgres", "accounts.postgres.connection=\(database.socketConnection)",
          "accounts.roots=\(root.path)",
        ]
        try Self.check(["--postgres", database.socketConnection], settings, root)
      }
    }
  }
}
