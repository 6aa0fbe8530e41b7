// Tests that what happens thousands of times is told in one line with a count, and that nothing is left out.

import LinuxSystem
import Testing

@testable import FTPServer

@Suite struct NoticeLimitTests {
  @Test func theFirstIsToldAndTheRestIsCounted() {
    let limit = NoticeLimit()
    let start = MonotonicTime(nanoseconds: 1)
    #expect(limit.pass(.strangers, count: 7, at: start) == 7)
    for _ in 0..<100 { #expect(limit.pass(.strangers, count: 2, at: start) == nil) }
    // Another kind has its own line.
    #expect(limit.pass(.refusedPort, at: start) == 1)
    let next = start.advanced(by: NoticeLimit.interval)
    #expect(limit.pass(.strangers, at: next) == 201)
    #expect(limit.pass(.strangers, at: next) == nil)
  }

  @Test func whatIsLeftIsToldInTime() {
    let limit = NoticeLimit()
    let start = MonotonicTime(nanoseconds: 1)
    #expect(limit.pass(.strangers, at: start) == 1)
    #expect(limit.due(at: start.advanced(by: NoticeLimit.interval)).isEmpty)
    #expect(limit.pass(.strangers, count: 5, at: start) == nil)
    #expect(limit.due(at: start).isEmpty)
    let due = limit.due(at: start.advanced(by: NoticeLimit.interval))
    #expect(due.map(\.kind) == [.strangers])
    #expect(due.map(\.count) == [5])
    #expect(limit.due(at: start.advanced(by: 2 * NoticeLimit.interval)).isEmpty)
  }
}
