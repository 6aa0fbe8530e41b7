// One file over several connections against a real server: whole, gone on with after breaks, with fewer sessions than asked for.

import Accounts
import FTPProtocol
import FTPServer
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(5)), .onThreads) struct SegmentedTransferTests {
  static let size = 9_000_017
  static let content = pattern(size, seed: 5)
  static let name = Array("b".utf8)

  struct Scene {
    let peer: Peer
    let session: ClientSession
    let place: TemporaryDirectory
    let directory: LocalDirectory
    let pool: SessionPool

    func transfer(_ connections: SegmentOptions.Connections, _ change: (inout SegmentOptions) -> Void = { _ in })
      -> SegmentedTransfer
    {
      var options = SegmentOptions(connections)
      options.block = 100_000
      change(&options)
      return SegmentedTransfer(session, pool: pool, options)
    }
  }

  /// A server with `a`, a session with it, and an empty directory of this host.
  static func with(
    _ configuration: ServerConfiguration = .relaxed { _ in }, _ options: ClientOptions = .inClear,
    hasRanges: Bool = true, _ body: (Scene) async throws -> Void
  ) async throws {
    try await Peer.with(configuration) { peer in
      try peer.home.write("a", content)
      let place = try TemporaryDirectory()
      let pool = SessionPool(limit: 20) { () async throws(ClientError) in
        let session = try await peer.connect(options)
        try await session.login(Credentials(user: "bob", password: "secret"))
        if !hasRanges { await session.forgetRanges() }
        return session
      }
      try await peer.session(options) { session in
        if !hasRanges { await session.forgetRanges() }
        try await session.setModificationTime("a", 1_234_567_890)
        try await body(
          Scene(
            peer: peer, session: session, place: place, directory: LocalDirectory(place.path), pool: pool))
      }
      await pool.quit()
    }
  }

  @Test(arguments: [1, 2, 10]) func down(_ count: Int) async throws {
    try await Self.with { scene in
      let transfer = scene.transfer(.count(count))
      let report = try await transfer.fetch("a", to: Self.name, in: scene.directory)
      #expect(report.size == UInt64(Self.size))
      #expect(report.resumedAt == 0)
      #expect(try scene.place.read("b") == Self.content)
      #expect(try scene.place.names() == ["b"])
      #expect(try scene.directory.status(Self.name)?.modified == 1_234_567_890)
      #expect(transfer.progress.connections.count <= count)
      // All of it has come, and little of it twice.
      #expect(transfer.progress.bytes >= UInt64(Self.size))
      #expect(await scene.session.isOpen)
    }
  }

  @Test func underTLS() async throws {
    try await Self.with(.relaxed { _ in }, .underTLS) { scene in
      _ = try await scene.transfer(.count(4)).fetch("a", to: Self.name, in: scene.directory)
      #expect(try scene.place.read("b") == Self.content)
      _ = try await scene.transfer(.count(4)).deliver(Self.name, in: scene.directory, to: "up")
      #expect(try scene.peer.home.read("up") == Self.content)
    }
  }

  @Test func byREST() async throws {
    try await Self.with(hasRanges: false) { scene in
      #expect(await !scene.session.features.sendsRanges)
      _ = try await scene.transfer(.count(3)).fetch("a", to: Self.name, in: scene.directory)
      #expect(try scene.place.read("b") == Self.content)
      // Broken off behind the last byte that was wanted, the sessions are at rest again.
      try await scene.session.noop()
    }
  }

  @Test func automatic() async throws {
    try await Self.with { scene in
      let transfer = scene.transfer(.automatic)
      _ = try await transfer.fetch("a", to: Self.name, in: scene.directory)
      #expect(try scene.place.read("b") == Self.content)
      #expect(transfer.progress.mostActive <= SegmentOptions.usual)
    }
  }

  @Test func emptyAndSmallFiles() async throws {
    try await Self.with { scene in
      for size in [0, 1, 70_000] {
        try scene.peer.home.write("s", pattern(size))
        _ = try await scene.transfer(.count(4)).fetch("s", to: Array("s".utf8), in: scene.directory)
        #expect(try scene.place.read("s") == pattern(size))
        _ = try await scene.transfer(.count(4)).deliver(Array("s".utf8), in: scene.directory, to: "s2")
        #expect(try scene.peer.home.read("s2") == pattern(size))
      }
    }
  }

  @Test func aServerThatAdmitsTwoSessionsIsNoFailure() async throws {
    try await Self.with(.relaxed { $0.limits.sessionsPerUser = 2 }) { scene in
      let transfer = scene.transfer(.count(6))
      _ = try await transfer.fetch("a", to: Self.name, in: scene.directory)
      #expect(try scene.place.read("b") == Self.content)
      #expect(transfer.progress.mostActive <= 2)
    }
  }

  @Test func sessionsAreKeptForTheNextFile() async throws {
    let opened = Atomic<Int>(0)
    try await Self.with { scene in
      let peer = scene.peer
      let pool = SessionPool(limit: 20) { () async throws(ClientError) in
        opened.add(1, ordering: .relaxed)
        let session = try await peer.connect()
        try await session.login(Credentials(user: "bob", password: "secret"))
        return session
      }
      for name in ["x", "y", "z"] {
        var options = SegmentOptions(.count(3))
        options.block = 100_000
        let transfer = SegmentedTransfer(scene.session, pool: pool, options)
        _ = try await transfer.fetch("a", to: Array(name.utf8), in: scene.directory)
        #expect(try scene.place.read(name) == Self.content)
      }
      await pool.quit()
      #expect(opened.load(ordering: .relaxed) <= 2)
    }
  }

  // MARK: breaks

  /// Cancels a transfer once so much has moved.
  private func broken(
    _ transfer: SegmentedTransfer, after bytes: UInt64,
    _ body: @escaping @Sendable () async throws -> WholeFileReport
  ) async throws {
    let task = Task { try await body() }
    try await until("\(bytes) bytes have moved") { transfer.progress.bytes >= bytes }
    task.cancel()
    let error = try await clientError { _ = try await task.value }
    #expect(error.code == .cancelled)
  }

  @Test func aDownloadGoesOnWhereItWasBrokenOff() async throws {
    var slow = ServerConfiguration.relaxed { _ in }
    slow.rates.down = ByteRate(bytesPerSecond: 10_000_000)
    try await Self.with(slow) { scene in
      let first = scene.transfer(.count(3))
      let directory = scene.directory
      try await broken(first, after: 5_000_000) { try await first.fetch("a", to: Self.name, in: directory) }
      #expect(try scene.place.names() == [".b.weftp", ".b.weftp-part"])
      // Nobody takes it for whole, over one connection neither.
      let second = scene.transfer(.count(3))
      let report = try await second.fetch("a", to: Self.name, in: directory)
      #expect(try scene.place.read("b") == Self.content)
      #expect(try scene.place.names() == ["b"])
      #expect(report.resumedAt > 1_000_000)
      #expect(second.progress.bytes + report.resumedAt < UInt64(Self.size) + 1_000_000)
    }
  }

  @Test func oneConnectionGoesOnWithWhatSeveralHaveLeft() async throws {
    var slow = ServerConfiguration.relaxed { _ in }
    slow.rates.down = ByteRate(bytesPerSecond: 10_000_000)
    try await Self.with(slow) { scene in
      let first = scene.transfer(.count(3))
      let directory = scene.directory
      try await broken(first, after: 5_000_000) { try await first.fetch("a", to: Self.name, in: directory) }
      let meter = TransferMeter()
      let report = try await scene.session.fetch("a", to: Self.name, in: directory, meter: meter)
      #expect(try scene.place.read("b") == Self.content)
      #expect(report.resumedAt > 1_000_000)
      #expect(meter.bytes < UInt64(Self.size) - 1_000_000)
    }
  }

  @Test func aFlippedByteOfThePartIsFoundAndRepaired() async throws {
    var slow = ServerConfiguration.relaxed { _ in }
    slow.rates.down = ByteRate(bytesPerSecond: 10_000_000)
    try await Self.with(slow) { scene in
      let first = scene.transfer(.count(2))
      let directory = scene.directory
      try await broken(first, after: 6_000_000) { try await first.fetch("a", to: Self.name, in: directory) }
      var part = try scene.place.read(".b.weftp-part")
      #expect(part.count == Self.size)
      part[100] ^= 1
      try scene.place.write(".b.weftp-part", part)
      let report = try await scene.transfer(.count(2)).fetch("a", to: Self.name, in: directory)
      #expect(report.resumedAt > 1_000_000)
      #expect(try scene.place.read("b") == Self.content)
    }
  }

  @Test func anotherVersionIsNotMixedIn() async throws {
    var slow = ServerConfiguration.relaxed { _ in }
    slow.rates.down = ByteRate(bytesPerSecond: 10_000_000)
    try await Self.with(slow) { scene in
      let first = scene.transfer(.count(2))
      let directory = scene.directory
      try await broken(first, after: 6_000_000) { try await first.fetch("a", to: Self.name, in: directory) }
      // The same size; only the first MiB and the last are others.
      var content = Self.content
      content[5] ^= 1
      content[Self.size - 1] ^= 1
      try scene.peer.home.write("a", content)
      try await scene.session.setModificationTime("a", 1_300_000_000)
      let report = try await scene.transfer(.count(2)).fetch("a", to: Self.name, in: directory)
      #expect(try scene.place.read("b") == content)
      // The rest was proved by digests of its pieces.
      #expect(report.resumedAt > 1_000_000)
    }
  }

  @Test func aPartOfOneConnectionIsGoneOnWithAndRepaired() async throws {
    try await Self.with { scene in
      var part = Array(Self.content[..<5_000_000])
      try scene.place.write(".b.weftp-part", part)
      let whole = try await scene.transfer(.count(3)).fetch("a", to: Self.name, in: scene.directory)
      #expect(whole.resumedAt == 5_000_000)
      part[17] ^= 1
      try scene.place.write(".c.weftp-part", part)
      let meter = TransferMeter()
      let report = try await scene.session.fetch("a", to: Array("c".utf8), in: scene.directory, meter: meter)
      #expect(report.resumedAt == 5_000_000 - (1 << 20))
      #expect(meter.bytes == UInt64(Self.size) - report.resumedAt)
      #expect(try scene.place.read("c") == Self.content)
    }
  }

  @Test func aSessionThatEndsIsReplaced() async throws {
    var slow = ServerConfiguration.relaxed { _ in }
    slow.rates.down = ByteRate(bytesPerSecond: 3_000_000)
    try await Self.with(slow) { scene in
      let transfer = scene.transfer(.count(3)) { $0.pause = .milliseconds(20) }
      // One of three, thrice.
      try await whileSessionsEnd(scene.peer.server, at: [1_500_000, 3_000_000, 4_500_000]) {
        transfer.progress.bytes
      } of: {
        _ = try await transfer.fetch("a", to: Self.name, in: scene.directory)
      }
      #expect(try scene.place.read("b") == Self.content)
      #expect(transfer.progress.retries > 0)
      #expect(transfer.progress.bytes < UInt64(Self.size) + 2_000_000)
    }
  }

  @Test func whatIsRefusedEndsAllConnections() async throws {
    try await Self.with { scene in
      var entry = ListedEntry(name: Array("gone".utf8), kind: .file)
      entry.size = 5_000_000
      entry.modified = ListedTime(seconds: 1, precision: .second)
      let known = entry
      let error = try await clientError {
        _ = try await scene.transfer(.count(3)).fetch("gone", to: Self.name, in: scene.directory, entry: known)
      }
      #expect(error.code == .refused)
      #expect(!(try scene.place.names().contains("b")))
    }
  }

  // MARK: verification

  @Test func onlyWhatDiffersIsFetchedAgain() async throws {
    try await Self.with { scene in
      var whole = WholeFileOptions()
      whole.verifies = true
      let report = try await scene.transfer(.count(3)).fetch("a", to: Self.name, in: scene.directory, whole)
      #expect(report.size == UInt64(Self.size))
      #expect(try scene.place.read("b") == Self.content)
      // A part that its control file calls whole, with bytes that are not the source's.
      var wrong = Self.content
      wrong[4_000_000] ^= 1
      try scene.place.write(".c.weftp-part", wrong)
      let source = ControlFile.Source(
        place: Array("127.0.0.1:\(scene.session.peer.port) a".utf8), size: Int64(Self.size), modified: "1234567890.0",
        unique: try await scene.session.facts("a").unique)
      let part = try File.open(scene.place.path(of: ".c.weftp-part"), flags: O_RDONLY)
      let sum = try LocalDigest.of(part.number, .crc32, first: nil)
      _ = try ControlFile(
        source, [ControlFile.Record(range: 0..<Int64(Self.size), checkSum: sum, isSynced: true)],
        for: Array("c".utf8), in: scene.directory)
      let transfer = scene.transfer(.count(3))
      _ = try await transfer.fetch("a", to: Array("c".utf8), in: scene.directory, whole)
      #expect(try scene.place.read("c") == Self.content)
      #expect(transfer.progress.bytes > 0)
      #expect(transfer.progress.bytes < UInt64(Self.size) - 1_000_000)
    }
  }
}

extension ClientSession {
  /// As if the server had not told that it can do RANG.
  fileprivate func forgetRanges() {
    features = ServerFeatures(features: features.features.filter { $0.label != "RANG" })
  }
}

/// Runs `body`, and ends a session that is in a transfer each time so many bytes have moved. It does so on a thread of its own: Swift's shared
/// ones may be busy for longer than the transfer takes.
func whileSessionsEnd(
  _ server: FTPServer, at goals: [UInt64], moved: @escaping @Sendable () -> UInt64, of body: () async throws -> Void
) async throws {
  let isOver = Flag()
  async let ended: Void = Blocking.onOwnThread {
    for goal in goals {
      while moved() < goal, !isOver.isRaised { poll(nil, 0, 1) }
      while !isOver.isRaised {
        let victim = server.sessions.first { $0.transfer != nil }
        if let victim, server.end(session: victim.id, saying: "enough") { break }
        poll(nil, 0, 1)
      }
    }
  }
  defer { isOver.raise() }
  try await body()
  isOver.raise()
  try await ended
}

private final class Flag: Sendable {
  private let state = Atomic<Bool>(false)
  var isRaised: Bool { state.load(ordering: .acquiring) }
  func raise() { state.store(true, ordering: .releasing) }
}
