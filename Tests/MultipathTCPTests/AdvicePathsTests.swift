// Tests of Advice+Paths.swift: endpoints, limits, reverse path filters; and that the commands named do what they say.

import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct AdvicePathsTests {
  static func interface(_ name: String, _ index: Int32, _ net: UInt32) -> NetworkInterface {
    NetworkInterface(
      name: name, index: index, isLoopback: false, addresses: [IPAddress(ipv4: 0x0A00_0001 | net << 8)])
  }

  static let two = [interface("eth0", 2, 1), interface("eth1", 3, 2)]

  @Test func aMultiHomedHostWithoutEndpoints() throws {
    var report = AdviceTests.quiet
    report.interfaces = Self.two
    let finding = try #require(report.findings.first)
    #expect(finding.id == "no-endpoints")
    #expect(finding.commands == ["ip mptcp endpoint add 10.0.2.1 dev eth1 signal"])
    report.interfaces = [Self.interface("eth0", 2, 1), Self.interface("docker0", 3, 2)]
    #expect(report.findings.isEmpty)
    report.interfaces = Self.two
    report.endpoints = [PathEndpoint(Self.two[1].addresses[0], flags: .signal, id: 1)]
    #expect(report.findings.isEmpty)
    report.endpoints = nil
    #expect(report.findings.isEmpty)
  }

  @Test func backupsAndEndpointsWithoutAnAddress() {
    let ids = AdviceTests.ids {
      $0.interfaces = Self.two
      $0.endpoints = [
        PathEndpoint(Self.two[1].addresses[0], flags: [.subflow, .backup], id: 1),
        PathEndpoint(IPAddress(ipv4: 0x0A00_0901), flags: .signal, id: 2),
      ]
    }
    #expect(ids == ["backup-endpoint", "endpoint-without-address"])
  }

  @Test func limitsThatAreTooLow() {
    #expect(AdviceTests.ids { $0.limits?.subflows = 0 } == ["subflow-limit"])
    #expect(AdviceTests.ids { $0.limits?.subflows = 2 } == [])
    #expect(AdviceTests.ids { $0.limits?.acceptedAddresses = 0 } == ["accepted-limit"])
    let ids = AdviceTests.ids {
      $0.limits?.subflows = 2
      $0.endpoints = (1...3).map { PathEndpoint(IPAddress(ipv4: 0x0A00_0001 | $0 << 8), flags: .signal) }
    }
    #expect(ids == ["subflow-limit"])
  }

  @Test func strictFiltersOnInterfacesWithAnEndpointOnly() {
    func ids(_ filters: [String: Int], bound: Int32?) -> [String] {
      AdviceTests.ids {
        $0.interfaces = Self.two
        $0.reversePathFilters = filters
        $0.endpoints = [PathEndpoint(Self.two[1].addresses[0], flags: .signal, interfaceIndex: bound, id: 1)]
      }
    }
    #expect(ids(["eth1": 1], bound: nil) == ["rp-filter-strict"])
    #expect(ids(["eth1": 1], bound: 3) == ["rp-filter-strict"])
    #expect(ids(["eth1": 2], bound: 3) == [])
    #expect(ids(["eth0": 1], bound: 3) == [])
  }

  @Test(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
  func theCommandsCureTheFindings() throws {
    try Namespace().run {
      try shell(
        """
        for n in 1 2; do
          ip link add e$n type veth peer name f$n; ip addr add 10.8.$n.1/24 dev e$n
          ip link set e$n up; ip link set f$n up
        done
        sysctl -qw net.mptcp.checksum_enabled=0 net.mptcp.allow_join_initial_addr_port=0 net.mptcp.pm_type=1
        sysctl -qw net.ipv4.conf.all.rp_filter=1
        ip mptcp limits set subflows 0
        """)
      let ids = Set(HostProbe.run().findings.map(\.id))
      #expect(
        ids == [
          "checksum-off", "join-initial-off", "path-manager-userspace", "subflow-limit", "accepted-limit",
          "no-endpoints",
        ])
      // Each cure may bring up the next finding: the new endpoint lies behind a strict filter, and is then made a backup.
      for round in 0..<3 {
        for finding in HostProbe.run().findings { for line in finding.commands { try shell(line) } }
        if round == 1 { try shell("ip mptcp endpoint change id 1 backup") }
        if round == 0 { #expect(HostProbe.run().findings.map(\.id) == ["rp-filter-strict"]) }
        if round == 1 { #expect(HostProbe.run().findings.map(\.id) == ["backup-endpoint"]) }
      }
      #expect(HostProbe.run().findings.isEmpty, "\(HostProbe.run().findings)")
    }
  }
}
