// A YAML table in use: the commands that edit it, and a server that takes its users, groups and changes from it.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct AccountTableTests {
    private static func weftpd(_ arguments: String..., expecting code: Int32 = 0) throws -> String {
      let result = try TestSupport.run([try Server.binary()] + arguments, patience: .seconds(60))
      try require(result.exitCode == code, "\(arguments) ended with \(result.exitCode): \(result.errors)")
      return result.output + result.errors
    }

    private static func text(_ place: TemporaryDirectory, _ name: String) throws -> String {
      String(decoding: try place.read(name), as: UTF8.self)
    }

    @Test func commandsEditATable() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let table = place.path + "/users.yaml"
        _ = try Self.weftpd("group", "add", "staff", "home=\(place.path)/%u", "access=ro", "--table", table)
        let added = try Self.weftpd("user", "add", "alice", "--group", "staff", "--hash", "*", "--table", table)
        try require(added.contains("is not a directory yet"), added)
        let set = try Self.weftpd("user", "set", "alice", "from=192.0.2.1;2001:db8::/32", "--table", table)
        try require(set == "alice: from: not set -> 192.0.2.1;2001:db8::/32\n", set)
        let group = try Self.weftpd("group", "set", "staff", "tls=required", "--table", table)
        try require(group == "staff: tls: not set -> required\n", group)
        let shown = try Self.weftpd("user", "show", "alice", "--table", table)
        for line in [
          "home:    \(place.path)/alice", "groups:  staff", "tls: required (of a group)", "access:  read-only",
        ] {
          try require(shown.contains(line + "\n"), shown)
        }
        let list = try Self.weftpd("group", "list", "--table", table)
        try require(list == "ro  1  staff  \(place.path)/%u\n", list)
        let refused = try Self.weftpd("group", "remove", "staff", "--table", table, expecting: 64)
        try require(refused.contains("has 1 member (alice)"), refused)
        _ = try Self.weftpd("user", "rename", "alice", "bob", "--table", table)
        _ = try Self.weftpd("user", "remove", "bob", "--table", table)
        _ = try Self.weftpd("group", "remove", "staff", "--table", table)
        try place.write("users.yaml", bytes("users:\n  a: {pasword: x}\n"), mode: 0o600)
        let broken = try Self.weftpd("user", "list", "--table", table, expecting: 78)
        try require(broken.contains("users.yaml:2: a: unknown key 'pasword'; did you mean password?"), broken)
      }
    }

    @Test func tablesAreConverted() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let lines = "# ours\n\nalice:*:/srv/alice:rw,sessions=3\n"
        try place.write("users", bytes(lines), mode: 0o600)
        let (old, new) = (place.path + "/users", place.path + "/users.yaml")
        let said = try Self.weftpd("user", "convert", "--table", old, "--to", new)
        try require(said.contains("1 users, 1 lines of comment kept"), said)
        try require(try Self.text(place, "users") == lines, "the old table was changed")
        let expected =
          "# ours\n\nusers:\n  alice:\n    password: '*'\n    home: /srv/alice\n    access: rw\n    sessions: 3\n"
        try require(try Self.text(place, "users.yaml") == expected, try Self.text(place, "users.yaml"))
        _ = try Self.weftpd("user", "convert", "--table", old, expecting: 64)
        _ = try Self.weftpd("user", "convert", "--table", old, "--to", new, expecting: 1)
        _ = try Self.weftpd("user", "convert", "--table", old, "--in-place")
        try require(try Self.text(place, "users") == expected, try Self.text(place, "users"))
      }
    }

    @Test func usersOfOtherServersAreImported() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let dump = """
          {"users": [{"status": 1, "username": "alice", "password": "\(LoginTests.hash)", "home_dir": "/srv/alice",
            "permissions": {"/": ["*"]}, "max_sessions": 2, "groups": [{"name": "staff", "type": 1}],
            "filters": {"denied_ip": ["192.0.2.1/32"]}, "filesystem": {"provider": 0}}],
           "groups": [{"name": "staff", "user_settings": {"quota_size": 1000}}]}
          """
        try place.write("dump.json", bytes(dump))
        let table = place.path + "/users.yaml"
        let said = try Self.weftpd("user", "import", "--from-sftpgo", place.path + "/dump.json", "--table", table)
        try require(said.contains("SFTPGo: 1 added, 0 changed, 0 left as they were, 0 skipped. 1 groups added."), said)
        try require(said.contains("dump.json:1: warning: alice: the list of denied addresses is not taken over"), said)
        try require(try Self.text(place, "users.yaml").contains("  staff:\n    quota: 1000\n"), "no group")
        try place.makeDirectory("vsftpd")
        try place.write("vsftpd/bob", bytes("local_root=/srv/bob\nwrite_enable=YES\n"))
        let vsftpd = try Self.weftpd("user", "import", "--from-vsftpd", place.path + "/vsftpd", "--table", table)
        try require(vsftpd.contains("vsftpd: 1 added"), vsftpd)
        _ = try Self.weftpd("user", "import", "--table", table, expecting: 64)
        _ = try Self.weftpd("user", "import", place.path + "/none", "--table", table, expecting: 1)
      }
    }

    @Test func aServerTakesItsUsersFromYAML() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        for name in ["alice", "bob"] {
          try root.makeDirectory(name, mode: 0o777)
          try root.write("\(name)/mine.txt", bytes(name))
        }
        let table = """
          groups:
            members: {home: \(root.path)/%u, access: rw}
          users:
            alice: {password: "\(LoginTests.hash)", groups: [members]}
            bob: {password: "\(LoginTests.hash)", groups: [members], access: ro}

          """
        try place.write("users.yaml", bytes(table), mode: 0o600)
        var options = Server.Options()
        options.user = nil
        options.arguments = ["--users", place.path + "/users.yaml"]
        try Server.with(options, root: root) { server in
          for name in ["alice", "bob"] {
            let client = try server.client()
            try client.logIn(name, "secret")
            try require(try client.retrieve("RETR mine.txt") == bytes(name), "another home")
            try client.command("MKD made", expecting: name == "alice" ? 257 : 550)
            try client.quit()
          }
          // The group changes, and with it what its member may do on a connection that is open.
          let client = try server.client()
          try client.logIn("alice", "secret")
          _ = try Self.weftpd("group", "set", "members", "access=ro", "--table", place.path + "/users.yaml")
          server.process.signal(SIGHUP)
          let isTakenAway = try Deadline.after(.seconds(60)).until {
            let code = try client.command("MKD other").code
            if code == 257 { try client.command("RMD other") }
            return code == 550
          }
          try require(isTakenAway, "the group's new access does not hold")
        }
      }
    }
  }
}
