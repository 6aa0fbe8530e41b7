// The capability sets of every thread of a daemon started as root, under the settings that ask for them and those that do not.

import Foundation
import TestSupport
import Testing

extension PrivilegeTests {
  @Suite struct CapabilityTests {
    private static let none = "0000000000000000"
    private static let netBindService = "0000000000000400"

    /// Requires of every thread: the user, exactly these capabilities, nothing to come.
    private func requireSets(_ process: pid_t, _ capabilities: String) throws {
      for thread in try ThreadStatus.all(of: process) {
        try require(thread["CapPrm"] == capabilities, "permitted: \(thread)")
        try require(thread["CapEff"] == capabilities, "effective: \(thread)")
        for set in ["CapInh", "CapBnd", "CapAmb"] { try require(thread[set] == Self.none, "\(set): \(thread)") }
        try require(thread["NoNewPrivs"] == "1", "no-new-privileges: \(thread)")
        let id = String(PrivilegeTests.somebodyID)
        try require(thread["Uid"] == "\(id) \(id) \(id) \(id)", "user: \(thread)")
        try require(thread["Gid"] == "\(id) \(id) \(id) \(id)", "group: \(thread)")
        try require(thread["Groups"] == id, "supplementary groups: \(thread)")
      }
    }

    @Test func virtualUsersOnHighPortsNeedNothing() async throws {
      try await Blocking.run {
        try Server.with(PrivilegeTests.options(), root: try PrivilegeTests.root()) { server in
          // A whole session, so that the threads that come with one are there too.
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          try client.store("STOR file", bytes("mine"))
          try require(try client.retrieve("RETR file") == bytes("mine"), "the file is not what was stored")
          try requireSets(server.process.id, Self.none)
          try require(try ThreadStatus.all(of: server.process.id).count > 2, "there should be more threads to look at")
          var information = stat()
          stat(server.root.path + "/file", &information)
          try require(information.st_uid == PrivilegeTests.somebodyID, "the file belongs to \(information.st_uid)")
        }
      }
    }

    @Test func aPortBelow1024KeepsOneCapability() async throws {
      try await Blocking.run {
        // A network of its own, in which port 21 is free; the address needs no interface that is up.
        let root = try PrivilegeTests.root()
        let server = try ChildProcess(
          [
            "unshare", "--net", try Server.binary(), "serve", root.path, "--anonymous", "--listen", "0.0.0.0:21",
            "--set", "server.user=\(PrivilegeTests.somebody)",
          ], environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"])
        let lines = try server.waitForLines(1, patience: .seconds(20))
        try require(lines == ["weftpd: listening on 0.0.0.0:21"], "\(lines)")
        try requireSets(server.id, Self.netBindService)
        server.signal(SIGTERM)
        try require(server.waitForExit(patience: .seconds(20)) == 0, server.errorText)
      }
    }

    @Test func activeModeFromALowPortKeepsOneCapabilityAndUsesIt() async throws {
      try await Blocking.run {
        // Not 20: the servers of others that other tests run connect from there.
        let port = UInt16.random(in: 700..<900)
        let options = PrivilegeTests.options(["active.source-port=\(port)"])
        try Server.with(options, root: try PrivilegeTests.root()) { server in
          try requireSets(server.process.id, Self.netBindService)
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          // Twice: the second finds the port in use by what is left of the first.
          for name in ["one", "two"] {
            let listener = try Listener()
            try client.command("PORT \(listener.portArgument)", expecting: 200)
            try client.command("STOR \(name)", expecting: 150)
            let data = try listener.accept()
            try require(
              Endpoint.peer(of: data.descriptor)?.port == port,
              "from \(String(describing: Endpoint.peer(of: data.descriptor)))")
            try data.send(bytes(name))
            data.close()
            try client.expect(226)
          }
        }
      }
    }

    @Test func whatSystemdGivesIsCutDownToThePlan() async throws {
      try await Blocking.run {
        let root = try PrivilegeTests.root()
        // An ordinary user with two ambient capabilities, of which the settings ask for one.
        let server = try ChildProcess(
          [
            "setpriv", "--reuid", PrivilegeTests.somebody, "--regid", String(PrivilegeTests.somebodyID),
            "--clear-groups",
            "--inh-caps", "+net_bind_service,+chown", "--ambient-caps", "+net_bind_service,+chown",
            "--bounding-set", "-all,+net_bind_service,+chown", "--",
            try Server.binary(), "serve", root.path, "--anonymous", "--listen", "127.0.0.1:0",
            "--set", "active.source-port=20",
          ], environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"])
        _ = try server.waitForLines(1, patience: .seconds(20))
        for thread in try ThreadStatus.all(of: server.id) {
          try require(thread["CapPrm"] == Self.netBindService, "\(thread)")
          try require(thread["CapEff"] == Self.netBindService, "\(thread)")
          try require(thread["CapAmb"] == Self.none && thread["CapInh"] == Self.none, "\(thread)")
          try require(thread["NoNewPrivs"] == "1", "\(thread)")
        }
        server.signal(SIGTERM)
        try require(server.waitForExit(patience: .seconds(20)) == 0, server.errorText)
      }
    }

    @Test func rootIsRefusedUnlessAllowed() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        let words = [try Server.binary(), "serve", root.path, "--anonymous", "--listen", "127.0.0.1:0"]
        let refused = try run(words, environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"], patience: .seconds(20))
        try require(refused.exitCode == 78, "ended with \(refused.exitCode): \(refused.errors)")
        for word in ["server.user", "server.allow-root", "root"] {
          try require(refused.errors.contains(word), "'\(word)' is missing in: \(refused.errors)")
        }
        var allowed = Server.Options()
        allowed.environment["WEFTPD_SERVER_ALLOW_ROOT"] = "true"
        try Server.with(allowed) { server in
          let own = try ThreadStatus(path: "/proc/self/status")
          for thread in try ThreadStatus.all(of: server.process.id) {
            try require(thread["CapEff"] == own["CapEff"], "\(thread)")
          }
        }
      }
    }

    @Test func checkTellsWhatIsKeptAndWhy() async throws {
      try await Blocking.run {
        func check(_ settings: String...) throws -> String {
          let arguments = settings.flatMap { ["--set", $0] }
          let result = try run(
            [try Server.binary(), "check", "--privileges", "--set", "server.user=\(PrivilegeTests.somebody)"]
              + arguments,
            environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"], patience: .seconds(20))
          try require(result.exitCode == 0, "ended with \(result.exitCode): \(result.errors)")
          return result.output
        }
        let plain = try check()
        try require(plain.contains("user: nobody, uid 65534, gid 65534"), plain)
        try require(plain.contains("capabilities: none"), plain)
        let ports = try check("listen=*:21", "active.source-port=20")
        try require(ports.contains("CAP_NET_BIND_SERVICE (listen: port 21)"), ports)
        try require(ports.contains("CAP_NET_BIND_SERVICE (active.source-port: port 20)"), ports)
      }
    }
  }
}
