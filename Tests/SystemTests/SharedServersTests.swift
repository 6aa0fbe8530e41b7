// Servers that share a PostgreSQL: quotas and bans of both together, and the database killed with -9 during logins and uploads.

import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

extension SystemTests {
  @Suite(.enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
  struct SharedServersTests {
    private static func weftpd(_ arguments: [String]) throws -> String {
      let result = try TestSupport.run([try Server.binary()] + arguments, patience: .seconds(120))
      try require(result.exitCode == 0, "\(arguments): \(result.errors)")
      return result.output
    }

    /// A database with the user alice, and a directory that is her home on every server.
    private struct Shared {
      let database: PostgresServer
      let root: TemporaryDirectory
      /// Of all servers and commands.
      let further: [String]

      init(_ options: [String], further: [String] = []) throws {
        self.further = further
        database = try PostgresServer()
        root = try TemporaryDirectory()
        let connection = database.socketConnection
        _ = try weftpd([
          "user", "add", "alice", "--postgres", connection, "--home", root.path, "--hash", DatabaseTests.hash,
        ])
        if !options.isEmpty { _ = try weftpd(["user", "set", "alice"] + options + ["--postgres", connection]) }
      }

      func settings(_ name: String) -> [String] {
        [
          "accounts.backend=postgres", "accounts.postgres.connection=\(database.socketConnection)",
          "accounts.roots=\(root.path)", "quotas.server=\(name)", "limits.before-login-per-address=200",
          "limits.before-login=200",
        ] + further
      }

      func server(_ name: String) throws -> Server {
        var options = Server.Options(settings: settings(name))
        options.user = nil
        options.anonymous = false
        let server = try Server(options, root: root)
        let isUp = Deadline.after(.seconds(60)).until { (try? logIn(server.endpoint)) == 230 }
        try require(isUp, "nobody can log in: \(server.process.errorText.suffix(2000))")
        return server
      }

      /// A command about what is shared.
      func command(_ arguments: String...) throws -> String {
        try weftpd(arguments + settings("none").flatMap { ["--set", $0] })
      }

      /// What there is, and what is kept of it.
      func requireRightCounts() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path)
        var bytes = 0
        for name in names { bytes += try root.read(name).count }
        let truth = "\(bytes) bytes, \(names.count) files in \(root.path)"
        let isKept = Deadline.after(.seconds(30)).until { (try? command("quota", "show"))?.contains(truth) == true }
        try require(isKept, "\(truth): kept is \(try command("quota", "show"))")
        let recount = try command("quota", "scan", root.path)
        try require(recount == truth + ", as before\n", "\(recount) instead of \(truth)")
      }
    }

    private static func logIn(_ endpoint: Endpoint) throws -> Int {
      let client = FTPClient(try Connection(to: endpoint, patience: .seconds(60)))
      try client.expect(220)
      // A server that cannot tell says 421 after USER and hangs up.
      let reply = try client.command("USER alice")
      if reply.code != 331 { return reply.code }
      return try client.command("PASS \(Server.password)").code
    }

    private static func session(_ server: Server) throws -> FTPClient { try session(server.endpoint) }

    private static func session(_ endpoint: Endpoint) throws -> FTPClient {
      let client = FTPClient(try Connection(to: endpoint, patience: .seconds(60)))
      try client.expect(220)
      try client.logIn("alice")
      try client.command("TYPE I", expecting: 200)
      return client
    }

    /// An upload whose server may break it off.
    private static func upload(_ client: FTPClient, _ name: String, _ content: [UInt8]) throws -> Int {
      let data = try client.passive()
      let first = try client.command("STOR \(name)")
      if first.code != 150 { return first.code }
      // The server may break it off.
      try? data.send(content)
      data.finishSending()
      return try client.reply().code
    }

