// Tests of the names of user and group ids.

import Testing

@testable import FTPServer

@Suite struct OwnerNamesTests {
  private let names = OwnerNames()

  @Test func rootHasAName() {
    for _ in 0..<2 {
      #expect(names.user(0) == Array("root".utf8))
      #expect(names.group(0) == Array("root".utf8))
    }
  }

  @Test func anIdWithoutANameIsItsNumber() {
    for _ in 0..<2 {
      #expect(names.user(3_999_999_999) == Array("3999999999".utf8))
      #expect(names.group(3_999_999_998) == Array("3999999998".utf8))
    }
  }

  @Test func moreIdsThanAreRememberedAreStillAnswered() {
    for id in UInt32(3_000_000_000)..<3_000_005_000 { #expect(names.user(id) == Array("\(id)".utf8)) }
  }
}
