// What leads to a ban, whom it holds for, and whom not.

import LinuxSystem
import TestSupport
import Testing

@testable import Bans

@Suite(.onThreads) struct BanBookTests {
  private func rules(_ change: (inout BanRules) throws -> Void) rethrows -> BanRules {
    var rules = BanRules()
    (rules.window, rules.duration) = (.seconds(160), .seconds(100))
    try change(&rules)
    return rules
  }

  @Test func theLastFailureTooManyBans() throws {
    let clock = TestClock()
    let book = try clock.book(rules { $0.failures = 3 })
    let attacker = try address("192.0.2.1")
    for _ in 0..<2 { book.note(.failedLogin, from: [attacker]) }
    #expect(book.ban(of: [attacker]) == nil)
    book.note(.failedLogin, from: [attacker])
    let ban = try #require(book.ban(of: [attacker]))
    #expect(ban.reason == "3 failed logins")
    #expect(ban.until == clock.seconds + 100)
    #expect(book.ban(of: [try address("192.0.2.2")]) == nil)
    clock.advance(by: 100)
    #expect(book.ban(of: [attacker]) == nil)
    // It begins anew: one more is not one too many.
    book.note(.failedLogin, from: [attacker])
    #expect(book.ban(of: [attacker]) == nil)
  }

  @Test func whatLiesBeforeTheWindowIsForgotten() throws {
    let clock = TestClock()
    let book = try clock.book(rules { $0.failures = 3 })
    let client = try address("192.0.2.1")
    for _ in 0..<20 {
      book.note(.failedLogin, from: [client])
      clock.advance(by: 81)
    }
    #expect(book.ban(of: [client]) == nil)
    // Three within the window, wherever it begins.
    for _ in 0..<3 {
      book.note(.failedLogin, from: [client])
      clock.advance(by: 70)
    }
    #expect(book.bans.count == 1)
  }

  @Test func kindsAreCountedByThemselves() throws {
    let book = try TestClock().book(
      rules { ($0.failures, $0.unknownCommands, $0.connections) = (3, 3, 3) })
    let client = try address("192.0.2.1")
    for offence in Offence.allCases {
      book.note(offence, from: [client])
      book.note(offence, from: [client])
    }
    #expect(book.ban(of: [client]) == nil)
    book.note(.unknownCommand, from: [client])
    #expect(book.ban(of: [client])?.reason == "3 lines that are no command")
  }

  @Test func aLimitOf0IsNone() throws {
    let book = try TestClock().book(rules { $0.connections = 2 })
    let client = try address("192.0.2.1")
    for _ in 0..<1000 { book.note(.failedLogin, user: [0x61], from: [client]) }
    #expect(book.bans.isEmpty)
    #expect(!book.isIdle)
    #expect(try TestClock().book(BanRules()).isIdle)
  }

  @Test func aWhole64IsOneClient() throws {
    let book = try TestClock().book(rules { $0.failures = 4 })
    for last in 1...4 { book.note(.failedLogin, from: [try address("2001:db8::\(last)")]) }
    #expect(book.ban(of: [try address("2001:db8::ffff")])?.subject.description == "2001:db8::/64")
    #expect(book.ban(of: [try address("2001:db8:0:1::1")]) == nil)
  }

  @Test func aWhole48HasFourTimesAsMany() throws {
    let book = try TestClock().book(rules { $0.failures = 4 })
    for subnet in 1...16 { book.note(.failedLogin, from: [try address("2001:db8:0:\(subnet)::1")]) }
    #expect(book.ban(of: [try address("2001:db8:0:ffff::1")])?.subject.description == "2001:db8::/48")
    #expect(book.ban(of: [try address("2001:db8:1::1")]) == nil)
  }

