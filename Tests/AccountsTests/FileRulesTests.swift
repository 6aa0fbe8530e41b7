// What an entry says about single paths: the first rule counts, what is hidden and denied, and what nothing can grant.

import FTPProtocol
import Testing

@testable import Accounts

@Suite struct FileRulesTests {
  private static func rules(
    _ options: [String: String], _ permissions: AccountPermissions = .readAndWrite,
    within ceiling: AccountPermissions = .all
  ) throws -> FileRules? {
    let entry = UserEntry(
      name: bytes("a"), hash: "*", home: "/a", permissions: permissions, options: try AccountOptions(options))
    return FileRules(Account(entry, within: ceiling))
  }

  @Test func mostAccountsHaveNone() throws {
    #expect(try Self.rules([:]) == nil)
    #expect(try Self.rules(["directories": "pub=/srv"]) == nil)
  }

  @Test func theFirstRuleThatFitsCounts() throws {
    let rules = try #require(try Self.rules(["permissions": "/in/old=ro;/in=list+write;/in/old/x=rw"], .readOnly))
    func granted(_ path: String) throws -> AccountPermissions { rules.permissions(at: try VirtualPath(bytes(path))) }
    #expect(try granted("/in/old/x") == .readOnly)
    #expect(try granted("/in/new") == [.list, .write])
    #expect(try granted("/in") == [.list, .write])
    #expect(try granted("/") == .readOnly)
    #expect(try rules.decision(at: VirtualPath(bytes("/in/a"))).reason == .rule(1))
    #expect(try rules.decision(at: VirtualPath(bytes("/a"))).reason == .everywhere)
    #expect(rules.somewhere == .readAndWrite)
  }

  @Test func whatIsReadOnlyStaysSo() throws {
    let rules = try #require(try Self.rules(["permissions": "/in=rw"], within: .readOnly))
    #expect(try rules.permissions(at: VirtualPath(bytes("/in/a"))) == .readOnly)
    #expect(rules.somewhere == .readOnly)
    let directory = try #require(try Self.rules(["permissions": "/pub=rw", "directories": "pub=/srv=ro"]))
    #expect(try directory.permissions(at: VirtualPath(bytes("/pub/a"))) == .readOnly)
    #expect(try directory.permissions(at: VirtualPath(bytes("/a"))) == .readAndWrite)
  }

  @Test func hiddenIsNothingAndDeniedIsSeen() throws {
    let rules = try #require(try Self.rules(["hide": ".*;/secret", "deny": "*.exe"]))
    #expect(try rules.permissions(at: VirtualPath(bytes("/a/.git/x"))).isEmpty)
    #expect(try rules.hides(VirtualPath(bytes("/SECRET/x"))) == true)
    #expect(try rules.permissions(at: VirtualPath(bytes("/a/B.EXE"))) == .list)
    #expect(try rules.permissions(at: VirtualPath(bytes("/a/b"))) == .readAndWrite)
  }

  @Test func namesOfPermissions() {
    for (name, permission) in AccountPermissions.named {
      #expect(AccountPermissions(names: name) == permission)
      #expect(permission.names == name)
    }
    #expect(AccountPermissions(names: "ro+write")?.names == "list+read+write+site")
    #expect(AccountPermissions(names: "rw") == .readAndWrite && AccountPermissions.readAndWrite.names == "rw")
    #expect(AccountPermissions(names: "") == nil && AccountPermissions(names: "list,read") == nil)
  }
}
