// Limits that both sides agree on: the lower one holds, whichever side it is from, and both keep to it.

import Accounts
import FTPProtocol
import FTPServer
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(5)), .serialized, .onThreads) struct LimitsTests {
  private static let content = pattern(3_000_000, seed: 8)

  private func with(
    _ wanted: TransferLimits?, _ configuration: ServerConfiguration = .relaxed { _ in },
    _ body: (Peer, ClientSession, SessionPool, LocalDirectory) async throws -> Void
  ) async throws {
    try await Peer.with(configuration) { peer in
      try peer.home.write("a", Self.content)
      let limits = wanted.map { ClientLimits($0) }
      let options = ClientOptions.inClear.with { $0.limits = limits }
      let pool = SessionPool(limit: 20) { () async throws(ClientError) in
        let session = try await peer.connect(options)
        try await session.login(Credentials(user: "bob", password: "secret"))
        return session
      }
      let place = try TemporaryDirectory()
      try await peer.session(options) { session in
        try await body(peer, session, pool, try LocalDirectory(place.path))
      }
      await pool.quit()
    }
  }

  @Test func theLowerOneIsInForceOnBothSides() async throws {
    var configuration = ServerConfiguration.relaxed { $0.limits.sessionsPerUser = 5 }
    configuration.rates.down = ByteRate(bytesPerSecond: 4_000_000)
    configuration.rates.up = ByteRate(bytesPerSecond: 4_000_000)
    let wanted = TransferLimits(connections: 10, total: 9_000_000, file: 3_000_000, block: 65536)
    try await with(wanted, configuration) { _, session, _, _ in
      let agreed = try #require(session.options.limits?.agreed)
      #expect(agreed == TransferLimits(connections: 5, total: 4_000_000, file: 3_000_000, block: 65536))
      let status = try await session.status()
      #expect(String(decoding: Array(status.lines.joined(separator: [0x0A])), as: UTF8.self).contains(agreed.text))
    }
  }

  @Test func noMoreConnectionsThanTheServerAdmits() async throws {
    try await with(TransferLimits(connections: 10), .relaxed { $0.limits.sessionsPerUser = 2 }) {
      _, session, pool, directory in
      var options = SegmentOptions(.count(10))
      options.block = 50_000
      let transfer = SegmentedTransfer(session, pool: pool, options)
      _ = try await transfer.fetch("a", to: Array("b".utf8), in: directory)
      #expect(transfer.progress.mostActive <= 2)
      // Nobody was refused: no more were tried.
      #expect(transfer.progress.connections.count <= 2)
    }
  }

  /// How a limit is told and where it is from.
  enum Limit: String, CaseIterable, Sendable {
    case total, file, connection, server

    var wanted: TransferLimits? {
      switch self {
      case .total: TransferLimits(total: 1_000_000)
      case .file: TransferLimits(file: 1_000_000)
      case .connection: TransferLimits(connection: 500_000)
      case .server: nil
      }
    }
  }

  /// Over two connections, 1 MB/s in all: 3 MB take 3 s, less what may go at once in the beginning.
  @Test(arguments: Limit.allCases) func twoConnectionsKeepToIt(_ limit: Limit) async throws {
    var configuration = ServerConfiguration.relaxed { _ in }
    if limit == .server { configuration.rates.down = ByteRate(bytesPerSecond: 1_000_000) }
    try await with(limit.wanted, configuration) { _, session, pool, directory in
      var options = SegmentOptions(.count(2))
      options.block = 50_000
      let transfer = SegmentedTransfer(session, pool: pool, options)
      let start = ContinuousClock.now
      _ = try await transfer.fetch("a", to: Array("b".utf8), in: directory)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      #expect(seconds > 2.5, "it took \(seconds) s")
      #expect(try directory.read(Array("b".utf8), limit: 3_000_000) == Self.content)
    }
  }

  /// Uploads, and reading piece by piece, keep to limits that only the client has.
  @Test func oneConnectionToo() async throws {
    try await with(TransferLimits(total: 1_500_000)) { peer, session, _, directory in
      var start = ContinuousClock.now
      #expect(try await contents(session, "a") == Self.content)
      #expect(ContinuousClock.now - start > .seconds(1.5))
      start = ContinuousClock.now
      try await session.write("up", from: pieces(Self.content, of: 100_000))
      #expect(ContinuousClock.now - start > .seconds(1.5))
      #expect(try peer.home.read("up") == Self.content)
    }
  }

  /// A client that does not keep to what it has told is held to it.
  @Test func theServerKeepsToItByItself() async throws {
    try await with(nil) { _, session, _, _ in
      let reply = try await session.quote("OPTS", Array("LIMITS total=1500000;file=9000000;".utf8))
      #expect(reply.code == 200)
      let start = ContinuousClock.now
      #expect(try await contents(session, "a") == Self.content)
      #expect(ContinuousClock.now - start > .seconds(1.5))
    }
  }
}