    @Test func twoServersShareAQuotaAndOneIsKilled() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let limit = 12_000_000
        let shared = try Shared(["quota=\(limit)", "quota-files=500"])
        var servers = [try shared.server("one"), try shared.server("two")]
        let codes = Mutex<[Int: Int]>([:])
        let endpoints = servers.map(\.endpoint)
        try inParallel(6) { number in
          let client = try Self.session(endpoints[number % 2])
          for turn in 0..<8 {
            let code = try Self.upload(client, "\(number)-\(turn)", pattern(100_000 + 60_000 * turn))
            codes.withLock { $0[code, default: 0] += 1 }
            if turn == 5 { try client.command("DELE \(number)-2", expecting: 250, 550) }
          }
        }
        let seen = codes.withLock { $0 }
        report("48 uploads of 15 MB by two servers into a quota of 12 MB: \(seen)")
        try require(Set(seen.keys) == [226, 552], "\(seen)")
        try shared.requireRightCounts()
        // One is killed in the middle of an upload; it holds something, and its last files are known to nobody.
        let client = try Self.session(servers[0])
        // Some of the uploads above have found no room.
        for number in 0..<6 { try client.command("DELE \(number)-0", expecting: 250, 550) }
        _ = try Self.upload(client, "last", pattern(200_000))
        let data = try client.passive()
        try client.command("STOR cut", expecting: 150)
        try data.send(pattern(100_000))
        servers[0].process.signal(SIGKILL)
        _ = servers[0].process.waitForExit(patience: .seconds(20))
        servers[0] = try shared.server("one")
        try require(try Self.upload(try Self.session(servers[0]), "again", pattern(10_000)) == 226, "after the return")
        try shared.requireRightCounts()
        // To the last byte, by the other one.
        let left = try limit - Self.bytesThere(shared.root)
        let other = try Self.session(servers[1])
        try require(try Self.upload(other, "too-much", pattern(left + 1)) == 552, "one byte too much")
        try require(try Self.upload(other, "full", pattern(left)) == 226, "the last \(left) bytes")
        for server in servers { try server.stop() }
        try shared.requireRightCounts()
      }
    }

    private static func bytesThere(_ root: TemporaryDirectory) throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: root.path).reduce(0) { try $0 + root.read($1).count }
    }

    @Test func postgresDiesAndReturnsDuringLoginsAndUploads() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let shared = try Shared(["quota=1GiB", "upload-per-day=1GiB"])
        let servers = [try shared.server("one"), try shared.server("two")]
        // A session that runs all the while, with an upload under way.
        let running = try Self.session(servers[0])
        let slow = try running.passive()
        try running.command("STOR slow", expecting: 150)
        try slow.send(pattern(500_000))
        let endpoints = servers.map(\.endpoint)
        let logins = Mutex<[Int: Int]>([:])
        let uploads = Mutex<[Int: Int]>([:])
        let done = Atomic<Int>(0)
        let slowest = Mutex<Duration>(.zero)
        try inParallel(19) { number in
          switch number {
          case 18:
            let isUnderWay = Deadline.after(.seconds(60)).until { done.load(ordering: .relaxed) >= 40 }
            try require(isUnderWay, "nothing comes forward")
            shared.database.kill()
            let isAtWork = Deadline.after(.seconds(60)).until { done.load(ordering: .relaxed) >= 130 }
            try require(isAtWork, "logins hang while the database is away")
            try shared.database.start()
          case 8..<18:
            // Ten sessions, five uploads each.
            let client = try Self.session(endpoints[number % 2])
            for turn in 0..<5 {
              var code = 0
              let time = try duration {
                code = try Self.upload(client, "u\(number)-\(turn)", pattern(1_000_000 + number * 1000))
              }
              uploads.withLock { $0[code, default: 0] += 1 }
              slowest.withLock { $0 = max($0, time) }
              done.add(1, ordering: .relaxed)
            }
          default:
            for turn in 0..<25 {
              var code = 0
              let time = try duration { code = try Self.logIn(endpoints[(number + turn) % 2]) }
              logins.withLock { $0[code, default: 0] += 1 }
              slowest.withLock { $0 = max($0, time) }
              done.add(1, ordering: .relaxed)
              // Without a pause all of them would be over before the database is back.
              if code == 421 { poll(nil, 0, 30) }
            }
          }
        }
        let (seenLogins, seenUploads) = (logins.withLock { $0 }, uploads.withLock { $0 })
        report(
          "database killed and restarted: 200 logins \(seenLogins), 50 uploads \(seenUploads), slowest \(slowest.withLock { $0 })"
        )
        try require(Set(seenLogins.keys) == [230, 421], "\(seenLogins)")
        try require(Set(seenUploads.keys).isSubset(of: [226, 452]) && (seenUploads[226] ?? 0) > 0, "\(seenUploads)")
        try require(slowest.withLock { $0 } < .seconds(30), "something took \(slowest.withLock { $0 })")
        let isBack = Deadline.after(.seconds(60)).until { (try? Self.logIn(servers[1].endpoint)) == 230 }
        try require(isBack, "nobody can log in after the database has returned")
        // What ran has noticed nothing.
        try slow.send(pattern(500_000))
        slow.finishSending()
        try running.expect(226)
        try shared.requireRightCounts()
        // Bytes of the day: those of uploads that went well.
        let moved = try Self.bytesThere(shared.root)
        let isCounted = try Deadline.after(.seconds(30)).until {
          try running.command("SITE QUOTA").description.contains(": \(moved) of \(1 << 30) bytes")
        }
        try require(isCounted, "\(try running.command("SITE QUOTA")): \(moved) bytes were uploaded")
        for server in servers { try server.stop() }
        try shared.requireRightCounts()
      }
    }

    /// What a server has counted of its own files counts for the others until somebody says that it will not come back.
    @Test func aServerThatIsGoneForGoodIsForgotten() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let shared = try Shared(["quota=150000"], further: ["quotas.storage=own"])
        let servers = [try shared.server("one"), try shared.server("two")]
        try require(try Self.upload(try Self.session(servers[0]), "a", pattern(100_000)) == 226, "the first file")
        func show() throws -> String { try shared.command("quota", "show") }
        let isCounted = try Deadline.after(.seconds(30)).until { try show().contains("100000 bytes, 1 files") }
        try require(isCounted, "\(try show())")
        func forget(_ name: String) throws -> (exitCode: Int32, output: String, errors: String) {
          let settings = shared.settings("none").flatMap { ["--set", $0] }
          let result = try TestSupport.run(
            [try Server.binary(), "quota", "forget", name] + settings, patience: .seconds(60))
          return (result.exitCode, result.output, result.errors)
        }
        // Neither one that lives nor one that never was.
        for name in ["one", "nobody"] {
          let refused = try forget(name)
          try require(refused.exitCode == 1 && refused.errors.contains("no server \(name) that is gone"), "\(refused)")
        }
        servers[0].process.signal(SIGKILL)
        _ = servers[0].process.waitForExit(patience: .seconds(20))
        // The other one has files of its own: this was never one of them.
        unlink(shared.root.path + "/a")
        // A minute has passed.
        _ = try shared.database.psql("UPDATE weftpd.quota_servers SET alive_until = now() WHERE server = 'one'")
        try require(try show().contains("server one: is gone"), "\(try show())")
        let client = try Self.session(servers[1])
        try require(try Self.upload(client, "b", pattern(100_000)) == 552, "what the dead server has counts")
        let done = try forget("one")
        try require(done.exitCode == 0 && done.output == "one is forgotten.\n", "\(done)")
        try require(try !show().contains("server one"), "\(try show())")
        let hasRoom = try Deadline.after(.seconds(30)).until {
          try Self.upload(client, "b", pattern(100_000)) == 226
        }
        try require(hasRoom, "\(try show())")
        try require(try forget("one").exitCode == 1, "forgotten twice")
        try servers[1].stop()
      }
    }

    @Test func aBanHoldsOnBothServers() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let shared = try Shared([])
        let servers = [try shared.server("one"), try shared.server("two")]
        let sessions = try servers.map { try Self.session($0) }
        let begin = ContinuousClock.now
        _ = try shared.command("ban", "add", "user:alice", "--reason", "test")
        for session in sessions { try session.expect(421) }
        report("sessions on both servers ended \(ContinuousClock.now - begin) after `weftpd ban add` was started")
        try require(try shared.command("ban", "list").contains("user:alice"), "the list")
        // It holds after a restart, too, and without a database.
        try servers[0].stop()
        var options = Server.Options(settings: shared.settings("one"))
        options.user = nil
        options.anonymous = false
        try Server.with(options, root: shared.root) { server in
          for endpoint in [server.endpoint, servers[1].endpoint] {
            let code = Deadline.after(.seconds(60)).until { (try? Self.logIn(endpoint)) == 421 }
            try require(code, "a banned user may log in")
          }
          _ = try shared.command("ban", "remove", "user:alice")
          for endpoint in [server.endpoint, servers[1].endpoint] {
            let isBack = Deadline.after(.seconds(60)).until { (try? Self.logIn(endpoint)) == 230 }
            try require(isBack, "the ban is not lifted")
          }
        }
        try servers[1].stop()
      }
    }
  }
}
