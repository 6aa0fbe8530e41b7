// A real weftpd whose accounts are in a database: the database's death and return during logins, changes while sessions run, speed.

import Glibc
import Synchronization
import TestSupport
import Testing

extension SystemTests {
  @Suite struct DatabaseTests {
    /// crypt(3) of `secret`, quick on purpose.
    static let hash = "$5$rounds=1000$weftpdtest$jaIc7vj1O6XBrypCrdT3oww7kPuzp1q2sYL0H/vJXYC"

    private static func weftpd(_ arguments: [String]) throws -> String {
      let result = try TestSupport.run([try Server.binary()] + arguments, patience: .seconds(120))
      try require(result.exitCode == 0, "\(arguments): \(result.errors)")
      return result.output
    }

    private static func options(_ settings: [String]) -> Server.Options {
      var options = Server.Options(settings: settings)
      options.user = nil
      options.anonymous = false
      return options
    }

    private static func client(_ endpoint: Endpoint) throws -> FTPClient {
      let client = FTPClient(try Connection(to: endpoint, patience: .seconds(60)))
      try client.expect(220)
      return client
    }

    /// What came of a login: the code of the last reply.
    private static func logIn(_ endpoint: Endpoint, _ name: String) throws -> Int {
      let client = try client(endpoint)
      // A server that cannot tell says 421 after USER and hangs up.
      let reply = try client.command("USER \(name)")
      if reply.code != 331 { return reply.code }
      return try client.command("PASS \(Server.password)").code
    }

    @Test(.enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
    func postgresDiesAndReturnsDuringLogins() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let database = try PostgresServer()
        let root = try TemporaryDirectory()
        try root.write("large", pattern(8_000_000))
        for name in ["alice", "bob"] {
          _ = try Self.weftpd([
            "user", "add", name, "--postgres", database.socketConnection, "--home", root.path, "--hash", Self.hash,
          ])
        }
        let options = Self.options([
          "accounts.backend=postgres", "accounts.postgres.connection=\(database.portConnection)",
          "accounts.postgres.password-file=\(database.place.path)/password", "accounts.postgres.sslmode=disable",
          "accounts.roots=\(root.path)", "limits.before-login-per-address=100", "limits.before-login=100",
        ])
        try Server.with(options, root: root) { server in
          let endpoint = server.endpoint
          let isUp = Deadline.after(.seconds(60)).until { (try? Self.logIn(endpoint, "alice")) == 230 }
          try require(isUp, "nobody can log in")
          // A session with a transfer that waits for its client all the while.
          let running = try server.client()
          try running.logIn("alice")
          try running.command("TYPE I", expecting: 200)
          let data = try running.passive(receiveBuffer: 16_384)
          try running.command("RETR large", expecting: 150)
          let first = try data.read(exactly: 1)
          // 200 logins, in the middle of which the database is killed and comes back.
          let codes = Mutex<[Int: Int]>([:])
          let done = Atomic<Int>(0)
          let slowest = Mutex<Duration>(.zero)
          try inParallel(9) { number in
            if number == 8 {
              let isUnderWay = Deadline.after(.seconds(60)).until { done.load(ordering: .relaxed) >= 40 }
              try require(isUnderWay, "the logins do not come forward")
              database.kill()
              let isAtWork = Deadline.after(.seconds(60)).until { done.load(ordering: .relaxed) >= 120 }
              try require(isAtWork, "logins hang while the database is away")
              return try database.start()
            }
            for turn in 0..<25 {
              var code = 0
              let time = try duration { code = try Self.logIn(endpoint, (turn + number) % 2 == 0 ? "alice" : "bob") }
              codes.withLock { $0[code, default: 0] += 1 }
              slowest.withLock { $0 = max($0, time) }
              done.add(1, ordering: .relaxed)
              // Without a pause all of them would be over before the database is back.
              if code == 421 { poll(nil, 0, 20) }
            }
          }
          let seen = codes.withLock { $0 }
          report(
            "200 logins, the database killed and restarted meanwhile: \(seen), the slowest took \(slowest.withLock { $0 })"
          )
          try require(Set(seen.keys).isSubset(of: [230, 421]), "\(seen)")
          try require((seen[421] ?? 0) > 0 && (seen[230] ?? 0) > 0, "\(seen)")
          try require(slowest.withLock { $0 } < .seconds(30), "a login took \(slowest.withLock { $0 })")
          let isBack = Deadline.after(.seconds(60)).until { (try? Self.logIn(endpoint, "bob")) == 230 }
          try require(isBack, "nobody can log in after the database has returned")
          // The running session has noticed nothing.
          let rest = try data.readToEnd()
          try running.expect(226)
          try require(first + rest == pattern(8_000_000), "the file that was under way has changed")
          try running.command("NOOP", expecting: 200)
          try waitForLog(server.process, "cannot be asked")
          try waitForLog(server.process, "can be asked again")
          try require(!server.process.errorText.contains(PostgresServer.password), "the password is in the log")
          // What is changed there holds for sessions that run.
          let begin = ContinuousClock.now
          try database.psql("DELETE FROM weftpd.users WHERE name = 'alice'")
          try running.expect(421)
          report(
            "a session of a removed user was ended after \(ContinuousClock.now - begin), psql's own start included")
          try require(try Self.logIn(endpoint, "alice") == 530, "a removed user can log in")
        }
      }
    }

