// A process takes over the name of a server that still has sessions: both count on one disk under one quota (decision 0062).

import LinuxSystem
import PostgresClient
import PostgresQuotas
import Synchronization
import TestSupport
import Testing

@testable import Quotas

@Suite(.serialized, .enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
struct SuccessorLedgerTests {
  private static let home = "/srv/shared"
  private static let limit: Int64 = 100_000_000

  private static func requireRight(_ nodes: [Node], _ bound: QuotaBound, _ truth: QuotaUsage, _ when: String) throws {
    for node in nodes {
      try require(
        Deadline.after(.seconds(30)).until { node.usage(bound) == truth },
        "\(when): \(String(describing: node.usage(bound))) is known, \(truth) is there")
    }
  }

  /// - Parameter areFilesShared: all servers see one disk; else only the two processes of one server do.
  @Test(arguments: [true, false]) func anUploadGoesOnBesideTheSuccessor(_ areFilesShared: Bool) async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let disk = Disk()
      let elsewhere = areFilesShared ? disk : Disk()
      let bound = QuotaBound([Self.home], bytes: UInt64(Self.limit), files: nil)
      func truth() -> QuotaUsage { areFilesShared ? disk.now : disk.now + elsewhere.now }
      let old = Node(database, "a", disk, shared: areFilesShared)
      let other = Node(database, "b", elsewhere, shared: areFilesShared)
      for node in [old, other] { node.ledger.watch(bound.directories) }
      try require(try old.store(1000, bound) && other.store(2000, bound), "the first")
      // An upload of which nobody knows how long it will be.
      guard case .made(let epoch) = try old.ask(QuotaUsage(bytes: 1_000_000, files: 1), bound) else {
        throw TestFailure("an upload may not begin")
      }
      let counts = disk.counts.load(ordering: .relaxed)
      old.ledger.flush()
      old.store.release()
      let new = Node(database, "a", disk, shared: areFilesShared)
      new.ledger.watch(bound.directories)
      try require(try new.store(3000, bound), "the successor's first")
      try require(disk.counts.load(ordering: .relaxed) == counts, "the successor has counted what the other knows")
      // It needs more than the old process held when it lost the name.
      guard case .made(let later) = try old.ask(QuotaUsage(bytes: 40_000_000), bound), later == epoch else {
        throw TestFailure("the upload may not go on")
      }
      let file = QuotaUsage(bytes: 41_000_000, files: 1)
      let entry = QuotaEntry(bound.directories)
      try old.enter(entry)
      disk.usage.withLock { $0 += file }
      old.ledger.settle(file, in: bound.directories, reserved: file, epoch: epoch)
      old.ledger.leave(entry)
      let left = Self.limit - truth().bytes
      try require(try !new.store(left + 1, bound), "the successor gets more than is left")
      try require(try other.store(left, bound), "room was lost: \(left) bytes")
      try require(try !old.store(1, bound) && !new.store(1, bound), "one byte more")
      try Self.requireRight([old, new, other], bound, truth(), "all live")
      // One of them counts while the other waits, and each part is right then.
      new.ledger.forget(bound.directories)
      try new.remove(500, bound)
      try require(disk.counts.load(ordering: .relaxed) > counts, "it was not counted again")
      try old.remove(500, bound)
      try Self.requireRight([old, new, other], bound, truth(), "counted again")
      old.ledger.close()
      try require(try new.store(1000, bound), "what the old one gave back")
      try Self.requireRight([new, other], bound, truth(), "the old one has ended")
      for node in [new, other] { node.ledger.close() }
      let before = disk.counts.load(ordering: .relaxed)
      let again = Node(database, "a", disk, shared: areFilesShared)
      again.ledger.watch(bound.directories)
      try again.remove(10, bound)
      try Self.requireRight([again], bound, truth(), "a new start")
      try require(disk.counts.load(ordering: .relaxed) == before, "a new start counts again")
      let servers = try again.store.servers().map(\.name)
      try require(servers.contains("a") && servers.allSatisfy { $0.utf8.count == 1 }, "\(servers)")
      again.ledger.close()
    }
  }

  /// The old process is killed when its successor has the name, and what it wrote last is known to nobody.
  @Test func whatAKilledPredecessorLeftIsCounted() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let disk = Disk()
      let bound = QuotaBound([Self.home], bytes: UInt64(Self.limit), files: nil)
      var old: Node? = Node(database, "a", disk, shared: false, lease: 6)
      old?.ledger.watch(bound.directories)
      try require(try old?.store(1000, bound) == true, "the first")
      old?.ledger.flush()
      old?.store.release()
      let new = Node(database, "a", disk, shared: false, lease: 6)
      new.ledger.watch(bound.directories)
      try require(try new.store(2000, bound) && old?.store(3000, bound) == true, "both")
      disk.usage.withLock { $0 += QuotaUsage(bytes: 5000, files: 1) }
      old = nil
      new.ledger.close()
      let looker = PostgresQuotaStore(
        PostgresOptions(database.socketConnection), server: nil, areFilesShared: false)
      let isOver = try Deadline.after(.seconds(60)).until { try looker.servers().allSatisfy { !$0.isAlive } }
      try require(isOver, "\(try looker.servers())")
      let again = Node(database, "a", disk, shared: false, lease: 6)
      again.ledger.watch(bound.directories)
      try require(try again.store(4000, bound), "a new start")
      try Self.requireRight([again], bound, QuotaUsage(bytes: 15_000, files: 5), "a new start")
      again.ledger.close()
      try require(try looker.forget(server: "a") && looker.tallies().isEmpty, "\(try looker.tallies())")
    }
  }
}
