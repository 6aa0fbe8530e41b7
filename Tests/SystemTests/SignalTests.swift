// SIGTERM, SIGINT and SIGHUP as the command line promises.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct SignalTests {
    private static let size = 50_000_000

    private static func serving(
      _ options: Server.Options = Server.Options(), _ body: @escaping @Sendable (Server) throws -> Void
    ) async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.makeSparse("big", size: size)
        try body(try Server(options, root: root))
      }
    }

    @Test(arguments: [SIGTERM, SIGINT]) func aTransferIsFinishedFirst(_ signal: Int32) async throws {
      try await Self.serving { server in
        let idle = try server.session("alice")
        let (client, data) = try stalledTransfer(server, "big")
        server.process.signal(signal)
        try idle.expect(421, after: "SIGTERM")
        try require(try idle.control.isClosedByPeer(), "the idle session is not closed")
        let isClosed = Deadline.after(.seconds(5)).until { (try? Connection(to: server.endpoint)) == nil }
        try require(isClosed, "new connections are still accepted")
        try require(try data.drain() == Self.size - 1, "the transfer was cut short")
        try client.expect(226)
        try server.waitForCleanExit(patience: .seconds(10))
      }
    }

    @Test func theGraceIsBounded() async throws {
      try await Self.serving(Server.Options(settings: ["shutdown.grace=1s"])) { server in
        let transfer = try stalledTransfer(server, "big")
        server.process.signal(SIGTERM)
        try server.waitForCleanExit(patience: .seconds(10))
        transfer.data.close()
      }
    }

    @Test func aSecondSignalEndsItAtOnce() async throws {
      try await Self.serving { server in
        let idle = try server.session()
        let transfer = try stalledTransfer(server, "big")
        server.process.signal(SIGTERM)
        try idle.expect(421, after: "SIGTERM")
        server.process.signal(SIGTERM)
        let code = server.process.waitForExit(patience: .seconds(5))
        try require(code != nil, "it still runs 5 s after the second signal")
        transfer.data.close()
      }
    }

    @Test func hangUpRereadsTheSettingsAndABadFileKeepsTheOld() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        func write(_ text: String) throws { try place.write("weftpd.yaml", bytes(text)) }
        try write("server:\n  greeting: first words\n")
        var options = Server.Options()
        options.arguments = ["--config", place.path + "/weftpd.yaml"]
        let server = try Server(options)
        func greeting() throws -> String { try FTPClient(Connection(to: server.endpoint)).expect(220).text }
        try require(try greeting().contains("first words"), "the greeting is not the configured one")
        let session = try server.session()

        try write("server:\n  greetin: second words\n")
        server.process.signal(SIGHUP)
        let isNoticed = Deadline.after(.seconds(10)).until {
          server.process.errorText.contains("greetin:") || server.process.errorText.contains("server.greetin:")
        }
        try require(isNoticed, "no complaint names the key: \(server.process.errorText)")
        try require(try greeting().contains("first words"), "the bad file was taken")

        try write("server:\n  greeting: third words\n")
        server.process.signal(SIGHUP)
        let isTaken = try Deadline.after(.seconds(10)).until { try greeting().contains("third words") }
        try require(isTaken, "the good file was not taken")
        try session.command("NOOP", expecting: 200)
        try server.stop()
      }
    }
  }
}
