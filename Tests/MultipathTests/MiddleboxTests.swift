// A NAT that rewrites PORT lines, checksums on and off, one path and two: never a wrong byte in a file, and it is told.

import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

/// One way to meet the NAT.
struct MiddleboxCase: Sendable, CustomTestStringConvertible {
  let rewriting: Rewriting
  let checksums: Bool
  let paths: Int

  static let all = Rewriting.allCases.flatMap { rewriting in
    [false, true].flatMap { checksums in
      [1, 2].map { MiddleboxCase(rewriting: rewriting, checksums: checksums, paths: $0) }
    }
  }

  var testDescription: String { "\(rewriting) address, checksums \(checksums ? "on" : "off"), \(paths) paths" }

  /// What Linux 6.18 itself does wrong when the helper changes the length of a line; the server cannot mend it.
  var breaksControlConnection: Bool {
    rewriting != .same && !checksums && paths == 2 || rewriting == .shorter && checksums && paths == 1
  }
}

extension MultipathTests {
  @Suite(
    .enabled(if: Machine.hasNamespaces, Machine.needsNamespaces),
    .enabled(if: MiddleboxLab.isPossible, "needs nft and a kernel with the FTP helper of netfilter"))
  struct MiddleboxTests {
    private static let size = 200_000

    private static func run(
      _ test: MiddleboxCase, policy: MultipathPolicy = .required, settings: [String] = [],
      _ body: @escaping @Sendable (MiddleboxLab, LabServer, LabClient) throws -> Void
    ) async throws {
      try await Blocking.run(slots: 2) {
        let lab = try MiddleboxLab(test.rewriting, hasSecondPath: test.paths == 2, checksums: test.checksums)
        try LabServer.with(in: lab.server, settings: settings) { server in
          try lab.translate(port: server.port)
          try PatternFile.write(server.root.path + "/down", size: size)
          let host = test.rewriting.addresses.server
          let client = try LabClient(lab.client, server, host: host, policy: policy)
          if client.negotiation == .multipath { try client.waitForPaths(test.paths) }
          client.ftp.control.patience = .seconds(3)
          try body(lab, server, client)
        }
      }
    }

    private static func transferBothWays(
      _ client: LabClient, _ server: LabServer, _ mode: DataMode, from source: String? = nil
    ) throws {
      _ = try client.download("down", size: size, mode, from: source)
      _ = try client.upload("up", size: size, mode, from: source)
      try PatternFile.verify(server.root.path + "/up", size: size)
    }

    /// EPSV tells no address: nothing is rewritten, in no combination.
    @Test(arguments: MiddleboxCase.all) func extendedPassiveIsSafe(test: MiddleboxCase) async throws {
      try await Self.run(test) { _, server, client in
        try Self.transferBothWays(client, server, .epsv)
        try Self.transferBothWays(client, server, .pasv)
        try require(client.negotiation == .multipath, "\(client.negotiation)")
        let status = try client.ftp.command("STAT", expecting: 211).description
        try require(status.contains("Multipath TCP: multipath"), status)
      }
    }

    /// What PORT comes to is the kernel's affair; but a file that was said to be complete is right.
    @Test(arguments: MiddleboxCase.all) func aRewrittenPORTNeverYieldsAWrongByte(test: MiddleboxCase) async throws {
      try await Self.run(test) { lab, server, client in
        let before = try lab.server.counters()
        var happened: [String] = []
        for round in 1...2 {
          // A private address that came through unchanged is a stranger's: refused. A client then goes on with EPSV.
          let listener = try ActiveListener(lab.client, test.rewriting.addresses.client, policy: client.policy)
          guard let reply = try? client.ftp.command(listener.command(.port)) else {
            happened.append("connection lost")
            break
          }
          happened.append("PORT \(reply.code)")
          if reply.code == 200 {
            try client.ftp.send("STOR active\(round)")
            guard let opening = try? client.ftp.reply() else {
              happened.append("connection lost")
              break
            }
            happened.append("STOR \(opening.code)")
            if opening.code == 150 {
              let data = try listener.accept()
              try data.send(PatternFile.withBytes(at: 0, count: Self.size, Array.init))
              data.close()
              guard let last = try? client.ftp.reply() else {
                happened.append("connection lost")
                break
              }
              happened.append("\(last.code)")
              if last.code == 226 { try PatternFile.verify(server.root.path + "/active\(round)", size: Self.size) }
            }
          }
          let answers = (0..<3).map { _ in (try? client.ftp.command("NOOP")).map { "\($0.code)" } ?? "-" }
          happened.append("NOOP \(answers.joined(separator: " "))")
        }
        let status = (try? client.ftp.command("STAT").description) ?? ""
        let alarms = try lab.server.counters().delta(since: before).middleboxAlarms.map(\.name)
        let outcome = client.negotiation
        report("\(test.testDescription): \(happened.joined(separator: ", ")); \(outcome), alarms \(alarms)")
        try server.process.requireRunning()
        if test.breaksControlConnection { return }
        // Everywhere else the conversation stays right to the last reply.
        try require(!happened.contains("connection lost"), "\(happened)")
        for answers in happened where answers.hasPrefix("NOOP") {
          try require(answers == "NOOP 200 200 200", "\(happened)")
        }
        // With checksums the path through the NAT is gone: what is left is the client's other address.
        try Self.transferBothWays(client, server, .epsv, from: happened[0] == "PORT 500" ? "10.77.2.1" : nil)
        if outcome == .fellBack { try require(status.contains("fell back"), "STAT: \(status)") }
        if outcome == .multipath { try require(status.contains("Multipath TCP: multipath"), "STAT: \(status)") }
      }
    }

    /// What helps in every combination: the control connection plain, the data connections multipath.
    @Test(arguments: [Rewriting.longer, .shorter]) func withPlainControlConnectionsAllIsWell(rewriting: Rewriting)
      async throws
    {
      let test = MiddleboxCase(rewriting: rewriting, checksums: false, paths: 2)
      try await Self.run(test, policy: .automatic, settings: ["mptcp.control=off"]) { _, server, client in
        for mode in [DataMode.port, .pasv, .epsv] { try Self.transferBothWays(client, server, mode) }
        let logged = try server.transfer("/up")
        try require(logged.isMultipath, "\(logged)")
      }
    }

    /// Counters that move are a warning in the log, with the command that helps.
    @Test func changedDataIsAWarning() async throws {
      let test = MiddleboxCase(rewriting: .same, checksums: true, paths: 1)
      try await Self.run(test) { lab, server, client in
        let listener = try ActiveListener(lab.client, test.rewriting.addresses.client, policy: .automatic)
        try client.ftp.command(listener.command(.port), expecting: 200)
        try client.ftp.command("NOOP", expecting: 200)
        try require(client.negotiation == .fellBack, "\(client.negotiation)")
        let status = try client.ftp.command("STAT", expecting: 211).description
        try require(status.contains("fell back"), status)
        try server.requireLogged("DataCsumErr", within: .seconds(40))
      }
    }
  }
}

extension ChildProcess {
  /// Throws if the process has ended.
  func requireRunning() throws { try require(waitForExit(patience: .zero) == nil, "the server died: \(errorText)") }
}
