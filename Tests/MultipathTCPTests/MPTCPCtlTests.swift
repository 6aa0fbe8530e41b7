// Tests of the command mptcpctl as a user runs it.

import LinuxSystem
import NetworkSupport
import TestSupport
import Testing

@testable import MultipathTCP

private let program = builtProgram("mptcpctl")

@Suite(.enabled(if: Machine.hasNamespaces && program != nil, "needs namespaces and a built mptcpctl"))
struct MPTCPCtlTests {
  /// Runs it in the namespace of the calling thread and gives what it printed, with its exit status in the last line.
  static func run(_ arguments: String, before: String = "") throws -> String {
    try shell("\(before) \(program ?? "false") \(arguments) 2>&1 && echo status 0 || echo status $?")
  }

  @Test func endpointsAndLimits() throws {
    try PathManagerTests.inNamespace { () throws -> Void in
      #expect(try Self.run("endpoints add 10.9.0.1 subflow backup --dev w1 --id 3") == "status 0\n")
      #expect(try Self.run("endpoints") == "10.9.0.1 id 3 subflow backup dev w1\nstatus 0\n")
      #expect(try PathManagerTests.shown() == ["10.9.0.1 id 3 subflow backup dev w1"])
      #expect(try Self.run("endpoints remove 10.9.0.1") == "status 0\n")
      #expect(try Self.run("endpoints") == "status 0\n")
      #expect(try Self.run("limits --subflows 6") == "subflows 6 add_addr_accepted 0\nstatus 0\n")
      #expect(try Self.run("limits --subflows 9").contains("Limits go from 0 to 8"))
      #expect(try Self.run("endpoints add 10.9.0.300").contains("is no IP address"))
    }
  }

  @Test func withoutPrivilegeOneMayLookButNotChange() throws {
    try PathManagerTests.inNamespace {
      let drop = "setpriv --bounding-set=-all --inh-caps=-all"
      #expect(try Self.run("endpoints", before: drop) == "status 0\n")
      #expect(try Self.run("limits", before: drop).hasSuffix("status 0\n"))
      #expect(try Self.run("probe", before: drop).hasSuffix("status 0\n"))
      for change in ["endpoints flush", "endpoints add 10.9.0.1 signal", "limits --subflows 1", "monitor"] {
        let text = try Self.run(change, before: drop)
        #expect(text.contains("CAP_NET_ADMIN") && text.hasSuffix("status 1\n"), "\(change): \(text)")
      }
    }
  }

  @Test func probeAndCounters() throws {
    try PathManagerTests.inNamespace {
      let text = try Self.run("probe --strict")
      #expect(text.contains("multipath sockets           yes"))
      #expect(text.contains("# sysctl -w net.mptcp.checksum_enabled=1"))
      #expect(text.hasSuffix("status 1\n"))
      _ = try Pair()
      #expect(try Self.run("counters").contains("MPCapableSYNRX"))
      #expect(try Self.run("counters --all").split(separator: "\n").count > 30)
    }
  }

  @Test func checkShowsTheConnection() throws {
    try PathManagerTests.inNamespace {
      for (policy, words, status) in [
        (MultipathPolicy.automatic, "negotiated: multipath", "status 0\n"),
        (.off, "negotiated: fell back to TCP", "status 2\n"),
      ] {
        let listener = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0), policy: policy)
        let port = try Socket.localAddress(listener.number).port
        let text = try Self.run("check 127.0.0.1 \(port) --settle 20")
        #expect(text.contains(words) && text.hasSuffix(status), "\(text)")
        #expect(text.contains("127.0.0.1:\(port)"))
        if policy == .off { #expect(text.contains("counted meanwhile: the peer answered without the option")) }
      }
      #expect(try Self.run("check 127.0.0.1 1 --settle 0").contains("Connection refused"))
    }
  }
}
