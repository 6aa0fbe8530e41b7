// The store in a file: what it keeps, whose it is, and that requests reach a running ledger.

import Quotas
import TestSupport
import Testing

@testable import SQLiteQuotas

@Suite struct SQLiteQuotaStoreTests {
  private let directory = try! TemporaryDirectory()
  private var path: String { directory.path + "/quotas" }

  @Test func keepsTalliesAndTraffic() throws {
    let key = TrafficKey(user: "host/älice", direction: "up", period: "2026-11")
    do {
      let store = try SQLiteQuotaStore(path, owning: true)
      #expect(try store.tally(of: "/srv/a") == nil)
      try store.save([
        StoredTally("/srv/a", QuotaUsage(bytes: 1 << 50, files: 3), isInUse: true),
        StoredTally("/srv/b'\"", QuotaUsage(bytes: 0, files: 0), isInUse: false),
      ])
      #expect(try store.add([key: 100]) == [key: 100])
      #expect(try store.add([key: 23]) == [key: 123])
    }
    let store = try SQLiteQuotaStore(path, owning: true)
    #expect(try store.tally(of: "/srv/a") == StoredTally("/srv/a", QuotaUsage(bytes: 1 << 50, files: 3), isInUse: true))
    #expect(try store.tallies().map(\.directory) == ["/srv/a", "/srv/b'\""])
    try store.save([StoredTally("/srv/a", QuotaUsage(bytes: 5, files: 1), isInUse: false)])
    #expect(try store.tally(of: "/srv/a")?.usage == QuotaUsage(bytes: 5, files: 1))
    #expect(try store.traffic(key) == 123)
  }

  @Test func belongsToOneServerAtATime() throws {
    #expect(!SQLiteQuotaStore.isOwned(path))
    do {
      let store = try SQLiteQuotaStore(path, owning: true)
      #expect(SQLiteQuotaStore.isOwned(path))
      #expect(throws: QuotaStoreError.self) { _ = try SQLiteQuotaStore(path, owning: true) }
      let other = try SQLiteQuotaStore(path, owning: false)
      try other.request("/srv/a")
      try other.request("/srv/a")
      #expect(try store.requests() == ["/srv/a"])
      try store.fulfilled("/srv/a")
      #expect(try other.requests() == [])
    }
    // A program that another test starts at this moment has a copy of the locked file until it is itself.
    #expect(Deadline.after(.seconds(60)).until { !SQLiteQuotaStore.isOwned(path) })
  }

  @Test func saysWhatIsWrong() throws {
    #expect(throws: QuotaStoreError.self) { _ = try SQLiteQuotaStore(directory.path + "/none/quotas", owning: true) }
    let text = "not a database, but long enough to be read as one: \(String(repeating: "x", count: 200))"
    _ = try directory.write("text", text)
    #expect(throws: QuotaStoreError.self) { _ = try SQLiteQuotaStore(directory.path + "/text", owning: true) }
  }

  @Test func aStoreGoesFromOneProcessToAnother() throws {
    let first = try SQLiteQuotaStore(path, owning: true)
    let second = try SQLiteQuotaStore(path, owning: false)
    #expect(throws: QuotaStoreError.self) { try second.own() }
    try first.save([StoredTally("/srv", QuotaUsage(bytes: 10, files: 1), isInUse: true)])
    first.release()
    try second.own()
    #expect(SQLiteQuotaStore.isOwned(path))
    try second.save([StoredTally("/srv", QuotaUsage(bytes: 30, files: 3), isInUse: true)])
    // What the first one counts from now on is not believed; it leaves word when nothing changes there any more.
    try first.save([StoredTally("/srv", QuotaUsage(bytes: 20, files: 2), isInUse: true)])
    #expect(try second.requests().isEmpty)
    try first.save([StoredTally("/srv", QuotaUsage(bytes: 20, files: 2), isInUse: false)])
    #expect(try second.tally(of: "/srv")?.usage == QuotaUsage(bytes: 30, files: 3))
    #expect(try second.requests() == ["/srv"])
    #expect(try first.requests().isEmpty)
    let key = TrafficKey(user: "alice", direction: "up", period: "2026-11")
    #expect(try first.add([key: 5]) == [key: 5])
    #expect(try second.add([key: 7]) == [key: 12])
  }
}
