// Limits on bandwidth hold on multipath connections as on TCP: over two real paths, in both directions.

import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct RateTests {
    /// Bytes a second: more than one path carries, and less than both.
    private static let limit = 16 << 20

    @Test(arguments: [false, true]) func aLimitHoldsOverBothPathsTogether(upload: Bool) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "100mbit", endpoint: nil)
        try lab.addPath()
        let settings = ["limits.rate-down-per-session=\(Self.limit)", "limits.rate-up-per-session=\(Self.limit)"]
        try LabServer.with(in: lab.server, settings: settings) { server in
          let size = 10 * Self.limit
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server)
          _ = try client.transfer(upload: upload, size: size) { _, _ in }
          // By the server's own clock: what lies in sockets at the end is not moved yet.
          let logged = try server.transfer(upload ? "/up" : "/down")
          let rate = Double(logged.bytes) / logged.duration
          let error = 100 * (rate / Double(Self.limit) - 1)
          report(
            "a limit of \(Self.limit) bytes a second on two paths, \(upload ? "upload" : "download") of 10 s: \(rounded(error)) % off"
          )
          try require(logged.isMultipath && logged.paths.count == 2, "\(logged)")
          for path in logged.paths { try require(path.bytes > Double(size) / 20, "one path carried it all: \(logged)") }
          try require(abs(error) <= 3, "\(rate) instead of \(Self.limit) bytes a second")
        }
      }
    }
  }
}