    @Test(.enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
    func theServerStartsBeforeItsDatabase() async throws {
      try await Blocking.run {
        let database = try PostgresServer()
        let root = try TemporaryDirectory()
        _ = try Self.weftpd([
          "user", "add", "alice", "--postgres", database.socketConnection, "--home", root.path, "--hash", Self.hash,
        ])
        let settings = [
          "accounts.backend=postgres", "accounts.postgres.connection=\(database.socketConnection)",
          "accounts.roots=\(root.path)",
        ]
        let checking =
          [try Server.binary(), "check", "--set", "server.allow-root=true"] + settings.flatMap { ["--set", $0] }
        let check = try TestSupport.run(checking)
        try require(check.exitCode == 0 && check.errors.contains("accounts: 1 users in PostgreSQL"), check.errors)
        database.kill()
        try Server.with(Self.options(settings), root: root) { server in
          let endpoint = server.endpoint
          try require(try Self.logIn(endpoint, "alice") == 421, "a login without a database")
          try database.start()
          let isUp = Deadline.after(.seconds(60)).until { (try? Self.logIn(endpoint, "alice")) == 230 }
          try require(isUp, "the database is not found when it comes")
        }
      }
    }

    @Test func changesInSQLiteHoldForSessionsThatRun() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        let file = place.path(of: "users.db")
        _ = try Self.weftpd(["user", "add", "alice", "--sqlite", file, "--home", root.path, "--hash", Self.hash])
        let options = Self.options(["accounts.backend=sqlite", "accounts.sqlite=\(file)"])
        try Server.with(options, root: root) { server in
          let endpoint = server.endpoint
          let client = try server.client()
          try client.logIn("alice")
          try client.command("MKD a", expecting: 257)
          _ = try Self.weftpd(["user", "set", "alice", "access=ro", "--sqlite", file])
          let isRefused = try Deadline.after(.seconds(60)).until {
            let code = try client.command("MKD b\(UInt32.random(in: 0 ... .max))").code
            return code == 550 || code == 553
          }
          try require(isRefused, "the access has not changed")
          _ = try Self.weftpd(["user", "remove", "alice", "--sqlite", file])
          try client.expect(421)
          try require(try Self.logIn(endpoint, "alice") == 530, "a removed user can log in")
          // The file may be taken away while the server runs: nobody can tell then.
          try require(rename(file, file + ".away") == 0, "rename")
          let isSaid = Deadline.after(.seconds(60)).until { (try? Self.logIn(endpoint, "alice")) == 421 }
          try require(isSaid, "logins without a file")
        }
      }
    }

    /// Logins one after the other on a few connections, with the cheapest hash.
    private static func rate(_ options: Server.Options, _ root: TemporaryDirectory, seconds: Int) throws -> Double {
      var rate = 0.0
      try Server.with(options, root: root) { server in
        let endpoint = server.endpoint
        _ = try Self.logIn(endpoint, "user1")
        let count = Atomic<Int>(0)
        let end = Deadline.after(.seconds(seconds))
        try inParallel(4) { number in
          let client = try Self.client(endpoint)
          var turn = number
          while !end.hasPassed {
            turn = (turn + 7) % 200
            try client.command("USER user\(turn)", expecting: 331)
            try client.command("PASS \(Server.password)", expecting: 230)
            try client.command("REIN", expecting: 220)
            count.add(1, ordering: .relaxed)
          }
        }
        rate = Double(count.load(ordering: .relaxed)) / Double(seconds)
      }
      return rate
    }

    @Test func loginsBySQLiteAreAtLeastHalfAsManyAsByTheTable() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        // The cheapest hash that is verified: MD5 without salt.
        let hash = "$3$$878d8014606cda29677a44efa1353fc7"
        let lines = (0..<200).map { "user\($0):\(hash):\(root.path):rw" }
        let table = try place.write("users", lines.joined(separator: "\n") + "\n", mode: 0o600)
        let file = place.path(of: "users.db")
        _ = try Self.weftpd(["user", "export", "--table", table, "--to-sqlite", file])
        let seconds = 3
        // Without a cache, too: each login then asks the file.
        let byTable = try Self.rate(Self.options(["accounts.table=\(table)"]), root, seconds: seconds)
        let settings = ["accounts.backend=sqlite", "accounts.sqlite=\(file)"]
        let bySQLite = try Self.rate(Self.options(settings), root, seconds: seconds)
        let uncached = try Self.rate(Self.options(settings + ["accounts.cache=0"]), root, seconds: seconds)
        report("logins a second: \(byTable) by the table, \(bySQLite) by SQLite, \(uncached) by SQLite without a cache")
        try require(bySQLite > byTable / 2, "\(bySQLite) logins a second by SQLite, \(byTable) by the table")
      }
    }
  }
}
