// Users of the system with real passwords through pam_unix: what they may is what the kernel lets their uid and groups do.

import Accounts
import Foundation
import TestSupport
import Testing

extension PrivilegeTests {
  /// pam_unix is there, and a copy of /etc can be put in the place of the real one for one process.
  static let hasPAM: Bool = {
    geteuid() == 0 && isInstalled("unshare") && access("/etc/pam.d/common-auth", F_OK) == 0
  }()

  @Suite(.enabled(if: PrivilegeTests.hasPAM, "needs root, unshare, and PAM as Debian sets it up")) struct LocalUserTests
  {
    /// A system of made-up users: a copy of /etc, seen by one server only, and homes of their own.
    private struct System {
      let etc: TemporaryDirectory
      let homes: TemporaryDirectory

      static let users: [(name: String, id: UInt32, groups: [String], shell: String)] = [
        ("carol", 61_001, ["team"], "/bin/sh"), ("dave", 61_002, ["team"], "/bin/sh"), ("erin", 61_003, [], "/bin/sh"),
        ("sysuser", 501, [], "/bin/sh"), ("noshell", 61_004, [], "/usr/sbin/nologin"),
        ("banned", 61_005, [], "/bin/sh"),
      ]
      static let team: UInt32 = 61_100

      init() throws {
        etc = try TemporaryDirectory()
        homes = try TemporaryDirectory()
        let hash = try PasswordHash.make(bytes(Server.password))
        var passwd = ""
        var group = "team:x:\(Self.team):"
        var shadow = ""
        group += Self.users.filter { $0.groups.contains("team") }.map(\.name).joined(separator: ",") + "\n"
        for user in Self.users {
          let home = homes.path + "/" + user.name
          passwd += "\(user.name):x:\(user.id):\(user.id)::\(home):\(user.shell)\n"
          group += "\(user.name):x:\(user.id):\n"
          shadow += "\(user.name):\(hash):19000:0:99999:7:::\n"
          try homes.makeDirectory(user.name, mode: 0o700)
          chown(home, user.id, user.id)
        }
        // Beside the homes: a directory of the team's, one of nobody's but carol's.
        try homes.makeDirectory("carol/shared", mode: 0o770)
        try require(run(["cp", "-a", "/etc", etc.path + "/etc"]).exitCode == 0, "cp -a /etc")
        let copy = etc.path + "/etc"
        func append(_ file: String, _ text: String) throws {
          try writeFile(Array((copy + file).utf8), try readFile(copy + file) + bytes(text), mode: 0o644)
        }
        try append("/passwd", passwd)
        try append("/group", group)
        let secrets = latin1(try readFile(copy + "/shadow")).split(separator: "\n").map { line in
          line.hasPrefix("root:") ? "root:\(hash):19000:0:99999:7:::" : String(line)
        }
        try writeFile(
          Array((copy + "/shadow").utf8), bytes(secrets.joined(separator: "\n") + "\n" + shadow), mode: 0o600)
        try writeFile(Array((copy + "/ftpusers").utf8), bytes("# not these\nbanned\n"))
        try writeFile(
          Array((copy + "/pam.d/weftpd").utf8), bytes("@include common-auth\n@include common-account\n"))
      }

      /// A file or directory beneath the homes, as the kernel sees it.
      func status(_ name: String) throws -> stat {
        var information = stat()
        try require(lstat(homes.path + "/" + name, &information) == 0, "\(name): \(Connection.text(errno))")
        return information
      }

      func make(_ name: String, owner: UInt32, group: UInt32, mode: mode_t) throws {
        try homes.write(name, bytes("content of \(name)"), mode: mode)
        chown(homes.path + "/" + name, owner, group)
        chmod(homes.path + "/" + name, mode)
      }
    }

    private func withServer(
      _ settings: [String] = [], _ body: (System, ChildProcess, Endpoint) throws -> Void
    ) throws {
      let system = try System()
      let all = [
        "server.user=\(PrivilegeTests.somebody)", "accounts.local=true", "accounts.local-homes=\(system.homes.path)",
        "server.landlock=automatic", "accounts.attempts=20",
      ]
      let words = (all + settings).flatMap { ["--set", $0] }
      let binary = try Server.binary()
      let server = try ChildProcess(
        [
          "unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", system.etc.path + "/etc", binary,
          "serve", "--listen", "127.0.0.1:0",
        ] + words, environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"])
      let line = try server.waitForLines(1, patience: .seconds(20))[0]
      guard let endpoint = Endpoint(text: String(line.dropFirst("weftpd: listening on ".count))) else {
        throw TestFailure("no address in '\(line)'")
      }
      do { try body(system, server, endpoint) } catch {
        throw TestFailure("\(error)\n\(server.errorText.suffix(2500))")
      }
      server.signal(SIGTERM)
      try require(server.waitForExit(patience: .seconds(40)) == 0, server.errorText)
    }

    private func session(_ endpoint: Endpoint, _ user: String) throws -> FTPClient {
      let client = FTPClient(try Connection(to: endpoint))
      try client.expect(220)
      try client.logIn(user)
      try client.command("TYPE I", expecting: 200)
      return client
    }

    @Test func everyThreadHasTheTwoCapabilitiesAndNoMore() async throws {
      try await Blocking.run {
        try withServer { _, server, endpoint in
          let client = try session(endpoint, "carol")
          try client.store("STOR file", bytes("x"))
          for thread in try ThreadStatus.all(of: server.id) {
            try require(thread["CapPrm"] == "00000000000000c0" && thread["CapEff"] == "00000000000000c0", "\(thread)")
            for set in ["CapInh", "CapBnd", "CapAmb"] {
              try require(thread[set] == "0000000000000000", "\(set): \(thread)")
            }
            // The fourth number is the file-system id: no thread kept carol's.
            let id = String(PrivilegeTests.somebodyID)
            try require(
              thread["Uid"] == "\(id) \(id) \(id) \(id)" && thread["Gid"] == "\(id) \(id) \(id) \(id)", "\(thread)")
            try require(thread["Groups"] == id && thread["NoNewPrivs"] == "1", "\(thread)")
          }
        }
      }
    }

    @Test func filesBelongToTheUserAndTheKernelDecides() async throws {
      try await Blocking.run {
        try withServer { system, _, endpoint in
          // In carol's home: hers, the team's, and a stranger's.
          try system.make("carol/team", owner: 61_002, group: System.team, mode: 0o640)
          try system.make("carol/team-may-write", owner: 61_002, group: System.team, mode: 0o660)
          try system.make("carol/strangers", owner: 61_003, group: 61_003, mode: 0o600)
          try system.make(
            "carol/servers", owner: PrivilegeTests.somebodyID, group: PrivilegeTests.somebodyID, mode: 0o600)
          let carol = try session(endpoint, "carol")
          // Made: hers, with her group.
          try carol.store("STOR mine", bytes("mine"))
          try carol.command("MKD folder", expecting: 257)
          for name in ["carol/mine", "carol/folder"] {
            let status = try system.status(name)
            try require(
              status.st_uid == 61_001 && status.st_gid == 61_001, "\(name): \(status.st_uid):\(status.st_gid)")
          }
          try require(try carol.retrieve("RETR mine") == bytes("mine"), "her own file")
          // By her group: read where the group may read, written where it may write.
          try require(try carol.retrieve("RETR team") == bytes("content of carol/team"), "the team's file")
          try carol.store("STOR team-may-write", bytes("by carol"))
          // It is a new file, which takes the group and the mode along; to give a file away is not hers.
          let shared = try system.status("carol/team-may-write")
          try require(
            shared.st_uid == 61_001 && shared.st_gid == System.team && shared.st_mode & 0o777 == 0o660,
            "\(shared.st_uid):\(shared.st_gid) \(shared.st_mode)")
          // Neither hers nor her group's, nor what the daemon itself could open.
          for name in ["strangers", "servers"] {
            _ = try carol.passive()
            try carol.command("RETR \(name)", expecting: 550)
          }
          // Her listing is of a home that is closed to the daemon, and tells of her rights.
          let listing = latin1(try carol.retrieve("LIST"))
          try require(listing.contains("mine") && listing.contains("strangers"), listing)
          let facts = latin1(try carol.retrieve("MLSD"))
          let strangers = facts.split(separator: "\r\n").first { $0.hasSuffix(" strangers") } ?? ""
          try require(!strangers.lowercased().contains("perm=r"), String(strangers))
          try carol.command("SITE CHMOD 600 mine", expecting: 200)
          try carol.command("SITE CHMOD 666 strangers", expecting: 550)
          try carol.command("RNFR mine", expecting: 350)
          try carol.command("RNTO folder/mine", expecting: 250)
          try carol.command("DELE folder/mine", expecting: 250)
          // At the same time on other sessions: each has the user's own rights.
          let erin = try session(endpoint, "erin")
          try erin.store("STOR mine", bytes("erin's"))
          try require(try system.status("erin/mine").st_uid == 61_003, "erin's file")
          try carol.store("STOR again", bytes("c"))
          try require(try system.status("carol/again").st_uid == 61_001, "carol's second file")
        }
      }
    }

    @Test func twoUsersAtOnceKeepTheirOwnRights() async throws {
      try await Blocking.run {
        try withServer { system, _, endpoint in
          try inParallel(6) { index in
            let user = index % 2 == 0 ? "carol" : "erin"
            let client = try session(endpoint, user)
            for round in 0..<40 {
              try client.command("MKD d\(index)-\(round)", expecting: 257)
              try client.command("SIZE nothing", expecting: 550)
            }
          }
          for (user, id) in [("carol", UInt32(61_001)), ("erin", 61_003)] {
            let names = try system.homes.names(in: user).filter { $0.hasPrefix("d") }
            try require(names.count == 120, "\(user) has \(names.count) directories")
            for name in names { try require(try system.status("\(user)/\(name)").st_uid == id, "\(user)/\(name)") }
          }
        }
      }
    }

    @Test func whoMayNotIsRefusedLikeAWrongPassword() async throws {
      try await Blocking.run {
        try withServer { _, _, endpoint in
          var replies: Set<String> = []
          for (user, password) in [
            ("carol", "wrong"), ("nosuch", Server.password), ("root", Server.password), ("root", "wrong"),
            ("sysuser", Server.password), ("noshell", Server.password), ("banned", Server.password),
          ] {
            // The first failure of an address is answered without its delay: from an address of its own for each.
            let client = FTPClient(try Connection(to: endpoint, from: "127.0.7.\(replies.count + 10 + user.count)"))
            try client.expect(220)
            try client.command("USER \(user)", expecting: 331)
            var reply: FTPReply?
            let took = try ContinuousClock().measure { reply = try client.command("PASS \(password)") }
            replies.insert(reply?.text ?? "")
            try require(reply?.code == 530, "\(user): \(String(describing: reply))")
            // All of them after the same time, not after that of whatever was done.
            try require(took >= .milliseconds(990), "\(user) with '\(password)' was refused after \(took)")
          }
          try require(replies.count == 1, "\(replies)")
          _ = try session(endpoint, "carol")
        }
      }
    }

    /// The weftpd-authd that a server has started.
    private func helper(of server: ChildProcess) throws -> pid_t {
      let children = latin1(try readFile("/proc/\(server.id)/task/\(server.id)/children"))
      let found = children.split(separator: " ").compactMap { pid_t($0) }
      try require(found.count == 1, "children: '\(children)'")
      return found[0]
    }

    @Test func whenItsHelperHasEndedTheOperatorIsTold() async throws {
      try await Blocking.run {
        let files = try PrivilegeTests.root()
        try withServer(["accounts.anonymous=true", "accounts.root=\(files.path)"]) { system, server, endpoint in
          let carol = try session(endpoint, "carol")
          kill(try helper(of: server), SIGKILL)
          // Once by whoever finds it out, once by whoever comes later.
          for index in 0..<2 {
            let client = FTPClient(try Connection(to: endpoint, from: "127.0.8.\(index + 1)"))
            try client.expect(220)
            try client.command("USER carol", expecting: 331)
            try client.command("PASS \(Server.password)", expecting: 421)
            try require(try client.nextReply() == nil, "the session goes on after 421")
          }
          try waitForLog(server, "weftpd-authd has ended")
          try waitForLog(server, "until weftpd is restarted")
          // Who is in stays in, with the user's rights; others are served as ever.
          try carol.store("STOR later", bytes("x"))
          try require(try system.status("carol/later").st_uid == 61_001, "the file is not carol's")
          _ = try session(endpoint, "anonymous")
        }
      }
    }

    @Test func withoutItsHelperNobodyIsLetIn() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        // systemd would listen there; nobody does.
        try withServer(["accounts.authd-socket=\(place.path)/none.sock"]) { _, server, endpoint in
          let client = FTPClient(try Connection(to: endpoint))
          try client.expect(220)
          try client.command("USER carol", expecting: 331)
          try client.command("PASS \(Server.password)", expecting: 421)
          try waitForLog(server, "weftpd-authd does not answer")
        }
      }
    }
  }
}
