// A one-time password is good once, whoever tries it at the same time.

import Synchronization
import Testing

@testable import Accounts

@Suite struct UsedCodesTests {
  @Test func aStepIsGoodOnceAndEndsThoseBeforeIt() {
    let used = UsedCodes()
    #expect(used.claim(10, user: bytes("a")))
    #expect(!used.claim(10, user: bytes("a")))
    #expect(!used.claim(9, user: bytes("a")))
    #expect(used.claim(11, user: bytes("a")))
    #expect(used.claim(10, user: bytes("b")))
    #expect(UsedCodes().claim(0, user: bytes("a")))
  }

  @Test func ofManyAtOnceOneWins() async {
    let used = UsedCodes()
    let wins = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<100 { group.addTask { used.claim(5, user: bytes("a")) } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(wins == 1)
  }
}
