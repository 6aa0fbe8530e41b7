// Bans in a running daemon: what leads to one, who is sent away, what outlives a restart, and what nft(8) makes of the export.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct BanTests {
    /// A place for the file of bans, and a server that keeps it.
    private struct Setup {
      let place = try? TemporaryDirectory()
      var file: String { (place?.path ?? "") + "/bans" }

      func options(_ settings: String...) -> Server.Options {
        Server.Options(settings: ["bans.file=\(file)"] + settings)
      }

      @discardableResult
      func ban(_ arguments: String..., expecting code: Int32 = 0) throws -> String {
        let result = try TestSupport.run([try Server.binary(), "ban"] + arguments + ["--file", file])
        try require(result.exitCode == code, "\(arguments) ended with \(result.exitCode): \(result.errors)")
        return result.output + result.errors
      }
    }

    private static func guess(_ server: Server, from source: String, user: String = "alice", times: Int) throws {
      for _ in 0..<times {
        let client = try server.client(from: source)
        try client.command("USER \(user)", expecting: 331)
        try client.command("PASS wrong", expecting: 530)
      }
    }

    private static func requireTurnedAway(_ server: Server, from source: String) throws {
      let client = FTPClient(try Connection(to: server.endpoint, from: source, patience: .seconds(60)))
      try client.expect(421, after: "a connection from \(source)")
      try require(try client.control.isClosedByPeer(), "the connection goes on after 421")
    }

    /// `weftpd explain` knows of bans, and where in the table a rule stands that a user has of a group.
    @Test func anExplanationKnowsOfBans() async throws {
      try await Blocking.run {
        let setup = Setup()
        let root = try TemporaryDirectory()
        let table = try root.write(
          "users.yaml",
          """
          groups:
            staff:
              access: rw
              permissions: ["/in=list"]
          users:
            alice: {password: "*", home: \(root.path), groups: [staff], enabled: yes}
          """, mode: 0o600)
        func explain(_ words: String...) throws -> (code: Int32, output: String) {
          let result = try TestSupport.run(
            [try Server.binary(), "explain", "--users", table, "--set", "bans.file=\(setup.file)"] + words)
          return (result.exitCode, result.output)
        }
        let before = try explain("--user", "alice", "--from", "192.0.2.7", "STOR", "/in/a")
        try require(before.output.contains("rule 1 of permissions (of the group staff, line 2), /in=list"), "\(before)")
        try require(!before.output.contains("banned"), "\(before)")
        try setup.ban("add", "192.0.2.0/24", "user:alice", "--reason", "too many")
        let after = try explain("--user", "alice", "--from", "192.0.2.7", "STOR", "/a")
        try require(after.code == 1, "\(after)")
        try require(after.output.contains("192.0.2.0/24 is banned until it is removed: too many."), "\(after)")
        try require(after.output.contains("Remove the ban: weftpd ban remove user:alice."), "\(after)")
        try setup.ban("remove", "user:alice")
        let elsewhere = try explain("--user", "alice", "--from", "198.51.100.7", "STOR", "/a")
        try require(!elsewhere.output.contains("banned"), "\(elsewhere)")
      }
    }

    @Test func failedLoginsBanAnAddressAndOutliveAKill() async throws {
      try await Blocking.run {
        let setup = Setup()
        let root = try TemporaryDirectory()
        let settings = setup.options("bans.failures=3", "bans.allow=127.0.0.8")
        let server = try Server(settings, root: root)
        // Somebody from there who has logged in already.
        let inside = try server.client(from: "127.0.0.9")
        try inside.logIn("alice")
        try Self.guess(server, from: "127.0.0.9", times: 3)
        try inside.expect(421, after: "the ban")
        try require(try inside.control.isClosedByPeer(), "the session goes on after 421")
        try Self.requireTurnedAway(server, from: "127.0.0.9")
        // Neighbours, and the allowed, are not concerned.
        try server.client(from: "127.0.0.10").logIn("alice")
        try Self.guess(server, from: "127.0.0.8", times: 5)
        try server.client(from: "127.0.0.8").logIn("alice")
        let isListed = Deadline.after(.seconds(60)).until { (try? setup.ban("list").contains("127.0.0.9")) ?? false }
        try require(isListed, "the ban is not in the file")
        let line = try setup.ban("list")
        try require(line.contains("automatic  3 failed logins"), line)
        server.process.signal(SIGKILL)
        _ = server.process.waitForExit(patience: .seconds(60))

        try Server.with(settings, root: root) { server in
          try Self.requireTurnedAway(server, from: "127.0.0.9")
          try setup.ban("remove", "127.0.0.9")
          let isLifted = Deadline.after(.seconds(60)).until { (try? server.client(from: "127.0.0.9")) != nil }
          try require(isLifted, "the ban holds although it was lifted")
        }
      }
    }

    @Test func aBanByHandEndsTransfersWithinASecond() async throws {
      try await Blocking.run {
        let setup = Setup()
        try Server.with(setup.options("bans.failures=0")) { server in
          try server.root.makeSparse("large", size: 64 << 20)
          let (client, data) = try stalledTransfer(server, "large")
          let clock = ContinuousClock()
          let start = clock.now
          try setup.ban("add", "127.0.0.0/24", "--for", "1h", "--reason", "a test")
          try client.expect(426, after: "the ban")
          try client.expect(421, after: "the ban")
          report("a transfer ended \(start.duration(to: clock.now).milliseconds) ms after `weftpd ban add` was started")
          data.close()
          try Self.requireTurnedAway(server, from: "127.0.0.9")
          try waitForLog(server.process, "banned 127.0.0.0/24 until")
          // Only this very subject is one.
          try setup.ban("remove", "127.0.0.1", expecting: 1)
          try setup.ban("remove", "127.0.0.0/24")
          try waitForLog(server.process, "lifted the ban of 127.0.0.0/24")
          try server.session().quit()
        }
      }
    }

    @Test func floodsBan() async throws {
      try await Blocking.run {
        let setup = Setup()
        try Server.with(setup.options("bans.unknown-commands=10", "bans.connections=20", "bans.duration=1h")) {
          server in
          let client = try server.client(from: "127.0.0.21")
          for _ in 0..<10 { try client.send("XYZZY") }
          for _ in 0..<10 { try client.expect(500, 421) }
          try Self.requireTurnedAway(server, from: "127.0.0.21")
          for _ in 0..<20 { _ = try server.client(from: "127.0.0.22") }
          try Self.requireTurnedAway(server, from: "127.0.0.22")
          try server.client(from: "127.0.0.23").logIn()
          try waitForLog(server.process, "127.0.0.21 until")
          try waitForLog(server.process, "20 connections")
        }
      }
    }

    @Test func aUserIsBannedAndLetInAgain() async throws {
      try await Blocking.run {
        let setup = Setup()
        try Server.with(setup.options("bans.user-failures=3")) { server in
          let inside = try server.client(from: "127.0.0.31")
          try inside.logIn("alice")
          for last in 32...34 { try Self.guess(server, from: "127.0.0.\(last)", times: 1) }
          // Who is logged in under that name may be the one who guessed it.
          try inside.expect(421, after: "the ban of the user")
          let next = try server.client(from: "127.0.0.35")
          try next.command("USER alice", expecting: 331)
          try next.command("PASS \(Server.password)", expecting: 421)
          try server.client(from: "127.0.0.35").logIn("anonymous")
          try require(
            Deadline.after(.seconds(60)).until { (try? setup.ban("list").contains("user:alice")) ?? false },
            "the user is not in the file")
          try setup.ban("remove", "user:alice")
          try waitForLog(server.process, "lifted the ban of user:alice")
          try server.client(from: "127.0.0.35").logIn("alice")
        }
      }
    }

    @Test func aReloadChangesTheLimits() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let config = try place.write("weftpd.yaml", "log: {level: info}\n")
        var options = Server.Options()
        options.arguments = ["--config", config]
        try Server.with(options) { server in
          try Self.guess(server, from: "127.0.0.41", times: 4)
          _ = try server.client(from: "127.0.0.41")
          try place.write("weftpd.yaml", "bans: {failures: 2}\n")
          server.process.signal(SIGHUP)
          try waitForLog(server.process, "reloaded:")
          try Self.guess(server, from: "127.0.0.41", times: 2)
          try Self.requireTurnedAway(server, from: "127.0.0.41")
        }
      }
    }

    @Test func aBrokenFileOfBansRefusesTheStart() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let file = try place.write("bans", "192.0.2.1 nonsense\n")
        let result = try TestSupport.run(
          [try Server.binary(), "check", "--set", "bans.file=\(file)", "--anonymous", place.path])
        try require(result.exitCode == 1 && (result.output + result.errors).contains("bans:1: is no ban"), "\(result)")
      }
    }

    @Test(.enabled(if: geteuid() == 0 && isInstalled("nft") && isInstalled("unshare"), "needs root, nft and unshare"))
    func nftTakesTheExport() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let export = place.path + "/nft"
        let setup = Setup()
        try Server.with(setup.options("bans.nftables=\(export)", "bans.allow=127.0.0.77,::1")) { server in
          // One within another, both families, ends and none, and a user, who is no matter of the kernel.
          try setup.ban("add", "127.0.0.50", "127.0.0.64/26", "2001:db8::/64", "--for", "2h")
          try setup.ban("add", "127.0.0.65", "127.0.0.51", "2001:db8::1", "user:alice")
          try require(
            Deadline.after(.seconds(60)).until {
              (try? String(decoding: place.read("nft"), as: UTF8.self).contains("127.0.0.51")) ?? false
            }, "the export does not follow")
          let script = """
            set -e
            ip link set lo up
            nft -f \(export)
            nft -f \(export)
            nft 'add chain inet weftpd input { type filter hook input priority 0; }'
            nft add rule inet weftpd input ip saddr @banned4 ip saddr != @allowed4 drop
            nft list table inet weftpd
            python3 - <<'END'
            import socket
            server = socket.create_server(("127.0.0.1", 0))
            def reaches(source):
                with socket.socket() as client:
                    client.settimeout(1)
                    client.bind((source, 0))
                    try:
                        client.connect(server.getsockname())
                        return True
                    except TimeoutError:
                        return False
            for source, wanted in [("127.0.0.49", True), ("127.0.0.50", False), ("127.0.0.51", False), ("127.0.0.65", False),
                                   ("127.0.0.127", False), ("127.0.0.77", True), ("127.0.0.128", True)]:
                assert reaches(source) == wanted, source
            END
            """
          let result = try TestSupport.run(["unshare", "-n", "sh", "-c", script])
          try require(result.exitCode == 0, "\(result.output)\n\(result.errors)")
          try require(result.output.contains("2001:db8::/64 timeout"), result.output)
          let printed = try setup.ban("export")
          try require(printed.contains("add element inet weftpd banned4"), printed)
        }
      }
    }
  }
}
