// AccountRoots: what is beneath a directory, and what only looks like it.

import Testing

@testable import Accounts

@Suite struct AccountRootsTests {
  private let roots = AccountRoots(["/srv/ftp", "/home/"])

  @Test(arguments: ["/srv/ftp", "/srv/ftp/a", "/srv/ftp/a/b", "/home", "/home/a"])
  func inside(path: String) { #expect(roots.contain(bytes(path))) }

  @Test(arguments: ["/", "/srv", "/srv/ft", "/srv/ftpd", "/srv/ftpd/a", "/homes/a", "/etc", "", "srv/ftp"])
  func outside(path: String) { #expect(!roots.contain(bytes(path))) }

  @Test func theRootOfAllIsEverything() {
    #expect(AccountRoots(["/"]).contain(bytes("/etc")))
    #expect(AccountRoots(["/"]).contain(bytes("/")))
    #expect(!AccountRoots([]).contain(bytes("/")))
  }

  @Test func pathsAreBytes() { #expect(roots.contain(bytes("/srv/ftp/") + [0xFF])) }
}
