// Tests the start screen: what it tells, and that each warning says what to do.

import DaemonSettings
import FTPServer
import LinuxSystem
import Logging
import TestSupport
import Testing

@testable import DaemonSupport

@Suite struct StartReportTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func lines(
    _ assignments: [String], at address: String = "192.0.2.1:21", isSelfSigned: Bool = false
  ) throws -> [StartReport.Line] {
    let all = ["accounts.anonymous=true", "accounts.root=\(directory.path)"] + assignments
    let loaded = try SettingsSources(assignments: all).load()
    let accounts = try AccountSetup(loaded, hash: nil)
    return StartReport(
      settings: loaded.settings, accounts: accounts, addresses: [try #require(SocketAddress(address))],
      isSelfSigned: isSelfSigned, privileges: "serving as uid 7"
    ).lines
  }

  private func warnings(_ lines: [StartReport.Line]) -> [String] {
    lines.filter { $0.level == .warning }.map(\.text)
  }

  @Test func itTellsWhatIsServedAndHow() throws {
    let lines = try lines(["passive.ports=50000-50009", "tls.mode=off", "log.xferlog=\(directory.path)/x"])
    let texts = lines.map(\.text)
    #expect(texts.contains("users: anonymous (read-only)"))
    #expect(texts.contains("roots: \"\(directory.path)\""))
    #expect(texts.contains("TLS: off"))
    #expect(texts.contains("serving as uid 7"))
    #expect(texts.contains("transfer log: \(directory.path)/x"))
    #expect(texts.contains { $0.hasPrefix("data connections: passive on ports 50000-50009, address auto") })
    #expect(texts.contains { $0.hasPrefix("multipath TCP: control automatic, data automatic") })
  }

  @Test func commonRootsTakeThePlaceOfHomes() throws {
    let table = try directory.write("users", "bob:*:\(directory.path):rw\n")
    let texts = try lines(["accounts.table=\(table)", "accounts.roots=/tmp"]).map(\.text)
    #expect(texts.contains("roots: \"\(directory.path)\", homes under \"/tmp\""))
  }

  @Test func itTellsOfTheUsersOfTheSystem() throws {
    let own = try lines(["accounts.local=true", "accounts.minimum-uid=500"]).map(\.text)
    #expect(
      own.contains(
        "users: system users from uid 500, checked by PAM service weftpd through weftpd's own weftpd-authd, anonymous (read-only)"
      )
    )
    #expect(own.contains("roots: \"\(directory.path)\", homes of system users in \"/home\""))
    let path = "/run/weftpd/authd.sock"
    let systemd = try lines(["accounts.local=true", "accounts.authd-socket=\(path)"]).map(\.text)
    #expect(systemd.contains { $0.contains("checked by PAM service weftpd through weftpd-authd at \(path)") })
  }

  @Test func warningsSayWhatToDo() throws {
    // With an address of its own nobody wonders whether this is a container behind NAT.
    func lines(_ assignments: [String], isSelfSigned: Bool = false) throws -> [StartReport.Line] {
      try self.lines(assignments + ["passive.address=192.0.2.1"], isSelfSigned: isSelfSigned)
    }
    #expect(try warnings(lines(["tls.mode=off"])).first?.hasSuffix("set tls.mode to required-login") == true)
    #expect(try warnings(lines(["tls.mode=required-login"])).isEmpty)
    #expect(
      try warnings(lines(["tls.mode=required-login"], isSelfSigned: true)).first?.contains("set tls.certificate")
        == true)
    #expect(try warnings(lines(["tls.mode=required-login", "passive.ports=0"])).first?.contains("50000-50100") == true)
  }

  @Test func whoServesThisMachineOnlyIsNotWarned() throws {
    #expect(try warnings(lines(["tls.mode=off", "passive.ports=0"], at: "127.0.0.1:2121")).isEmpty)
  }
}
