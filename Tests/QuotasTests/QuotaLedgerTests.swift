// Counts in memory: bounds that hold whoever comes at once, turns, and what is counted anew.

import Synchronization
import Testing

@testable import Quotas

@Suite struct QuotaLedgerTests {
  private let disk = Disk()
  private let store = MemoryStore()
  private let home = "/srv/alice"

  private func usage(_ ledger: QuotaLedger, _ directory: String) -> QuotaUsage? {
    ledger.standings([QuotaBound([directory], bytes: nil, files: nil)])?.first?.usage
  }

  @Test func countsADirectoryWhenItIsFirstUsed() async {
    disk.usage.withLock { $0[home] = QuotaUsage(bytes: 700, files: 3) }
    let ledger = disk.ledger(store)
    #expect(!ledger.isActive)
    ledger.watch([home])
    #expect(ledger.isActive)
    await ledger.change(QuotaUsage(bytes: 100, files: 1), in: [home])
    #expect(usage(ledger, home) == QuotaUsage(bytes: 800, files: 4))
    // The store knew of the use before anything changed.
    #expect(store[home]?.isInUse == true)
  }

  @Test func whatWasLeftInOrderIsNotCountedAgain() async {
    var ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(bytes: 100, files: 1), in: [home])
    ledger.close()
    #expect(store[home] == StoredTally(home, QuotaUsage(bytes: 100, files: 1), isInUse: false))
    let counts = disk.counts.withLock { $0.count }
    ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(bytes: 10, files: 0), in: [home])
    #expect(usage(ledger, home) == QuotaUsage(bytes: 110, files: 1))
    #expect(disk.counts.withLock { $0.count } == counts)
  }

  @Test func whatWasInUseAtAKillIsCountedAnew() async {
    var ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(bytes: 100, files: 1), in: [home])
    // No close: it was killed, and the disk has what nobody stored.
    disk.usage.withLock { $0[home] = QuotaUsage(bytes: 300, files: 2) }
    ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(), in: [home])
    #expect(usage(ledger, home) == QuotaUsage(bytes: 300, files: 2))
  }

  @Test func countsAgainWhenAsked() async {
    let ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(bytes: 100, files: 1), in: [home])
    // Somebody has put a file there behind the server's back.
    disk.usage.withLock { $0[home] = QuotaUsage(bytes: 900, files: 5) }
    #expect(ledger.recount(home, within: .seconds(60)) == QuotaUsage(bytes: 900, files: 5))
    #expect(usage(ledger, home) == QuotaUsage(bytes: 900, files: 5))
    // Of another directory nothing is kept, and nothing will be.
    disk.usage.withLock { $0["/srv/other"] = QuotaUsage(bytes: 7, files: 1) }
    #expect(ledger.recount("/srv/other", within: .seconds(60)) == QuotaUsage(bytes: 7, files: 1))
    #expect(ledger.tallies(within: "/srv/other").isEmpty)
  }

  @Test func findsTheDirectoriesOfAPath() {
    let ledger = disk.ledger(store)
    ledger.watch(["/srv/a", "/srv/a/b", "/srv/ab", "/"])
    #expect(ledger.tallies(containing: "/srv/a/b/c") == ["/", "/srv/a", "/srv/a/b"])
    #expect(ledger.tallies(containing: "/srv/abc") == ["/"])
    #expect(ledger.tallies(containing: "/srv/a/\u{301}x") == ["/", "/srv/a"])
    #expect(ledger.tallies(within: "/srv/a").sorted() == ["/srv/a", "/srv/a/b"])
  }

  @Test func reservesNoMoreThanThereIsRoomForWhoeverComesAtOnce() async {
    let ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(), in: [home])
    let bound = QuotaBound([home], bytes: 1_000_000, files: 30)
    let home = home
    let admitted = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask {
          var count = 0
          for _ in 0..<100
          where ledger.reserve(QuotaUsage(bytes: 1_000, files: 0), in: [home], within: [bound]) { count += 1 }
          return count
        }
      }
      return await group.reduce(0, +)
    }
    #expect(admitted == 1000)
    #expect(!ledger.reserve(QuotaUsage(bytes: 1), in: [home], within: [bound]))
    #expect(ledger.reserve(QuotaUsage(bytes: -1), in: [home], within: [bound]))
    #expect(!ledger.reserve(QuotaUsage(files: 31), in: [home], within: [bound]))
    #expect(ledger.reserve(QuotaUsage(files: 30), in: [home], within: [bound]))
  }

  @Test func aBoundOfSeveralDirectoriesIsOfTheirSum() async {
    let ledger = disk.ledger(store)
    let bound = QuotaBound(["/a", "/b", "/a/c"], bytes: 100, files: nil)
    #expect(bound.directories == ["/a", "/b"])
    ledger.watch(bound.directories)
    await ledger.change(QuotaUsage(bytes: 60, files: 1), in: ["/a"])
    await ledger.change(QuotaUsage(bytes: 30, files: 1), in: ["/b"])
    #expect(ledger.reserve(QuotaUsage(bytes: 10), in: ["/b"], within: [bound]))
    #expect(!ledger.reserve(QuotaUsage(bytes: 1), in: ["/a"], within: [bound]))
    // Elsewhere it does not hold.
    ledger.watch(["/d"])
    #expect(ledger.reserve(QuotaUsage(bytes: 1), in: ["/d"], within: [bound]))
  }

  @Test func settlingGivesBackWhatWasReserved() async {
    let ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(bytes: 50, files: 1), in: [home])
    let reserved = QuotaUsage(bytes: 100, files: 1)
    #expect(ledger.reserve(reserved, in: [home], within: []))
    #expect(usage(ledger, home) == QuotaUsage(bytes: 150, files: 2))
    ledger.settle(QuotaUsage(bytes: 70, files: 1), in: [home], reserved: reserved)
    #expect(usage(ledger, home) == QuotaUsage(bytes: 120, files: 2))
  }

  @Test func aNameIsChangedByOneAtATime() async {
    let ledger = disk.ledger(store)
    ledger.watch([home])
    let entry = QuotaEntry([home], names: ["/srv/alice/f"])
    await ledger.waitToEnter(entry)
    let woken = Mutex(0)
    let began = ledger.enter(entry, wake: { woken.withLock { $0 += 1 } })
    #expect(!began)
    #expect(ledger.tryToEnter(QuotaEntry([home], names: ["/srv/alice/g"])))
    ledger.leave(entry)
    #expect(woken.withLock { $0 } == 1)
    #expect(ledger.tryToEnter(entry))
  }

  @Test func whoWantsToBeAloneIsNotKeptWaitingByOthers() async {
    let ledger = disk.ledger(store)
    ledger.watch([home])
    let short = QuotaEntry([home])
    let alone = QuotaEntry([home], .alone)
    await ledger.waitToEnter(short)
    #expect(!ledger.tryToEnter(alone))
    #expect(!ledger.tryToEnter(short))
    ledger.leave(short)
    #expect(ledger.tryToEnter(alone))
    #expect(!ledger.tryToEnter(short))
    ledger.leave(alone)
    #expect(ledger.tryToEnter(short))
    // One who gives up lets the others go on.
    #expect(!ledger.tryToEnter(alone))
    ledger.withdraw(alone)
    #expect(ledger.tryToEnter(short))
  }

  @Test func filesThatGrowAreCountedAsTheyAre() async {
    let ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(), in: [home])
    let name = "/srv/alice/f"
    ledger.beginGrowing(name, from: QuotaUsage())
    ledger.beginGrowing(name, from: QuotaUsage(bytes: 40, files: 1))
    #expect(
      ledger.change(of: name, from: QuotaUsage(), to: QuotaUsage(bytes: 100, files: 1))
        == QuotaUsage(bytes: 100, files: 1))
    #expect(ledger.counted(ofGrowing: name) == QuotaUsage(bytes: 100, files: 1))
    ledger.endGrowing(name)
    #expect(
      ledger.change(of: name, from: QuotaUsage(bytes: 40, files: 1), to: QuotaUsage(bytes: 150, files: 1))
        == QuotaUsage(bytes: 50, files: 0))
    ledger.endGrowing(name)
    #expect(
      ledger.change(of: name, from: QuotaUsage(bytes: 150, files: 1), to: QuotaUsage())
        == QuotaUsage(bytes: -150, files: -1))
  }

  @Test func whatIsForgottenIsCountedBeforeAnythingElseChanges() async {
    let ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(bytes: 100, files: 1), in: [home])
    disk.usage.withLock { $0[home] = QuotaUsage(bytes: 7, files: 7) }
    ledger.forget([home])
    await ledger.change(QuotaUsage(), in: [home])
    #expect(usage(ledger, home) == QuotaUsage(bytes: 7, files: 7))
  }

  @Test func aStoreThatFailsKeepsNobodyWaiting() async {
    store.contents.withLock { $0.failure = QuotaStoreError("gone") }
    let ledger = disk.ledger(store)
    ledger.watch([home])
    await ledger.change(QuotaUsage(bytes: 1, files: 1), in: [home])
    #expect(usage(ledger, home) == QuotaUsage(bytes: 1, files: 1))
  }

  // MARK: traffic

  @Test func trafficIsTakenTogetherAndStored() async {
    let ledger = disk.ledger(store)
    let day = TrafficKey(user: "alice", direction: "down", period: "2026-11-29")
    let month = TrafficKey(user: "alice", direction: "down", period: "2026-11")
    store.contents.withLock { $0.traffic[month] = 900 }
    await prepare(ledger, [day, month])
    let limits = [(key: day, limit: Int64(500)), (key: month, limit: Int64(1000))]
    #expect(ledger.take(upTo: 60, of: limits) == 60)
    #expect(ledger.take(upTo: 60, of: limits) == 40)
    #expect(ledger.take(upTo: 60, of: limits) == 0)
    ledger.giveBack(10, to: [day, month])
    #expect(ledger.moved(day) == 90 && ledger.moved(month) == 990)
    ledger.close()
    #expect(store.contents.withLock { $0.traffic } == [day: 90, month: 990])
    let next = TrafficKey(user: "alice", direction: "down", period: "2026-11-30")
    await prepare(ledger, [next])
    #expect(ledger.moved(next) == 0)
  }

  private func prepare(_ ledger: QuotaLedger, _ keys: [TrafficKey]) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      if ledger.prepare(keys, wake: { continuation.resume() }) { continuation.resume() }
    }
  }
}
