// Many small files: over one kept connection, over a connection each, and what is done about servers that do not keep up.

import FTPClient
import FTPProtocol
import FTPServer
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct PipelineTests {
  /// What went over the control connections.
  private final class Log: Sendable {
    let lines = Mutex<[String]>([])
    var sent: [String] { lines.withLock { $0 } }
    func count(_ verb: String) -> Int { sent.filter { $0 == verb || $0.hasPrefix(verb + " ") }.count }

    func options(_ options: ClientOptions) -> ClientOptions {
      options.with {
        $0.trace = { event in if case .sent(let line) = event { self.lines.withLock { $0.append(line) } } }
      }
    }
  }

  private func files(_ place: TemporaryDirectory, _ count: Int) throws -> [TransferBatch.File] {
    try (0..<count).map { index in
      // Empty ones, small ones, one of exactly the limit and one above it.
      let size = index == 3 ? 262_144 : index == 4 ? 262_145 : index == 5 ? 0 : 100 * index
      try place.write("f\(index)", pattern(size, seed: UInt64(index)))
      return TransferBatch.File(
        RemotePath("f\(index)"), local: Array("f\(index)".utf8), size: UInt64(size),
        modified: ListedTime(seconds: 1_700_000_000 + Int64(index), nanoseconds: 0, precision: .second))
    }
  }

  @Test(arguments: [TransferBatch.Direction.down, .up], [false, true])
  func allGoOverOneConnection(_ direction: TransferBatch.Direction, _ underTLS: Bool) async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let files = try files(direction == .down ? peer.home : place, 90)
      let log = Log()
      try await peer.session(log.options(underTLS ? .underTLS : .inClear)) { session in
        let batch = TransferBatch(direction, session, try LocalDirectory(place.path))
        var copied: Set<Int> = []
        var bytes: UInt64 = 0
        try await batch.run(files) { event in
          switch event {
          case .begins: break
          case .copied(let index, let report):
            copied.insert(index)
            bytes += report.moved
          case .failed(let index, let error): Issue.record("\(index): \(error)")
          }
        }
        #expect(copied.count == 90)
        #expect(bytes == files.reduce(0) { $0 + ($1.size ?? 0) })
        try await session.noop()
      }
      for index in 0..<90 {
        let (one, other) = (try place.read("f\(index)"), try peer.home.read("f\(index)"))
        try require(one == other, "f\(index)")
      }
      #expect(try place.names().count == 90)
      let copy = direction == .down ? place : peer.home
      #expect(try File.status(at: copy.path(of: "f7")).modified == 1_700_000_007)
      // One for all small ones, one for that above the limit.
      #expect(log.count("EPSV") == 2)
      #expect(log.count("MODE") == 2)
    }
  }

  @Test func aRefusedFileDisturbsNoOther() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      var files = try files(peer.home, 40)
      // One is gone, one has grown, one cannot be named.
      unlink(peer.home.path(of: "f10"))
      try peer.home.write("f11", pattern(50_000, seed: 11))
      files[12] = TransferBatch.File("f\r\nDELE f1", local: Array("x".utf8), size: 5)
      let log = Log()
      try await peer.session(log.options(.inClear)) { session in
        let batch = TransferBatch(.down, session, try LocalDirectory(place.path))
        var failed: [Int: ClientError.Code] = [:]
        var copied = 0
        try await batch.run(files) { event in
          if case .failed(let index, let error) = event { failed[index] = error.code }
          if case .copied = event { copied += 1 }
        }
        // That which has grown is not what was listed: neither in the pipeline nor by itself.
        #expect(failed == [10: .refused, 11: .incomplete, 12: .usage])
        #expect(copied == 37)
      }
      for index in [0, 9, 13, 39] { try require(place.read("f\(index)") == peer.home.read("f\(index)"), "f\(index)") }
      #expect(!place.exists("f11"))
      #expect(peer.home.exists("f1"))
    }
  }

  @Test func aRefusedUploadTakesNoOthersBytes() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      var files = try files(place, 30)
      files[8] = TransferBatch.File("no/such/directory/f8", local: Array("f8".utf8), size: 800)
      try peer.home.makeDirectory("f9")
      try await peer.session { session in
        let batch = TransferBatch(.up, session, try LocalDirectory(place.path))
        var failed: Set<Int> = []
        try await batch.run(files) { event in if case .failed(let index, _) = event { failed.insert(index) } }
        #expect(failed == [8, 9])
      }
      for index in 0..<30 where index != 8 && index != 9 {
        let (one, other) = (try place.read("f\(index)"), try peer.home.read("f\(index)"))
        try require(one == other, "f\(index)")
      }
    }
  }

  @Test func severalSessionsShareTheWork() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let files = try files(place, 80)
      let opened = Atomic(0)
      let pool = SessionPool(limit: 4) { () async throws(ClientError) in
        opened.add(1, ordering: .relaxed)
        let session = try await peer.connect()
        try await session.login(Credentials(user: "bob", password: "secret"))
        return session
      }
      try await peer.session { session in
        var batch = TransferBatch(.up, session, try LocalDirectory(place.path))
        batch.pool = pool
        var copied = 0
        try await batch.run(files) { event in if case .copied = event { copied += 1 } }
        #expect(copied == 80)
      }
      await pool.quit()
      #expect(opened.load(ordering: .relaxed) == 3)
      for index in 0..<80 { try require(try place.read("f\(index)") == peer.home.read("f\(index)"), "f\(index)") }
    }
  }

  @Test func aServerThatAdmitsNoMoreIsNoFailure() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let files = try files(place, 40)
      let pool = SessionPool { () async throws(ClientError) in throw ClientError(.loginRefused, "too many") }
      try await peer.session { session in
        var batch = TransferBatch(.up, session, try LocalDirectory(place.path))
        batch.pool = pool
        var copied = 0
        try await batch.run(files) { event in if case .copied = event { copied += 1 } }
        #expect(copied == 40)
      }
    }
  }

  @Test func aTreeIsListedLevelByLevelOverOneConnection() async throws {
    try await Peer.with { peer in
      for outer in 0..<6 {
        try peer.home.makeDirectory("t\(outer)")
        for inner in 0..<5 {
          try peer.home.makeDirectory("t\(outer)/i\(inner)")
          try peer.home.write("t\(outer)/i\(inner)/f", [1])
        }
      }
      let log = Log()
      try await peer.session(log.options(.inClear)) { session in
        let tree = try await FileTree.read(session, "/")
        #expect(tree.entries.count == 6 + 30 + 30)
        #expect(log.count("EPSV") == 1)
        #expect(log.count("MLSD") == 37)
      }
    }
  }

  @Test func aCancelledPipelineLeavesTheSessionUsable() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let files = try files(peer.home, 60)
      try await peer.session { session in
        let directory = try LocalDirectory(place.path)
        for round in 0..<5 {
          let task = Task {
            let batch = TransferBatch(.down, session, directory)
            var count = 0
            try await batch.run(files) { _ in
              count += 1
              if count == 10 * round + 1 { withUnsafeCurrentTask { $0?.cancel() } }
            }
          }
          let result = await task.result
          if case .failure(let error) = result { #expect((error as? ClientError)?.code == .cancelled) }
          #expect(try await session.workingDirectory() == "/")
        }
        let batch = TransferBatch(.down, session, directory)
        try await batch.run(files)
      }
      for index in 0..<60 { try require(try place.read("f\(index)") == peer.home.read("f\(index)"), "f\(index)") }
    }
  }
}
