// What the server tells of paths: STAT, the log in both forms, findings at start, `weftpd check`, strangers at a data port.

import LinuxSystem
import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct ReportingTests {
    private static let size = 12 << 20

    @Test func statShowsThePathsOfTheSessionAndOfATransfer() async throws {
      try await Blocking.run(slots: 2) {
        let lab = try NetworkLab(rate: "100mbit")
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: Self.size)
          let client = try LabClient(lab.client, server)
          try client.waitForPaths(2)
          let session = try client.ftp.command("STAT", expecting: 211).description
          try require(session.contains("Multipath TCP") && session.contains("2 paths"), session)
          let remotes = Set(ReportedPath.all(in: session).map(\.remote))
          try require(remotes == [NetworkLab.clientAddress(1), NetworkLab.clientAddress(2)], session)
          var during: FTPReply?
          _ = try client.download("down", size: Self.size) { moved, _ in
            if during == nil, moved > Self.size / 2 { during = try client.ftp.command("STAT", expecting: 213) }
          }
          let text = during?.description ?? ""
          let paths = ReportedPath.all(in: text)
          try require(paths.count == 2 && paths.allSatisfy { $0.bytes > 1e6 }, text)
          let plain = try LabClient(lab.client, server, policy: .off)
          let other = try plain.ftp.command("STAT", expecting: 211).description
          try require(other.contains("TCP") && !other.contains("Multipath TCP"), other)
        }
      }
    }

    /// What a path carried is known once the client has it all: the log line must not be short of what was in flight.
    @Test func theLogTellsWhatEachPathCarried() async throws {
      try await Blocking.run(slots: 2) {
        let lab = try NetworkLab(rate: "100mbit")
        try LabServer.with(in: lab.server) { server in
          let size = 4 << 20
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server)
          _ = try client.download("down", size: size)
          _ = try client.upload("up", size: size)
          for (name, least) in [("/up", 0.94), ("/down", 0.94)] {
            let logged = try server.transfer(name)
            let sum = logged.paths.map(\.bytes).reduce(0, +)
            try require(sum > Double(size) * least, "the paths carried \(sum) of \(size) bytes: \(logged)")
          }
        }
      }
    }

    @Test func theTextLogHasAFieldPaths() async throws {
      try await Blocking.run {
        let lab = try NetworkLab(rate: "1gbit")
        let server = try LabServer(in: lab.server, format: "text")
        let client = try LabClient(lab.client, server)
        _ = try client.upload("up", size: 100_000)
        try server.requireLogged("verb=STOR")
        let line = server.log.split(separator: "\n").first { $0.contains("verb=STOR") } ?? ""
        try require(line.contains(" paths=\"") && line.contains("mptcp") && line.contains("10.77.1.1"), "\(line)")
        try server.stop()
      }
    }

    @Test func findingsAreLoggedOnceAndCanBeSilenced() async throws {
      try await Blocking.run {
        let lab = try NetworkLab(rate: "1gbit")
        try LabServer.with(in: lab.server) { server in
          _ = try LabClient(lab.client, server)
          _ = try LabClient(lab.client, server)
          let lines = server.log.split(separator: "\n").filter { $0.contains("sysctl -w net.mptcp.checksum_enabled=1") }
          try require(lines.count == 1, "\(lines.count) warnings of the checksum: \(server.log)")
          try require(lines[0].contains("warning"), "\(lines)")
          let told = lines[0].firstRange(of: "multipath: ").map { lines[0][$0.lowerBound...] } ?? ""
          try require(!told.isEmpty && told.count <= 200 && told.contains("docs/multipath.md"), "\(lines)")
        }
        try LabServer.with(in: lab.server, settings: ["mptcp.warnings=off"]) { server in
          _ = try LabClient(lab.client, server)
          try require(!server.log.contains("checksum_enabled"), server.log)
        }
        try lab.server.set(["net.mptcp.checksum_enabled": 1])
        try LabServer.with(in: lab.server) { server in
          try require(!server.log.contains("checksum_enabled"), server.log)
        }
      }
    }

    @Test func checkPrintsFindingsAndShowsAConnection() async throws {
      try await Blocking.run {
        let lab = try NetworkLab(rate: "1gbit")
        try LabServer.with(in: lab.server) { server in
          let check = [try Server.binary(), "check"]
          let findings = try run(lab.server.command(check + ["/tmp", "--anonymous", "--listen", "127.0.0.1:0"]))
          try require(findings.exitCode == 0, "check ended with \(findings.exitCode): \(findings.errors)")
          let said = findings.output + findings.errors
          try require(said.contains("sysctl -w net.mptcp.checksum_enabled=1"), said)
          let target = "\(NetworkLab.serverAddress(1)):\(server.port)"
          let shown = try run(lab.client.command(check + ["--connection", target]))
          try require(shown.exitCode == 0, "\(shown.errors)")
          try require(shown.output.contains("multipath") && ReportedPath.all(in: shown.output).count == 2, shown.output)
          try lab.client.set(["net.mptcp.enabled": 0])
          let plain = try run(lab.client.command(check + ["--connection", target]))
          try require((plain.output + plain.errors).contains("net.mptcp.enabled"), plain.output + plain.errors)
        }
      }
    }

    /// What needs no privilege is read by nobody too: a server that has dropped root still tells.
    @Test(.enabled(if: isInstalled("setpriv"), "setpriv is not installed")) func nobodyCanReadAllOfIt() async throws {
      try await Blocking.run {
        let lab = try NetworkLab(rate: "1gbit")
        let place = try TemporaryDirectory()
        let binary = place.path + "/weftpd"
        try shell("chmod 755 \(place.path); cp --reflink=auto \(try Server.binary()) \(binary)")
        try lab.server.shell("ip mptcp endpoint add 10.77.2.2 dev s2 signal backup")
        try LabServer.with(in: lab.server) { server in
          let words = [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", binary, "check",
          ]
          let findings = try run(lab.server.command(words))
          // The endpoint is known from netlink, the setting from sysctl.
          for part in ["10.77.2.2", "backup", "checksum_enabled"] {
            try require(findings.errors.contains(part), "\(part) is missing: \(findings.errors)")
          }
          let target = "\(NetworkLab.serverAddress(1)):\(server.port)"
          // A busy machine may need longer for the second path than `check` waits for it.
          var shown = try run(lab.client.command(words + ["--connection", target]))
          for _ in 0..<5 where ReportedPath.all(in: shown.output).count < 2 {
            shown = try run(lab.client.command(words + ["--connection", target]))
          }
          try require(ReportedPath.all(in: shown.output).count >= 2, shown.output + shown.errors)
        }
      }
    }

    /// Connections to the port of a running transfer are closed and counted, and keep no path out.
    @Test func strangersAtTheDataPortAreClosed() async throws {
      try await Blocking.run(slots: 2) {
        let lab = try NetworkLab(rate: "100mbit", endpoint: nil)
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: Self.size)
          let client = try LabClient(lab.client, server)
          var strangers: [Connection] = []
          _ = try client.download("down", size: Self.size) { moved, data in
            guard strangers.isEmpty, moved > 1 << 20 else { return }
            let port = try Socket.peerAddress(data.descriptor).port
            let target = Endpoint(NetworkLab.serverAddress(1), port)
            for _ in 0..<200 {
              strangers.append(
                try LabClient.connect(in: lab.client, to: target, from: NetworkLab.stranger, policy: .off))
            }
            try lab.addPath()
          }
          for stranger in strangers { try require(try stranger.isClosedByPeer(), "a stranger was served") }
          try server.requireLogged("to the port of a running transfer")
          let logged = try server.transfer("/down")
          try require(logged.paths.count == 2, "the path added did not join: \(logged)")
        }
      }
    }
  }
}
