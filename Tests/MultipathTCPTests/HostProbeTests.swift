// Tests of HostProbe.swift and NetworkInterface.swift: what a probe of a made-up host sees.

import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct HostProbeTests {
  @Test func theProbeOfThisHostNeverFails() {
    let report = HostProbe.run()
    #expect((report.unavailability == nil) == Machine.hasMultipath)
    for finding in report.findings {
      #expect(!finding.meaning.isEmpty)
      #expect(finding.line.contains(finding.summary))
    }
  }

  @Test(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
  func aNamespaceIsSeenAsItIs() throws {
    try Namespace().run {
      try shell(
        """
        ip link add e1 type veth peer name f1; ip addr add 10.8.1.1/24 dev e1; ip link set e1 up; ip link set f1 up
        ip link add e2 type veth peer name f2; ip addr add 10.8.2.1/24 dev e2
        ip mptcp endpoint add 10.8.1.1 dev e1 signal; ip mptcp limits set subflows 3
        sysctl -qw net.ipv4.conf.e1.rp_filter=2
        """)
      let report = HostProbe.run()
      #expect(report.unavailability == nil)
      #expect(report.interfaces.filter { !$0.isLoopback }.map(\.name).sorted() == ["e1", "f1"], "e2 is down")
      #expect(report.interfaces.first { $0.name == "e1" }?.addresses.map(\.description) == ["10.8.1.1"])
      #expect(report.endpoints?.count == 1)
      #expect(report.limits?.subflows == 3)
      #expect(report.reversePathFilters["e1"] == 2)
      #expect(report.counters?["MPCurrEstab"] == 0)
    }
  }
}
