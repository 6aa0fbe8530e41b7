// How bans and their subjects are written, and read again.

import Bans
import LinuxSystem
import Testing

@Suite struct BanTests {
  @Test(arguments: [
    "192.0.2.1", "192.0.2.0/24", "2001:db8::/64", "2001:db8::7", "0.0.0.0/0", "user:alice",
    "user:alice@ftp.example.org", "user:%41%20%C3%BC%25",
  ])
  func subjectsAreReadAsTheyAreWritten(_ text: String) throws {
    let subject = try #require(BanSubject(text))
    #expect(BanSubject(subject.description) == subject)
  }

  @Test(arguments: ["", "user:", "user:a b", "user:%4", "user:%GG", "192.0.2.1/24", "example.org", "192.0.2.1 "])
  func whatIsNoSubjectIsRefused(_ text: String) { #expect(BanSubject(text) == nil) }

  @Test func namesAreBytes() {
    let every = (UInt8.min...UInt8.max).map { $0 }
    #expect(BanSubject(BanSubject.user(every).description) == .user(every))
  }

  @Test func aClientIsItsAddressOrIts64() throws {
    #expect(BanSubject(client: try address("192.0.2.1")).description == "192.0.2.1")
    #expect(BanSubject(client: try address("2001:db8:1:2:3:4:5:6")).description == "2001:db8:1:2::/64")
    #expect(BanSubject(client: try address("::ffff:192.0.2.1")).description == "192.0.2.1")
  }

  @Test func aLineIsReadAsItIsWritten() throws {
    let bans = [
      Ban(try subject("192.0.2.1"), since: 0, until: 253_402_300_799, origin: .automatic, reason: "10 failed logins"),
      Ban(try subject("user:a%20b"), since: 1_800_000_000, until: nil, origin: .operator, reason: ""),
    ]
    for ban in bans { #expect(Ban(line: ban.line) == ban) }
    #expect(
      bans[0].line == "192.0.2.1 1970-01-01T00:00:00Z 9999-12-31T23:59:59Z automatic 10 failed logins")
  }

  @Test func aReasonStaysInItsLine() throws {
    let ban = Ban(
      try subject("192.0.2.1"), since: 5, until: nil, origin: .operator, reason: "a\n192.0.2.2 b\u{9B}c")
    #expect(!ban.line.contains("\n"))
    #expect(Ban(line: ban.line) == ban)
  }

  @Test(arguments: [
    "192.0.2.1", "192.0.2.1 2026-11-29T12:00:00Z never", "192.0.2.1 2026-11-29T12:00:00Z never nobody x",
    "192.0.2.1 2026-13-29T12:00:00Z never operator x", "192.0.2.1 2026-11-29 12:00:00 never operator x",
    "x 2026-11-29T12:00:00Z never operator x", "192.0.2.1 2026-11-29T12:00:00Z 2026-11-29T25:00:00Z operator x",
  ])
  func whatIsNoLineIsRefused(_ line: String) { #expect(Ban(line: line) == nil) }

  @Test func aBanEndsWithItsLastSecond() throws {
    let ban = Ban(try subject("192.0.2.1"), since: 10, until: 20, origin: .operator, reason: "")
    #expect(ban.holds(at: 19))
    #expect(!ban.holds(at: 20))
    #expect(Ban(try subject("192.0.2.1"), since: 10, until: nil, origin: .operator, reason: "").holds(at: .max))
  }
}
