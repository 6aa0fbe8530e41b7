// Tests of ThisProcess.swift: which users the kernel tells apart here.

import Testing

@testable import LinuxSystem

@Suite struct ThisProcessTests {
  @Test func usersOfANamespace() {
    let whole = "         0          0 4294967295\n"
    #expect(ThisProcess.isMapped(0, in: whole) && ThisProcess.isMapped(998, in: whole))
    // PrivateUsers=yes of systemd: root, and the unit's own user.
    let few = "         0          0          1\n       997        997          1\n"
    #expect(ThisProcess.isMapped(0, in: few) && ThisProcess.isMapped(997, in: few))
    #expect(!ThisProcess.isMapped(998, in: few) && !ThisProcess.isMapped(996, in: few))
    #expect(!ThisProcess.isMapped(65534, in: few))
    #expect(!ThisProcess.isMapped(0, in: "") && !ThisProcess.isMapped(0, in: "x y z\n"))
    #expect(ThisProcess.knows(user: ThisProcess.user))
  }
}
