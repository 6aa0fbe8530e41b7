// Tests which setting asks for which capability, and who a daemon may serve as.

import DaemonSettings
import LinuxSystem
import Testing

@testable import Privileges

@Suite struct PrivilegePlanTests {
  private func plan(
    _ assignments: String..., startedBy user: UInt32 = 1000, firstUnprivilegedPort: Int = 1024
  ) throws -> PrivilegePlan {
    let loaded = try SettingsSources(assignments: assignments).load()
    return try PrivilegePlan(loaded, currentUser: user, firstUnprivilegedPort: firstUnprivilegedPort) {
      (name) throws(SystemError) in
      switch name {
      case "root": return SystemUser(name: name, user: 0, group: 0, groups: [0], home: "/root", shell: "")
      case "weftpd": return SystemUser(name: name, user: 990, group: 991, groups: [991, 7], home: "/", shell: "")
      case "broken": throw SystemError(code: 5, call: "getpwnam_r")
      default: return nil
      }
    }
  }

  private func refusal(_ assignments: [String], startedBy user: UInt32) throws -> String {
    let loaded = try SettingsSources(assignments: assignments).load()
    do throws(SettingsError) {
      _ = try PrivilegePlan(loaded, currentUser: user) { (name) throws(SystemError) in
        if name == "broken" { throw SystemError(code: 5, call: "getpwnam_r") }
        return name == "root" ? SystemUser(name: name, user: 0, group: 0, groups: [0], home: "/root", shell: "") : nil
      }
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test func virtualUsersOnHighPortsAskForNothing() throws {
    #expect(try plan().reasons.isEmpty)
    #expect(try plan("listen=*:2121,*:0", "passive.ports=0", "active.source-port=0").reasons.isEmpty)
    #expect(try plan("listen=*:1024", "passive.ports=1024-1030", "active.source-port=1024").reasons.isEmpty)
  }

  @Test(arguments: [
    ("listen=127.0.0.1:2121,*:21", "listen", "port 21"),
    ("listen=*:1023", "listen", "port 1023"),
    ("active.source-port=20", "active.source-port", "port 20"),
    ("passive.ports=1000-2000", "passive.ports", "port 1000"),
  ])
  func portsBelow1024AskForOne(_ assignment: String, _ key: String, _ detail: String) throws {
    let plan = try plan(assignment)
    #expect(plan.reasons == [.init(capability: .netBindService, setting: key, detail: detail)])
    #expect(plan.capabilities == [.netBindService])
  }

  @Test func whatIsSwitchedOffAsksForNothing() throws {
    #expect(try plan("active.source-port=20", "active.enabled=no").reasons.isEmpty)
    #expect(try plan("passive.ports=1000-2000", "passive.enabled=no").reasons.isEmpty)
  }

  @Test func theSystemMayHaveOpenedLowPorts() throws {
    #expect(try plan("listen=*:21", firstUnprivilegedPort: 21).reasons.isEmpty)
    #expect(try !plan("listen=*:21", firstUnprivilegedPort: 22).reasons.isEmpty)
  }

  @Test func rootBecomesTheUser() throws {
    guard case .becomes(let user) = try plan("server.user=weftpd", startedBy: 0).identity else {
      Issue.record("it does not become the user")
      return
    }
    #expect(user.user == 990)
    #expect(user.groups == [991, 7])
    // Naming a user is stronger than allowing root.
    #expect(try plan("server.user=weftpd", "server.allow-root=true", startedBy: 0).identity == .becomes(user))
  }

  @Test func rootIsRefusedUnlessAllowed() throws {
    let told = try refusal([], startedBy: 0)
    #expect(
      told.contains("server.user: weftpd") && told.contains("--set server.user=weftpd")
        && told.contains("server.allow-root: true"))
    #expect(try refusal(["server.user=root"], startedBy: 0).contains("is root"))
    #expect(try plan("server.allow-root=true", startedBy: 0).identity == .root)
    #expect(try plan("server.allow-root=true", "server.user=root", startedBy: 0).identity == .root)
  }

  @Test func othersStayWhoTheyAre() throws {
    #expect(try plan().identity == .unchanged)
    #expect(try plan("server.allow-root=true").identity == .unchanged)
    #expect(try plan("server.user=weftpd", startedBy: 990).identity == .unchanged)
    #expect(try refusal(["server.user=root"], startedBy: 1000).contains("only root can become"))
  }

  @Test func aUserWhoIsNotThere() throws {
    #expect(try refusal(["server.user=nosuch"], startedBy: 0).contains("there is no user \"nosuch\""))
    #expect(try refusal(["server.user=broken"], startedBy: 0).contains("cannot be looked up"))
  }

  @Test func theLinesNameTheSettings() throws {
    let lines = try plan("server.user=weftpd", "listen=*:21", startedBy: 0).lines
    #expect(lines.contains("user: weftpd, uid 990, gid 991, groups 991 7 (server.user)"))
    #expect(lines.contains("capability: CAP_NET_BIND_SERVICE (listen: port 21)"))
    #expect(try plan().lines.contains("capabilities: none"))
    #expect(
      try plan("server.user=weftpd", "listen=*:21", startedBy: 0).summary
        == "serving as weftpd (uid 990), with CAP_NET_BIND_SERVICE (listen: port 21)")
  }
}
