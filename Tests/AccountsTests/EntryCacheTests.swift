// EntryCache: what is given out, for how long, and how much is kept.

import LinuxSystem
import Testing

@testable import Accounts

@Suite struct EntryCacheTests {
  private func entry(_ name: String) -> UserEntry {
    UserEntry(name: bytes(name), hash: "*", home: "/", permissions: .readOnly)
  }

  @Test func nothingHoldsBeforeSomebodyVouches() {
    let cache = EntryCache(capacity: 4)
    cache.keep(entry("a"))
    #expect(cache.entry(named: bytes("a")) == nil)
    cache.vouch()
    #expect(cache.entry(named: bytes("a"))?.name == bytes("a"))
    #expect(cache.entry(named: bytes("b")) == nil)
  }

  @Test func anEntryHoldsForAsLongAsAChangeMayGoUnseen() {
    let cache = EntryCache(capacity: 4, freshness: .seconds(1))
    let start = MonotonicTime.now
    cache.keep(entry("a"))
    cache.vouch(at: start)
    #expect(cache.entry(named: bytes("a"), at: start.advanced(by: 999_999_999)) != nil)
    #expect(cache.entry(named: bytes("a"), at: start.advanced(by: 1_000_000_000)) == nil)
    cache.vouch(at: start.advanced(by: 2_000_000_000))
    #expect(cache.entry(named: bytes("a"), at: start.advanced(by: 2_500_000_000)) != nil)
  }

  @Test func whatHasChangedIsForgotten() {
    let cache = EntryCache(capacity: 8)
    for name in ["a", "b", "c"] { cache.keep(entry(name)) }
    cache.vouch()
    cache.forget(bytes("b"))
    #expect(cache.entry(named: bytes("a")) != nil)
    #expect(cache.entry(named: bytes("b")) == nil)
    cache.forgetAll()
    #expect(cache.count == 0)
    cache.keep(entry("a"))
    #expect(cache.entry(named: bytes("a")) == nil)
  }

  @Test func theNumberIsBoundedAndWhatIsAskedForStays() {
    let cache = EntryCache(capacity: 10)
    cache.vouch()
    cache.keep(entry("often"))
    for number in 0..<1000 {
      cache.keep(entry("user\(number)"))
      #expect(cache.count <= 10)
      #expect(cache.entry(named: bytes("often")) != nil)
    }
    #expect(cache.entry(named: bytes("user0")) == nil)
    #expect(cache.entry(named: bytes("user999")) != nil)
  }

  @Test func withoutCapacityNothingIsKept() {
    let cache = EntryCache(capacity: 0)
    cache.vouch()
    cache.keep(entry("a"))
    #expect(cache.entry(named: bytes("a")) == nil)
  }
}
