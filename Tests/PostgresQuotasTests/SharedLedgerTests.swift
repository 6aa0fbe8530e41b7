// Several ledgers that share a real PostgreSQL: never more than the quota, no room lost, right counts after one is killed.

import Dispatch
import Glibc
import LinuxSystem
import PostgresClient
import PostgresQuotas
import Synchronization
import TestSupport
import Testing

@testable import Quotas

@Suite(.serialized, .enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
struct SharedLedgerTests {
  private static let home = "/srv/shared/\u{e4}'\"\\ {b,c}"

  @Test func threeServersTogetherFillTheQuotaAndNoMore() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let disk = Disk()
      let nodes = ["a", "b", "c"].map { Node(database, $0, disk) }
      let bound = QuotaBound([Self.home], bytes: 25_000_000, files: 200)
      for node in nodes { node.ledger.watch(bound.directories) }
      let most = Mutex(QuotaUsage())
      try inParallel(12) { number in
        let node = nodes[number % 3]
        for turn in 0..<20 {
          let size = Int64((turn * 7919 + number * 104_729) % 300_000)
          if try node.store(size, bound), turn % 5 == 4 { try node.remove(size, bound) }
          let now = disk.now
          most.withLock { $0 = QuotaUsage(bytes: max($0.bytes, now.bytes), files: max($0.files, now.files)) }
        }
      }
      let seen = most.withLock { $0 }
      try require(seen.bytes <= 25_000_000 && seen.files <= 200, "there was more than the quota: \(seen)")
      // What is left belongs to whoever asks for it, to the last byte: what others hold and do not use is given back.
      let left = 25_000_000 - disk.now.bytes
      try require(try !nodes[1].store(left + 1, bound), "more than was left")
      try require(try nodes[2].store(left, bound), "room was lost: \(left) bytes of \(disk.now)")
      try require(try !nodes[0].store(1, bound), "one byte more")
      for node in nodes {
        try require(
          Deadline.after(.seconds(30)).until { node.usage(bound) == disk.now },
          "\(String(describing: node.usage(bound))) is known, \(disk.now) is there")
      }
      // In order, so nobody counts again.
      let counts = disk.counts.load(ordering: .relaxed)
      for node in nodes { node.ledger.close() }
      let sum = try PostgresQuotaStore(PostgresOptions(database.socketConnection), server: nil, areFilesShared: true)
        .tallies()
      try require(sum == [StoredTally(Self.home, disk.now, isInUse: false)], "\(sum)")
      let again = Node(database, "a", disk)
      again.ledger.watch(bound.directories)
      try again.remove(10, bound)
      try require(disk.counts.load(ordering: .relaxed) == counts, "it was counted again")
      again.ledger.close()
    }
  }

  /// Two that want to count the same directory, while a third one changes something there: the first waits for the third only.
  @Test func whoWaitsToCountKeepsNobodyFromCounting() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let stores = ["a", "b", "c"].map {
        PostgresQuotaStore(PostgresOptions(database.socketConnection), server: $0, areFilesShared: true)
      }
      let (busy, first, second) = (stores[0], stores[1], stores[2])
      let used = QuotaUsage(bytes: 100, files: 1)
      try busy.save([StoredTally(Self.home, used, isInUse: true)])
      try require(try !first.beginScan(Self.home), "something changes there")
      try require(try !second.beginScan(Self.home), "the first has come before")
      try busy.save([StoredTally(Self.home, used, isInUse: false)])
      try require(try first.beginScan(Self.home), "nobody changes anything any more")
      try require(try first.endScan(Self.home, QuotaUsage(bytes: 150, files: 2)) == QuotaUsage(bytes: 50, files: 1), "")
      try first.save([StoredTally(Self.home, QuotaUsage(bytes: 50, files: 1), isInUse: false)])
      try require(try second.beginScan(Self.home), "the second comes after the first")
    }
  }

  @Test func eachServerMayHaveFilesOfItsOwn() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let nodes = ["a", "b"].map { Node(database, $0, Disk(), shared: false) }
      nodes[0].disk.usage.withLock { $0 = QuotaUsage(bytes: 600, files: 2) }
      nodes[1].disk.usage.withLock { $0 = QuotaUsage(bytes: 300, files: 1) }
      let bound = QuotaBound([Self.home], bytes: 1000, files: nil)
      for node in nodes {
        node.ledger.watch(bound.directories)
        try node.enter(QuotaEntry(bound.directories, .long))
      }
      try require(try nodes[1].store(100, bound), "within the quota of both together")
      try require(try !nodes[0].store(1, bound), "beyond the quota of both together")
      for node in nodes {
        try require(
          Deadline.after(.seconds(30)).until { node.usage(bound) == QuotaUsage(bytes: 1000, files: 4) },
          "\(String(describing: node.usage(bound)))")
      }
      for node in nodes { node.ledger.close() }
    }
  }

  /// A server dies with more on the disk than it has told; another one counts when it is certain that it is dead.
  @Test func whatADeadServerLeftIsCountedByTheOthers() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let disk = Disk()
      let bound = QuotaBound([Self.home], bytes: 10_000, files: nil)
      let survivor = Node(database, "survivor", disk, lease: 7)
      survivor.ledger.watch(bound.directories)
      try require(try survivor.store(1000, bound), "the first")
      var dying: Node? = Node(database, "dying", disk, lease: 7)
      dying?.ledger.watch(bound.directories)
      try require(try dying?.store(2000, bound) == true, "the second")
      // It goes without a word, and its last file is known to nobody.
      disk.usage.withLock { $0 += QuotaUsage(bytes: 5000, files: 1) }
      dying = nil
      // As long as nobody can tell, nobody gets what it held: 16 MiB more than there are.
      try require(try survivor.ask(QuotaUsage(bytes: 6000), bound) == .refused, "what the dead one may have used")
      let isCounted = Deadline.after(.seconds(60)).until {
        // A directory that was read again, as at a login after a restart.
        survivor.ledger.forget(bound.directories)
        try? survivor.enter(QuotaEntry(bound.directories))
        survivor.ledger.leave(QuotaEntry(bound.directories))
        return survivor.usage(bound) == QuotaUsage(bytes: 8000, files: 3)
      }
      try require(isCounted, "\(String(describing: survivor.usage(bound))) instead of 8000 bytes")
      try require(try survivor.store(2000, bound), "the rest")
      try require(try !survivor.store(1, bound), "beyond")
      survivor.ledger.close()
    }
  }

  @Test func withoutTheDatabaseWhatIsHeldIsUsedForAWhileAndThenNothing() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let disk = Disk()
      let bound = QuotaBound([Self.home], bytes: 1 << 40, files: nil)
      let node = Node(database, "a", disk, lease: 9)
      node.ledger.watch(bound.directories)
      try require(try node.store(1000, bound), "the first")
      let before = node.ledger.epoch
      database.kill()
      try require(try node.store(1000, bound), "what is held may be used")
      guard case .made(let epoch) = try node.ask(QuotaUsage(bytes: 5000), bound) else {
        throw TestFailure("what is held may be reserved")
      }
      // It has to do with what it holds.
      try require(
        try node.ask(QuotaUsage(bytes: 1 << 30), bound) == .unavailable, "there is nobody who could grant that")
      let isOver = Deadline.after(.seconds(30)).until { (try? node.ask(QuotaUsage(bytes: 1), bound)) == .unavailable }
      try require(isOver, "the lease does not end")
      disk.usage.withLock { $0 += QuotaUsage(bytes: 77, files: 1) }
      try database.start()
      // Others may have taken it for dead: it counts again, and what was reserved is void.
      try require(try node.store(1000, bound), "after the return")
      try require(node.ledger.epoch > before, "nothing has become void")
      node.ledger.settle(QuotaUsage(), in: bound.directories, reserved: QuotaUsage(bytes: 5000), epoch: epoch)
      try require(node.usage(bound) == disk.now, "\(String(describing: node.usage(bound))), \(disk.now)")
      node.ledger.close()
    }
  }

  @Test func bytesOfADayAreSharedToTheLast() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let disk = Disk()
      let nodes = ["a", "b"].map { Node(database, $0, disk) }
      let key = TrafficKey(user: "al'ice", direction: "down", period: "2026-11-29")
      for node in nodes {
        try require(
          Deadline.after(.seconds(60)).until { node.ledger.prepare([key], wake: {}) }, "what was moved is not known")
      }
      let limit: Int64 = 20_000_000
      let sum = Atomic<Int64>(0)
      try inParallel(6) { number in
        let ledger = nodes[number % 2].ledger
        let deadline = Deadline.after(.seconds(60))
        while true {
          try require(!deadline.hasPassed, "it does not end")
          guard let taken = ledger.take(upTo: 50_000, of: [(key, limit)]) else {
            usleep(5000)
            continue
          }
          if taken == 0 { return }
          sum.add(taken, ordering: .relaxed)
        }
      }
      try require(sum.load(ordering: .relaxed) == limit, "\(sum.load(ordering: .relaxed)) of \(limit)")
      for node in nodes {
        try require(Deadline.after(.seconds(30)).until { node.ledger.moved(key) == limit }, "\(node.ledger.moved(key))")
        node.ledger.close()
      }
      let again = Node(database, "a", disk)
      try require(Deadline.after(.seconds(60)).until { again.ledger.prepare([key], wake: {}) }, "again")
      try require(again.ledger.moved(key) == limit, "\(again.ledger.moved(key)) after a restart")
      again.ledger.close()
    }
  }

  @Test func aNameIsForOneServer() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let options = PostgresOptions(database.socketConnection)
      let first = PostgresQuotaStore(options, server: "a", areFilesShared: true)
      _ = try first.renew()
      let second = PostgresQuotaStore(options, server: "a", areFilesShared: true)
      var words = "nothing"
      do throws(QuotaStoreError) { _ = try second.renew() } catch { words = error.description }
      try require(words.contains("another server has the name a"), words)
    }
  }
}
