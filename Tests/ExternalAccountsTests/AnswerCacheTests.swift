// AnswerCache: only the very same question is answered from it, for a time, and the number is bounded.

import Accounts
import LinuxSystem
import Testing

@testable import ExternalAccounts

@Suite struct AnswerCacheTests {
  private let entry = UserEntry(name: bytes("a"), hash: "*", home: "/", permissions: .readOnly)

  @Test func theSameQuestionForATime() {
    let cache = AnswerCache(time: .seconds(10))
    let now = MonotonicTime.now
    cache.keep(entry, for: bytes("question"), at: now)
    #expect(cache.entry(for: bytes("question"), at: now.advanced(by: 9_000_000_000)) == entry)
    #expect(cache.entry(for: bytes("Question"), at: now) == nil)
    #expect(cache.entry(for: bytes("question"), at: now.advanced(by: 10_000_000_000)) == nil)
    #expect(cache.entry(for: bytes("question"), at: now) == nil)
  }

  @Test func withoutTimeNothingIsKept() {
    let cache = AnswerCache(time: .zero)
    cache.keep(entry, for: bytes("question"))
    #expect(cache.entry(for: bytes("question")) == nil)
  }

  @Test func theNumberIsBounded() {
    let cache = AnswerCache(time: .seconds(10), capacity: 3)
    let now = MonotonicTime.now
    for number in 0..<10 { cache.keep(entry, for: [UInt8(number)], at: now) }
    #expect((0..<10).filter { cache.entry(for: [UInt8($0)], at: now) != nil }.count == 3)
    // What is over makes room.
    let later = now.advanced(by: 11_000_000_000)
    cache.keep(entry, for: [99], at: later)
    #expect(cache.entry(for: [99], at: later) == entry)
  }
}
