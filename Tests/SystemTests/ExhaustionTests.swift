// No descriptors left, no room left on the disk, no passive ports left: a clear reply, no spinning, and life goes on.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct ExhaustionTests {
    @Test(.enabled(if: isInstalled("prlimit"), "prlimit is not installed"))
    func withoutDescriptorsTheServerWaits() async throws {
      try await Blocking.run(slots: Blocking.width) {
        var options = Server.Options()
        options.descriptorLimit = 64
        try Server.with(options) { server in
          var clients: [FTPClient] = []
          for _ in 0..<120 { clients.append(FTPClient(try Connection(to: server.endpoint))) }
          var greeted: [FTPClient] = []
          var turnedAway = 0
          for client in clients where client.control.isReadable(within: .seconds(5)) {
            guard let reply = try? client.reply() else { continue }
            try require([220, 421].contains(reply.code), "greeted by \(reply)")
            if reply.code == 220 { greeted.append(client) } else { turnedAway += 1 }
          }
          report("64 descriptors: \(greeted.count) of 120 greeted, \(turnedAway) told 421")
          try require(greeted.count >= 10, "only \(greeted.count) greeted")
          try require(turnedAway == 120 - greeted.count, "\(120 - greeted.count - turnedAway) heard nothing")
          // libdispatch ends the process if it finds none left for itself; of the eight kept back for it a few come and go.
          let open = try run(["ls", "/proc/\(server.process.id)/fd"]).output.split(separator: "\n").count
          try require(open <= 64 - 3, "\(open) of 64 descriptors are taken")
          let spent = try ProcessMeter(server.process.id).processorTime(during: .seconds(1))
          try require(spent < .milliseconds(250), "out of descriptors, it burns \(spent) of CPU per second")
          try greeted[0].logIn()
          try greeted[0].command("PASV", expecting: 227, 421, 425, 451)
          try greeted[0].command("NOOP", expecting: 200)
          for client in clients { client.control.close() }
          let isBack = Deadline.after(.seconds(20)).until { (try? server.session(patience: .seconds(2)).quit()) != nil }
          try require(isBack, "no login although all clients have gone")
        }
      }
    }

    @Test(.enabled(if: getuid() == 0, "mounting needs root"))
    func aFullDiskIs452() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let mount = try run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place.path])
        try require(mount.exitCode == 0, "mount: \(mount.errors)")
        defer { _ = try? run(["umount", "-l", place.path]) }
        let root = try TemporaryDirectory(parent: place.path)
        try Server.with(root: root) { server in
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          for command in ["STOR big", "APPE big"] {
            let data = try client.passive()
            try client.command(command, expecting: 150)
            try? data.send(pattern(4 << 20))
            data.close()
            try client.expect(452, after: "a full disk")
          }
          try client.command("DELE big", expecting: 250, 550)
          try client.store("STOR small", pattern(1000))
          try require(try client.retrieve("RETR small") == pattern(1000), "what was stored afterwards differs")
          try client.quit()
        }
      }
    }

    @Test func withoutPassivePortsPasvIs425() async throws {
      try await Blocking.run {
        let probe = try Listener()
        let port = probe.endpoint.port
        let options = Server.Options(settings: ["passive.ports=\(port)-\(port)"])
        try Server.with(options) { server in
          let client = try server.session()
          try client.command("PASV", expecting: 421, 425)
          try client.command("EPSV", expecting: 421, 425)
          try client.command("NOOP", expecting: 200)
        }
        _ = probe.endpoint
      }
    }
  }
}
