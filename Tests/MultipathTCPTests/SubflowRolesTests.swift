// Tests of SubflowRoles.swift: the question and a captured answer of socket diagnosis.

import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct SubflowRolesTests {
  @Test func theQuestionNamesOneSocket() throws {
    let local = SocketAddress(IPAddress(ipv4: 0x0A4D_0101), port: 37_484)
    let remote = SocketAddress(IPAddress(ipv4: 0x0A4D_0102), port: 2121)
    let question = SubflowDiagnosis.question(local, remote, interface: 3)
    #expect(
      question
        == bytes(
          """
          02060200 ffffffff 926c 0849 0a4d0101000000000000000000000000 0a4d0102000000000000000000000000
          03000000 ffffffffffffffff
          """))
    let ipv6 = SocketAddress(try #require(IPAddress("::1")), port: 1)
    #expect(SubflowDiagnosis.question(ipv6, ipv6, interface: 0).count == 56)
  }

  @Test func theAnswerHoldsTheFlags() {
    // struct inet_diag_msg (72 bytes, not looked at), an attribute of another kind, and INET_DIAG_ULP_INFO.
    let head = [UInt8](repeating: 0, count: 72)
    let rest = bytes(
      """
      0500080000000000 68001300 0a0001006d70746370000000 58000300 0800010000000000 080002001335c041 08000800c3000000
      0500090000000000 05000a0000000000 08000300a1860100 0c0004009c8bacc8cdac5de0 0800050001000000 08000600454b67f4
      0600070005000000
      """)
    let role = (head + rest).withUnsafeBytes { SubflowDiagnosis.role($0) }
    #expect(role == SubflowRole(rawValue: 0xC3))
    #expect(head.withUnsafeBytes { SubflowDiagnosis.role($0) } == nil)
  }

  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func aLiveConnectionHasAnInitialPath() throws {
    let pair = try Pair()
    let paths = try MultipathSocket.subflowsWithRoles(pair.client.number)
    #expect(paths.count == 1)
    // The kernel may lack socket diagnosis; if it answers, it answers this.
    if let role = paths.first?.role {
      #expect(role.isInitial)
      #expect(!role.isBackup)
    }
  }
}
