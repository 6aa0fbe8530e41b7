// AccountDirectory: a table answers at once, and what it tells of all its users.

import Testing

@testable import Accounts

@Suite struct AccountDirectoryTests {
  private static let secrets = ["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]

  private struct Slow: AccountDirectory {
    let challengeShare = ChallengeShare([])
    func entry(named name: [UInt8]) async throws(AccountDirectoryError) -> UserEntry? { nil }
  }

  @Test func aTableAnswersAtOnce() async throws {
    let table = try UserTable.parse(bytes("a:*:/a:rw\n"), source: "t")
    #expect(table.entryNow(named: bytes("a")) == .known(table.entries[0]))
    #expect(table.entryNow(named: bytes("b")) == .known(nil))
    let directory: any AccountDirectory = table
    #expect(try await directory.entry(named: bytes("a")) == table.entries[0])
  }

  @Test func othersTakeTheirTime() { #expect(Slow().entryNow(named: bytes("a")) == .takesTime) }

  @Test func theShareOfSecondFactors() throws {
    let text = "a:*:/a:rw\nb:*:/b:rw,totp=\(Self.secrets[0])\nc:*:/c:rw,totp=\(Self.secrets[1])\n"
    let share = try UserTable.parse(bytes(text), source: "t").challengeShare
    #expect(share == ChallengeShare(users: 3, withSecondFactor: 2, key: bytes(Self.secrets[0])))
    #expect(UserTable().challengeShare == ChallengeShare(users: 0, withSecondFactor: 0, key: []))
  }
}
