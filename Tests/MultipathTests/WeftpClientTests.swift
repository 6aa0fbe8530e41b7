// weftp over two paths: both carry its files, and a path that is lost in the midst costs no byte.

import LinuxSystem
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct WeftpClientTests {
    private static let size = 12 << 20

    private func weftp(_ lab: NetworkLab, _ words: [String], in place: TemporaryDirectory) throws -> ChildProcess {
      let program = try #require(builtProgram("weftp"), "weftp is not built")
      return try ChildProcess(
        lab.client.command([program] + words), environment: ["HOME": place.path, "WEFTP_PASSWORD": Server.password],
        directory: place.path)
    }

    private func requireSuccess(_ process: ChildProcess) throws {
      let code = process.waitForExit(patience: .seconds(90))
      try require(code == 0, "weftp ended with \(String(describing: code)): \(process.errorText)")
    }

    @Test(arguments: ["--passive", "--active"]) func bothPathsCarryItsFiles(_ mode: String) async throws {
      try await Blocking.run(slots: 2, tries: 3) {
        let lab = try NetworkLab(rate: "100mbit")
        try LabServer.with(in: lab.server) { server in
          let place = try TemporaryDirectory()
          try PatternFile.write(server.root.path + "/down", size: Self.size)
          try PatternFile.write(place.path + "/put", size: Self.size)
          let url = "ftp://alice@\(NetworkLab.serverAddress(1)):\(server.port)/"
          let options = ["--tls=off", "--paths", "-q", mode]
          let get = try weftp(lab, ["get"] + options + ["-o", "got", url + "down"], in: place)
          try requireSuccess(get)
          try requireSuccess(try weftp(lab, ["put"] + options + ["put", url + "up"], in: place))
          try PatternFile.verify(place.path + "/got", size: Self.size)
          try PatternFile.verify(server.root.path + "/up", size: Self.size)
          let (down, up) = (try server.transfer("/down"), try server.transfer("/up"))
          report("weftp \(mode): \(down.text); \(up.text)")
          for logged in [down, up] { try require(logged.isMultipath, "\(logged)") }
          guard mode == "--passive" else { return }
          for logged in [down, up] {
            try require(logged.paths.count == 2, "\(logged)")
            try require(logged.paths.allSatisfy { $0.bytes > Double(Self.size) / 10 }, "\(logged)")
          }
          try require(get.errorText.contains("2 paths"), get.errorText)
        }
      }
    }

    /// Several connections to one file, each of two paths; `-n auto` too.
    @Test(arguments: ["3", "auto"]) func severalConnectionsOverTwoPaths(_ count: String) async throws {
      try await Blocking.run(slots: 2, tries: 3) {
        let lab = try NetworkLab(rate: "100mbit")
        try LabServer.with(in: lab.server) { server in
          let place = try TemporaryDirectory()
          try PatternFile.write(server.root.path + "/down", size: Self.size)
          try PatternFile.write(place.path + "/put", size: Self.size)
          let url = "ftp://alice@\(NetworkLab.serverAddress(1)):\(server.port)/"
          let options = ["--tls=off", "--paths", "-q", "-n", count]
          let get = try weftp(lab, ["get"] + options + ["-o", "got", url + "down"], in: place)
          try requireSuccess(get)
          try requireSuccess(try weftp(lab, ["put"] + options + ["put", url + "up"], in: place))
          try PatternFile.verify(place.path + "/got", size: Self.size)
          try PatternFile.verify(server.root.path + "/up", size: Self.size)
          report("weftp -n \(count): \(get.errorText)")
          let first = try server.transfer("/down")
          try require(first.isMultipath, "\(first)")
          guard count == "3" else { return }
          try require(get.errorText.contains("3 connections"), get.errorText)
          try require(first.paths.filter { $0.bytes > 0 }.count == 2, "\(first)")
        }
      }
    }

    @Test(arguments: [1, 2]) func aPathLostInTheMidstCostsNoByte(_ path: Int) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "50mbit")
        try LabServer.with(in: lab.server) { server in
          let place = try TemporaryDirectory()
          try PatternFile.write(server.root.path + "/down", size: Self.size)
          let url = "ftp://alice@\(NetworkLab.serverAddress(1)):\(server.port)/"
          let get = try weftp(lab, ["get", "--tls=off", "-q", "-o", "got", url + "down"], in: place)
          let hasBegun = Deadline.after(.seconds(30)).until {
            (try? File.status(at: place.path + "/.got.weftp-part").size).map { $0 > 3 << 20 } ?? false
          }
          try require(hasBegun, "nothing came: \(get.errorText)")
          try lab.cut(path)
          try requireSuccess(get)
          try PatternFile.verify(place.path + "/got", size: Self.size)
          report("weftp, path \(path) lost in the midst: \(try server.transfer("/down").text)")
        }
      }
    }
  }
}
