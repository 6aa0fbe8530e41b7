// Account: which names are anonymous, and names made safe to print.

import Testing

@testable import Accounts

@Suite struct AccountTests {
  @Test(arguments: ["anonymous", "ftp", "FTP", "Anonymous"])
  func anonymousNames(name: String) { #expect(Account.isAnonymousName(bytes(name))) }

  @Test(arguments: ["anonymous ", " ftp", "", "ftpx", "anonymous\0"])
  func otherNames(name: String) { #expect(!Account.isAnonymousName(bytes(name))) }

  @Test func accountOfAnEntry() throws {
    let options = try AccountOptions(["admin": "yes"])
    let entry = UserEntry(name: bytes("a"), hash: "*", home: "/h", permissions: .readAndWrite, options: options)
    let account = Account(entry, within: .all)
    #expect(account.permissions == .readAndWrite)
    #expect(account.options == options)
    #expect(account == Account(entry.with(hash: "!"), within: .all))
    #expect(account != Account(entry.with(options: AccountOptions()), within: .all))
    #expect(Account(entry, within: .readOnly).permissions == .readOnly)
    #expect(!account.isAnonymous)
  }

  @Test func display() {
    #expect(Account.display(bytes("Zoë %s '")) == "Zoë %s '")
    #expect(Account.display([0x61, 0xFF, 0x0A]) == "a\\xFF\\x0A")
    #expect(Account.display(bytes("a\r\n\u{1B}[0m")) == "a\\x0D\\x0A\\x1B[0m")
    #expect(Account.display(bytes("\u{202E}x\u{85}")) == "\\xE2\\x80\\xAEx\\xC2\\x85")
  }
}
