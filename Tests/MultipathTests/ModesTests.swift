// Every kind of data connection is multipath when the control connection is, over IPv4 and IPv6, and the settings say otherwise.

import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct ModesTests {
    private static let size = 2 << 20

    private static func run(
      endpoint: String? = "subflow", settings: [String] = [],
      _ body: @escaping @Sendable (NetworkLab, LabServer) throws -> Void
    ) async throws {
      try await Blocking.run(slots: 2, tries: 3) {
        let lab = try NetworkLab(rate: "100mbit", endpoint: endpoint)
        try LabServer.with(in: lab.server, settings: settings) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          try body(lab, server)
        }
      }
    }

    /// A download and an upload, and what the log says of each.
    private static func both(
      _ client: LabClient, _ server: LabServer, _ mode: DataMode, policy: MultipathPolicy? = nil
    ) throws -> [LoggedTransfer] {
      _ = try client.download("down", size: size, mode, policy: policy)
      _ = try client.upload("up-\(mode)", size: size, mode, policy: policy)
      try PatternFile.verify(server.root.path + "/up-\(mode)", size: size)
      return [try server.transfer("/down"), try server.transfer("/up-\(mode)")]
    }

    @Test func dataFollowsTheControlConnection() async throws {
      try await Self.run { lab, server in
        for mode in DataMode.allCases {
          for logged in try Self.both(
            try LabClient(lab.client, server), server, mode)
          {
            try require(logged.isMultipath, "\(mode): \(logged)")
            // In active mode the client's `subflow` endpoint gives no path: only the end that connects opens further ones.
            if !mode.isActive { try require(logged.paths.count == 2, "\(mode): \(logged)") }
          }
          for logged in try Self.both(try LabClient(lab.client, server, policy: .off), server, mode) {
            try require(!logged.isMultipath, "\(mode) of a plain session: \(logged)")
          }
        }
      }
    }

    /// In active mode the client's second address must be announced.
    @Test(arguments: [DataMode.port, .eprt]) func activeModeTakesUpAnnouncedAddresses(mode: DataMode) async throws {
      try await Self.run(endpoint: "signal") { lab, server in
        for logged in try Self.both(try LabClient(lab.client, server), server, mode) {
          try require(logged.isMultipath && logged.paths.count == 2, "\(mode): \(logged)")
        }
      }
    }

    /// The server announces its second address, on all ports and on a port of its own.
    @Test(arguments: ["", "port 8021"]) func theServersSecondAddressIsUsed(port: String) async throws {
      try await Self.run(endpoint: nil) { lab, server in
        try lab.server.shell("ip mptcp endpoint add 10.77.2.2 dev s2 \(port) signal")
        let client = try LabClient(lab.client, server)
        try client.waitForPaths(2)
        for logged in try Self.both(client, server, .epsv) {
          try require(logged.isMultipath && logged.paths.count == 2, "\(logged)")
          try require(Set(logged.paths.map(\.local)) == ["10.77.1.2", "10.77.2.2"], "\(logged)")
        }
      }
    }

    @Test(arguments: [DataMode.epsv, .eprt]) func overIPv6(mode: DataMode) async throws {
      try await Blocking.run(slots: 2, tries: 3) {
        let lab = try NetworkLab(rate: "100mbit", endpoint: nil)
        try lab.client.shell(
          """
          ip -6 rule add from fd77:2::1 table 102; ip -6 route add default via fd77:2::2 dev c2 table 102
          ip mptcp endpoint add fd77:2::1 dev c2 \(mode.isActive ? "signal" : "subflow")
          """)
        let server = try LabServer(in: lab.server, listen: "[fd77:1::2]:0")
        try PatternFile.write(server.root.path + "/down", size: Self.size)
        let client = try LabClient(lab.client, server, host: "fd77:1::2", from: "fd77:1::1")
        if !mode.isActive { try client.waitForPaths(2) }
        for logged in try Self.both(client, server, mode) {
          try require(logged.isMultipath && logged.paths.count == 2, "\(logged)")
        }
        try server.stop()
      }
    }

    /// Control off, data automatic: what a site behind a NAT that rewrites control connections wants.
    @Test func dataAlone() async throws {
      try await Self.run(settings: ["mptcp.control=off"]) { lab, server in
        let client = try LabClient(lab.client, server, policy: .automatic)
        try require(client.negotiation == .fellBack, "\(client.negotiation)")
        for mode in DataMode.allCases {
          for logged in try Self.both(client, server, mode) { try require(logged.isMultipath, "\(mode): \(logged)") }
          // A plain client of such a server is served as well.
          for logged in try Self.both(client, server, mode, policy: .off) {
            try require(!logged.isMultipath, "\(mode): \(logged)")
          }
        }
      }
    }

    @Test func controlAlone() async throws {
      try await Self.run(settings: ["mptcp.data=off"]) { lab, server in
        let client = try LabClient(lab.client, server, policy: .automatic)
        try require(client.negotiation == .multipath, "\(client.negotiation)")
        for mode in DataMode.allCases {
          for logged in try Self.both(client, server, mode) { try require(!logged.isMultipath, "\(mode): \(logged)") }
        }
      }
    }
  }
}
