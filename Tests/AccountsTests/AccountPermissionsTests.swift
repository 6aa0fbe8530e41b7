// AccountPermissions: the sets that ro and rw stand for.

import Testing

@testable import Accounts

@Suite struct AccountPermissionsTests {
  @Test func readOnlyChangesNothing() {
    #expect(AccountPermissions.readOnly.isReadOnly)
    #expect(AccountPermissions.readOnly.isSuperset(of: [.list, .read]))
    #expect(AccountPermissions.readAndWrite.isSuperset(of: .readOnly.union(.changes)))
    #expect(AccountPermissions().isReadOnly)
  }

  @Test func anyChangeIsMoreThanReadOnly() {
    for bit in 0..<16 {
      let permission = AccountPermissions(rawValue: 1 << bit)
      #expect(permission.isReadOnly != AccountPermissions.changes.contains(permission))
    }
  }

  @Test func nobodyTransfersBetweenServersYet() {
    #expect(!AccountPermissions.readAndWrite.contains(.siteToSite))
    #expect(AccountPermissions.all.contains(.siteToSite))
  }
}
