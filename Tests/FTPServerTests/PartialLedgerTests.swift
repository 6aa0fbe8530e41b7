// Tests of the count of what is kept of broken uploads.

import FTPProtocol
import Testing

@testable import FTPServer

@Suite struct PartialLedgerTests {
  private let user = PartialLedger.User(host: nil, name: Array("bob".utf8), home: "/")

  private func path(_ name: String) throws -> VirtualPath { try VirtualPath.root.resolving(Array(name.utf8)) }

  @Test func theOldestGoes() throws {
    let ledger = PartialLedger()
    for name in ["a", "b", "c"] {
      #expect(ledger.note(try path(name), of: user, limit: 3) { _ in true }.isEmpty)
    }
    #expect(ledger.note(try path("d"), of: user, limit: 3) { _ in true } == [try path("a")])
    #expect(ledger.note(try path("e"), of: user, limit: 3) { _ in true } == [try path("b")])
    // One that breaks off again is the youngest.
    #expect(ledger.note(try path("c"), of: user, limit: 3) { _ in true }.isEmpty)
    #expect(ledger.note(try path("f"), of: user, limit: 3) { _ in true } == [try path("d")])
  }

  @Test func whatWasCompletedDoesNotCount() throws {
    let ledger = PartialLedger()
    let done = try path("a")
    for name in ["a", "b"] { _ = ledger.note(try path(name), of: user, limit: 2) { _ in true } }
    #expect(ledger.note(try path("c"), of: user, limit: 2) { $0 != done }.isEmpty)
    #expect(ledger.note(try path("d"), of: user, limit: 2) { _ in true } == [try path("b")])
  }

  @Test func usersAreCountedApart() throws {
    let ledger = PartialLedger()
    let other = PartialLedger.User(host: nil, name: Array("eve".utf8), home: "/")
    #expect(ledger.note(try path("a"), of: user, limit: 1) { _ in true }.isEmpty)
    #expect(ledger.note(try path("b"), of: other, limit: 1) { _ in true }.isEmpty)
  }
}
