// LookupLimit: so many and no more, and each place is given back once.

import Testing

@testable import FTPServer

@Suite struct LookupLimitTests {
  @Test func soManyAndNoMore() {
    let limit = LookupLimit(2)
    #expect(limit.enter())
    #expect(limit.enter())
    #expect(!limit.enter())
    #expect(limit.count == 2)
    limit.leave()
    #expect(limit.enter())
    #expect(!limit.enter())
  }
}
