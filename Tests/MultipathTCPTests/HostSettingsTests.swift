// Tests of HostSettings.swift: settings read from files, with and without those of newer kernels.

import Glibc
import LinuxSystem
import NetworkSupport
import TestSupport
import Testing

@testable import MultipathTCP

@Suite struct HostSettingsTests {
  /// Writes files into a directory of its own, reads settings from there, and removes it.
  static func settings(_ files: [String: String]) throws -> HostSettings {
    let root = try TemporaryDirectory()
    try root.makeDirectory("mptcp")
    try root.makeDirectory("ipv4")
    for (name, text) in files { try root.write(name, text) }
    return HostSettings.read(beneath: root.path)
  }

  @Test func readsAllOfLinux618() throws {
    let settings = try Self.settings([
      "mptcp/enabled": "1\n", "mptcp/checksum_enabled": "0\n", "mptcp/allow_join_initial_addr_port": "1\n",
      "mptcp/path_manager": "userspace\n", "mptcp/pm_type": "1\n", "mptcp/scheduler": "default\n",
      "mptcp/add_addr_timeout": "120\n", "mptcp/stale_loss_cnt": "4\n", "mptcp/close_timeout": "60\n",
      "mptcp/blackhole_timeout": "3600\n", "mptcp/syn_retrans_before_tcp_fallback": "2\n",
      "ipv4/tcp_rmem": "4096\t131072\t33554432\n",
    ])
    #expect(settings.enabled == true)
    #expect(settings.checksum == false)
    #expect(settings.allowJoinInitialAddress == true)
    #expect(settings.pathManager == "userspace")
    #expect(settings.scheduler == "default")
    #expect(settings.announceTimeout == 120)
    #expect(settings.staleLossCount == 4)
    #expect(settings.closeTimeout == 60)
    #expect(settings.blackholeTimeout == 3600)
    #expect(settings.synRetransmissions == 2)
    #expect(settings.receiveBuffer == 131_072)
  }

  @Test func readsThoseOfLinux61() throws {
    let settings = try Self.settings(["mptcp/enabled": "0\n", "mptcp/pm_type": "1\n"])
    #expect(settings.enabled == false)
    #expect(settings.pathManager == "userspace")
    #expect(settings.scheduler == nil)
    #expect(settings.blackholeTimeout == nil)
  }

  @Test func aKernelWithoutMPTCPHasNone() throws {
    #expect(try Self.settings(["ipv4/tcp_rmem": "1 2 3\n"]) == HostSettings())
  }

  @Test func anInterfaceNameCannotLeaveTheDirectory() {
    #expect(HostSettings.reversePathFilter(interface: "../../ipv4/conf/lo") == nil)
  }

  @Test(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
  func readsTheNamespaceOfTheThread() throws {
    let namespace = try Namespace()
    try namespace.shell("sysctl -qw net.mptcp.checksum_enabled=1 net.mptcp.stale_loss_cnt=7")
    try namespace.run {
      #expect(HostSettings.current().checksum == true)
      #expect(HostSettings.current().staleLossCount == 7)
    }
    let other = try Namespace()
    try other.run { #expect(HostSettings.current().staleLossCount == 4) }
  }
}