  @Test func everyPathOfAnAttackerIsBanned() throws {
    let book = try TestClock().book(rules { $0.failures = 2 })
    let paths = [try address("192.0.2.1"), try address("198.51.100.1"), try address("2001:db8::1")]
    for _ in 0..<2 { book.note(.failedLogin, from: paths) }
    for path in paths { #expect(book.ban(of: [path]) != nil) }
    #expect(book.bans.count == 3)
  }

  @Test func aBanGoesOverToTheOtherPaths() throws {
    let clock = TestClock()
    let book = try clock.book(rules { $0.failures = 2 })
    let (first, second) = (try address("192.0.2.1"), try address("198.51.100.1"))
    let ban = Ban(try subject("192.0.2.0/24"), since: clock.seconds, until: nil, origin: .operator, reason: "")
    book.add(ban)
    #expect(book.ban(of: [second, first]) == ban)
    book.spread(ban, to: [second, first])
    let derived = try #require(book.ban(of: [second]))
    // Not for ever, as the operator's.
    #expect(derived.until == clock.seconds + 100)
    #expect(derived.reason.contains("192.0.2.0/24"))
    #expect(book.bans.count == 2)
  }

  @Test func allowListsWin() throws {
    let clock = TestClock()
    let book = try clock.book(
      rules {
        ($0.failures, $0.connections) = (2, 2)
        $0.allowed = [try network("192.0.2.0/28")]
      })
    let (office, elsewhere) = (try address("192.0.2.1"), try address("192.0.2.77"))
    for _ in 0..<50 { book.note(.failedLogin, from: [office, elsewhere]) }
    #expect(book.bans.isEmpty)
    book.add(Ban(try subject("192.0.2.0/24"), since: clock.seconds, until: nil, origin: .operator, reason: ""))
    #expect(book.ban(of: [office]) == nil)
    // The control connection's own address decides.
    #expect(book.ban(of: [office, elsewhere]) == nil)
    #expect(book.ban(of: [elsewhere, office]) != nil)
  }

  @Test func aUserIsBannedByName() throws {
    let book = try TestClock().book(rules { $0.userFailures = 3 })
    for last in 1...3 { book.note(.failedLogin, user: Array("alice".utf8), from: [try address("192.0.2.\(last)")]) }
    #expect(book.ban(ofUser: Array("alice".utf8)) != nil)
    #expect(book.ban(ofUser: Array("bob".utf8)) == nil)
    #expect(book.ban(of: [try address("192.0.2.1")]) == nil)
  }

  @Test func whatAPersonSaidStays() throws {
    let clock = TestClock()
    let book = try clock.book(rules { $0.failures = 1 })
    let ban = Ban(try subject("192.0.2.1"), since: clock.seconds, until: nil, origin: .operator, reason: "by hand")
    book.add(ban)
    book.note(.failedLogin, from: [try address("192.0.2.1")])
    #expect(book.bans == [ban])
  }

  @Test func liftedIsLifted() throws {
    let book = try TestClock().book(rules { $0.failures = 1 })
    let client = try address("192.0.2.1")
    book.note(.failedLogin, from: [client])
    #expect(book.remove(try subject("192.0.2.1")))
    #expect(!book.remove(try subject("192.0.2.1")))
    #expect(book.ban(of: [client]) == nil)
  }

  @Test func aReloadChangesTheLimits() throws {
    let book = try TestClock().book(BanRules())
    let client = try address("192.0.2.1")
    for _ in 0..<10 { book.note(.failedLogin, from: [client]) }
    book.use(rules { $0.failures = 2 })
    #expect(book.ban(of: [client]) == nil)
    for _ in 0..<2 { book.note(.failedLogin, from: [client]) }
    #expect(book.ban(of: [client]) != nil)
  }

  @Test func memoryIsBoundedAndTheWorstAreKept() throws {
    let clock = TestClock()
    let book = try clock.book(rules { $0.failures = 10 })
    let worst = try address("192.0.2.1")
    for _ in 0..<9 { book.note(.failedLogin, from: [worst]) }
    // More addresses than there is room for, each once.
    for number in UInt32(0)..<70_000 { book.note(.failedLogin, from: [IPAddress(ipv4: 0x0A00_0000 + number)]) }
    #expect(book.state.withLock { $0.counts.count } <= 32_768)
    book.note(.failedLogin, from: [worst])
    #expect(book.ban(of: [worst]) != nil)
  }

  @Test func automaticBansAreBounded() throws {
    let clock = TestClock()
    let book = try clock.book(rules { $0.connections = 1 })
    let byHand = Ban(try subject("192.0.2.1"), since: clock.seconds, until: nil, origin: .operator, reason: "")
    book.add(byHand)
    for number in UInt32(0)..<70_000 { book.note(.connection, from: [IPAddress(ipv4: 0x0A00_0000 + number)]) }
    #expect(book.bans.count <= 65_537)
    #expect(book.bans.contains(byHand))
    #expect(book.ban(of: [IPAddress(ipv4: 0x0A00_0000 + 69_999)]) != nil)
  }
}
