// Further sessions that are still being opened when all is done: nobody waits for them, and none is left.

import FTPProtocol
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(5)), .onThreads) struct SessionPoolTests {
  /// Holds sessions back until it is opened.
  private final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))
    var count: Int { state.withLock { $0.waiting.count } }

    func pass() async {
      await withCheckedContinuation { continuation in
        let isOpen = state.withLock { state in
          if !state.isOpen { state.waiting.append(continuation) }
          return state.isOpen
        }
        if isOpen { continuation.resume() }
      }
    }

    func open() {
      let waiting = state.withLock { state in
        defer { state = (true, []) }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }
  }

  /// Runs `body` with a session and a pool whose sessions log in and then are held back.
  private func with(
    _ body: (Peer, ClientSession, SessionPool, LocalDirectory, TemporaryDirectory, Gate) async throws -> Void
  ) async throws {
    let gate = Gate()
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let pool = SessionPool(limit: 3) { () async throws(ClientError) in
        let session = try await peer.connect()
        try await session.login(Credentials(user: "bob", password: "secret"))
        await gate.pass()
        return session
      }
      try await peer.session { session in
        try await body(peer, session, pool, try LocalDirectory(place.path), place, gate)
        await pool.quit()
        // They may have been slower than all of the work.
        try await until("a further session was logged in") { gate.count > 0 }
        gate.open()
        try await until("the others are gone") { peer.server.sessions.count == 1 }
      }
    }
  }

  @Test func partsOfAFileWaitForNoSession() async throws {
    try await with { peer, session, pool, directory, place, _ in
      let content = pattern(3_000_001, seed: 4)
      try peer.home.write("a", content)
      var options = SegmentOptions(.count(3))
      options.block = 100_000
      _ = try await SegmentedTransfer(session, pool: pool, options).fetch("a", to: Array("b".utf8), in: directory)
      #expect(try place.read("b") == content)
    }
  }

  @Test func filesOfATreeWaitForNoSession() async throws {
    try await with { peer, session, pool, directory, place, _ in
      for index in 0..<30 { try peer.home.write("f\(index)", pattern(1000, seed: UInt64(index))) }
      var mirror = Mirror(.down, session, local: directory, remote: "/")
      mirror.pool = pool
      let report = try await mirror.run(try await mirror.plan().plan)
      #expect(report.copied == 30 && report.failures.isEmpty)
      #expect(try place.read("f29") == pattern(1000, seed: 29))
    }
  }

  @Test func whoComesLaterGetsWhatWasLeft() async throws {
    try await with { peer, _, pool, _, _, gate in
      let first = Task { try await pool.take() }
      try await until("it is being opened") { gate.count == 1 }
      first.cancel()
      let error = try await clientError { _ = try await first.value }
      #expect(error.code == .cancelled)
      // One that is opened ahead, and nobody came for.
      pool.prepare()
      try await until("another is being opened") { gate.count == 2 }
      #expect(peer.server.sessions.count == 3)
    }
  }
}
