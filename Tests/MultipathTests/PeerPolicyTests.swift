// Whom data connections may be with: every address the control connection has a path from, and nobody else.

import LinuxSystem
import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct PeerPolicyTests {
    private static let size = 300_000

    /// A lab, a server with a file, and a session of the kind wanted.
    private static func run(
      endpoint: String? = "subflow", policy: MultipathPolicy = .required, settings: [String] = [],
      _ body: @escaping @Sendable (NetworkLab, LabServer, LabClient) throws -> Void
    ) async throws {
      try await Blocking.run(slots: 2) {
        let lab = try NetworkLab(rate: "1gbit", endpoint: endpoint)
        try LabServer.with(in: lab.server, settings: settings) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server, policy: policy)
          if client.negotiation == .multipath { try client.waitForPaths(endpoint == nil ? 1 : 2) }
          try body(lab, server, client)
        }
      }
    }

    @Test func theSecondAddressIsServed() async throws {
      try await Self.run { lab, server, client in
        let second = NetworkLab.clientAddress(2)
        for mode in DataMode.allCases {
          for policy in [MultipathPolicy.required, .off] {
            _ = try client.download("down", size: Self.size, mode, from: second, policy: policy)
            _ = try client.upload("up", size: Self.size, mode, from: second, policy: policy)
            try PatternFile.verify(server.root.path + "/up", size: Self.size)
          }
        }
      }
    }

    /// Else a client with two addresses could have twice as many sessions.
    @Test func thePerAddressLimitCountsEveryPath() async throws {
      try await Self.run(settings: ["limits.sessions-per-address=1"]) { lab, server, client in
        // The paths were there before this transfer at the latest: it counts them.
        _ = try client.download("down", size: Self.size)
        let another = FTPClient(
          try LabClient.connect(
            in: lab.client, to: client.server, from: NetworkLab.clientAddress(2), policy: .off))
        let reply = try another.expect(421)
        try require(reply.text.contains("Too many connections"), "\(reply)")
      }
    }

    /// Whoever is banned by one path would go on by the other.
    @Test func aBanOfOnePathIsABanOfAll() async throws {
      let place = try TemporaryDirectory()
      let file = place.path + "/bans"
      try await Self.run(settings: ["bans.file=\(file)"]) { lab, server, client in
        _ = try client.download("down", size: Self.size)
        let (first, second) = (NetworkLab.clientAddress(1), NetworkLab.clientAddress(2))
        let added = try TestSupport.run([try Server.binary(), "ban", "add", second, "--file", file])
        try require(added.exitCode == 0, added.errors)
        try client.ftp.expect(421)
        try server.requireLogged("banned \(first) until", within: .seconds(60))
        for address in [first, second] {
          let another = FTPClient(
            try LabClient.connect(in: lab.client, to: client.server, from: address, policy: .off))
          try another.expect(421)
        }
        let isKept = Deadline.after(.seconds(60)).until {
          (try? TestSupport.run([try Server.binary(), "ban", "list", "--file", file]).output.contains(first + " "))
            ?? false
        }
        try require(isKept, "the ban of the other path is not in the file")
      }
    }

    /// Each failure counts against every path, and the ban is of all of them.
    @Test func failuresBanEveryPath() async throws {
      try await Self.run(settings: ["bans.failures=3", "accounts.attempts=10"]) { lab, server, client in
        _ = try client.download("down", size: Self.size)
        try client.ftp.command("REIN", expecting: 220)
        for _ in 0..<3 {
          try client.ftp.command("USER alice", expecting: 331)
          try client.ftp.command("PASS wrong", expecting: 530)
        }
        for number in 1...2 {
          let address = NetworkLab.clientAddress(number)
          try server.requireLogged("banned \(address) until", within: .seconds(60))
          let another = FTPClient(
            try LabClient.connect(in: lab.client, to: client.server, from: address, policy: .off))
          try another.expect(421)
        }
      }
    }

    @Test(arguments: [DataMode.pasv, .epsv]) func aStrangerIsTurnedAway(mode: DataMode) async throws {
      try await Self.run { lab, server, client in
        let reply = try Self.refusesAStranger(mode, from: NetworkLab.stranger, lab, client)
        try require(reply.code == 226, "\(reply)")
        try server.requireLogged("refused a data connection from \(NetworkLab.stranger)")
      }
    }

    @Test(arguments: [DataMode.port, .eprt]) func theServerConnectsToNoStranger(mode: DataMode) async throws {
      try await Self.run { lab, server, client in
        try Self.refusesToConnect(mode, to: NetworkLab.stranger, lab, client)
      }
    }

    /// Without multipath the second address is a stranger's, as it always was.
    @Test(arguments: DataMode.allCases) func withoutMultipathTheSecondAddressIsAStranger(mode: DataMode) async throws {
      try await Self.run(policy: .off) { lab, _, client in
        if mode.isActive { return try Self.refusesToConnect(mode, to: NetworkLab.clientAddress(2), lab, client) }
        _ = try Self.refusesAStranger(mode, from: NetworkLab.clientAddress(2), lab, client)
      }
      try await Self.run(settings: ["mptcp.control=off"]) { lab, _, client in
        if mode.isActive { return try Self.refusesToConnect(mode, to: NetworkLab.clientAddress(2), lab, client) }
        _ = try Self.refusesAStranger(mode, from: NetworkLab.clientAddress(2), lab, client)
      }
    }

    /// An address counts only as long as there is a path from it.
    @Test func anAddressWithoutAPathIsAStranger() async throws {
      try await Self.run(endpoint: nil) { lab, _, client in
        _ = try Self.refusesAStranger(.epsv, from: NetworkLab.clientAddress(2), lab, client)
        try lab.addPath()
        try client.waitForPaths(2)
        _ = try client.download("down", size: Self.size, .epsv, from: NetworkLab.clientAddress(2))
      }
    }

    /// The 227 names the address that still answers, and the client's second address stands for it.
    @Test func theSessionGoesOnOverTheSecondPath() async throws {
      try await Self.run(settings: ["timeouts.data-connect=5s"]) { lab, server, client in
        try lab.cut(1)
        for mode in DataMode.allCases {
          _ = try client.download("down", size: Self.size, mode, from: NetworkLab.clientAddress(2))
          _ = try client.upload("up", size: Self.size, mode, from: NetworkLab.clientAddress(2))
          try PatternFile.verify(server.root.path + "/up", size: Self.size)
        }
      }
    }

    /// A stranger connects first; he gets nothing, and the client, coming second, gets its file.
    private static func refusesAStranger(
      _ mode: DataMode, from address: String, _ lab: NetworkLab, _ client: LabClient
    ) throws -> FTPReply {
      let target = try client.passiveTarget(mode)
      let stranger = try LabClient.connect(in: lab.client, to: target, from: address, policy: .automatic)
      try client.ftp.command("RETR down", expecting: 150)
      try require(try stranger.isClosedByPeer(), "\(address) was served")
      let own = try LabClient.connect(
        in: lab.client, to: target, from: NetworkLab.clientAddress(1), policy: client.policy, receives: true)
      let content = try own.readToEnd()
      try require(
        content.count == size
          && content.prefix(1000).elementsEqual(PatternFile.withBytes(at: 0, count: 1000, Array.init)),
        "the client got \(content.count) bytes")
      return try client.ftp.expect(226)
    }

    private static func refusesToConnect(
      _ mode: DataMode, to address: String, _ lab: NetworkLab, _ client: LabClient
    ) throws {
      let listener = try ActiveListener(lab.client, address, policy: .automatic)
      try client.ftp.command(listener.command(mode), expecting: 500, 501, 504)
      try client.ftp.command("RETR down", expecting: 425, 503)
      try require(!listener.hasVisitor, "the server connected to \(address)")
    }
  }
}
