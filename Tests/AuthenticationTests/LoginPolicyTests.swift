// Tests who may not log in whatever the password, and how weftpd-authd reads its options.

import LinuxSystem
import Testing

@testable import weftpd_authd

@Suite struct LoginPolicyTests {
  private let policy = LoginPolicy(minimumUser: 1000, forbidden: ["banned"], shells: ["/bin/sh", "/bin/bash"])

  private func objection(_ name: String, _ user: UInt32, shell: String = "/bin/sh", home: String = "/home/x") -> String?
  {
    policy.objection(
      to: SystemUser(name: name, user: user, group: user, groups: [user], home: home, shell: shell))
  }

  @Test func whoMay() {
    #expect(objection("carol", 1000) == nil)
    #expect(objection("carol", 1000, shell: "") == nil)
  }

  @Test func whoMayNot() {
    #expect(objection("root", 0) != nil)
    #expect(objection("toor", 0) != nil)
    #expect(objection("daemon", 999) != nil)
    #expect(objection("banned", 1001) != nil)
    #expect(objection("carol", 1001, shell: "/usr/sbin/nologin") != nil)
    #expect(objection("carol", 1001, home: "") != nil)
  }

  @Test func filesOfNames() {
    let text = "# a comment\nroot\n\n  daemon  # why\nlast"
    #expect(LoginPolicy.words(in: text) == ["root", "daemon", "last"])
  }

  @Test func options() throws {
    let options = try Options(["--service", "a", "--service", "b", "--minimum-uid", "500", "--channel", "3"])
    #expect(options.services == ["a", "b"] && options.minimumUser == 500 && options.channel == 3)
    #expect(try Options([]).services == ["weftpd"])
    for bad in [
      ["--service"], ["--nonsense", "1"], ["--minimum-uid", "0"], ["--channel", "0"], ["--deadline", "x"],
    ] {
      #expect(throws: UsageError.self) { try Options(bad) }
    }
  }
}
