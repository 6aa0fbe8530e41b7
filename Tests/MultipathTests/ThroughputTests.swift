// Both paths carry their share, in both directions and all modes; the data listener stays open for them.

import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct ThroughputTests {
    /// MiB that are moved at 2 × 100 Mbit/s; the figures of the manual were taken with 64.
    static let megabytes = setting("WEFTPD_MULTIPATH_MIB", default: 32)

    /// Rates of one path and of both, of `size` bytes, on one session each.
    private static func ratio(
      _ lab: NetworkLab, _ server: LabServer, size: Int, upload: Bool
    ) throws -> (one: Measured, both: Measured) {
      func measure() throws -> Measured {
        let client = try LabClient(lab.client, server)
        if upload {
          let measured = try client.upload("up", size: size)
          try PatternFile.verify(server.root.path + "/up", size: size)
          return measured
        }
        return try client.download("down", size: size)
      }
      try lab.removeEndpoints()
      let one = try measure()
      try lab.addPath()
      return (one, try measure())
    }

    @Test(arguments: [false, true]) func twoPathsCarryTwiceAsMuch(upload: Bool) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "100mbit", endpoint: nil)
        let size = Self.megabytes << 20
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          let before = try lab.server.counters()
          let (one, both) = try Self.ratio(lab, server, size: size, upload: upload)
          let ratio = both.rate / one.rate
          report(
            "2 × 100 Mbit/s, \(upload ? "upload" : "download") of \(Self.megabytes) MiB: one path \(rounded(one.rate)), "
              + "two \(rounded(both.rate)) Mbit/s, ratio \(String(format: "%.2f", ratio))")
          try require(one.rate < 100, "one path carried \(one.rate) Mbit/s: it is not one path")
          try require(ratio > 1.5, "two paths carried \(ratio) times what one did")
          // The log tells the same, and the listener rule holds: a path of its own joined control and data connection.
          let logged = try server.transfer(upload ? "/up" : "/down")
          try require(logged.isMultipath && logged.paths.count == 2, "\(logged)")
          for path in logged.paths { try require(path.bytes > Double(size) / 4, "\(logged)") }
          let joins = try lab.server.counters().delta(since: before)["MPJoinAckRx"] ?? 0
          try require(joins == 2, "\(joins) paths joined instead of one each for control and data connection")
        }
      }
    }

    /// The measure of the test above must be able to fall to 1: here no path may join, as if the listener had been closed.
    @Test func withoutJoinsTheRatioIsOne() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "100mbit", endpoint: nil)
        try lab.server.set(["net.mptcp.allow_join_initial_addr_port": 0])
        try LabServer.with(in: lab.server) { server in
          let size = 8 << 20
          try PatternFile.write(server.root.path + "/down", size: size)
          let (one, both) = try Self.ratio(lab, server, size: size, upload: false)
          report("no path may join: ratio \(String(format: "%.2f", both.rate / one.rate))")
          try require(both.rate / one.rate < 1.2, "\(both.rate) instead of \(one.rate) Mbit/s without a second path")
          try require(try server.transfer("/down").paths.count == 1, "\(try server.transfer("/down"))")
        }
      }
    }

    @Test(arguments: [false, true]) func twoFastPaths(upload: Bool) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "1gbit", endpoint: nil)
        let size = 8 * Self.megabytes << 20
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          let (one, both) = try Self.ratio(lab, server, size: size, upload: upload)
          report(
            "2 × 1 Gbit/s, \(upload ? "upload" : "download") of \(8 * Self.megabytes) MiB: one path "
              + "\(rounded(one.rate)), two \(rounded(both.rate)) Mbit/s, ratio "
              + String(format: "%.2f", both.rate / one.rate))
          // What a busy machine makes of it is not the server's fault; that both paths are used is.
          let logged = try server.transfer(upload ? "/up" : "/down")
          try require(logged.paths.count == 2, "\(logged)")
          for path in logged.paths { try require(path.bytes > Double(size) / 10, "\(logged)") }
        }
      }
    }
  }
}
