// Two links between two made-up hosts: a second path comes up, carries its share, and is reported with its bytes.

import Glibc
import LinuxSystem
import Testing

@testable import MultipathTCP

@Suite(.enabled(if: Machine.hasNamespaces, Comment(rawValue: Machine.noNamespaces)), .serialized)
struct TwoPathTests {
  /// Two namespaces with two links of 100 Mbit/s; the client has an endpoint on its second address.
  struct Lab {
    let client: Namespace
    let server: Namespace

    init(endpoint: String = "subflow") throws {
      client = try Namespace()
      server = try Namespace()
      for n in 1...2 {
        try client.shell("ip link add c\(n) type veth peer name s\(n) netns \(server.path)")
        try client.shell(
          """
          ip addr add 10.77.\(n).1/24 dev c\(n); ip link set c\(n) up
          sysctl -qw net.ipv4.conf.c\(n).rp_filter=0 net.ipv4.conf.all.rp_filter=0
          tc qdisc add dev c\(n) root tbf rate 100mbit burst 128kb latency 50ms
          ip rule add from 10.77.\(n).1 table 10\(n)
          ip route add default via 10.77.\(n).2 dev c\(n) table 10\(n)
          ip route add default via 10.77.\(n).2 dev c\(n) metric \(n)00
          """)
        try server.shell(
          """
          ip addr add 10.77.\(n).2/24 dev s\(n); ip link set s\(n) up
          sysctl -qw net.ipv4.conf.s\(n).rp_filter=0 net.ipv4.conf.all.rp_filter=0
          tc qdisc add dev s\(n) root tbf rate 100mbit burst 128kb latency 50ms
          """)
      }
      try client.shell(
        "ip mptcp limits set subflows 4 add_addr_accepted 4; ip mptcp endpoint add 10.77.2.1 dev c2 \(endpoint)")
      try server.shell("ip mptcp limits set subflows 4 add_addr_accepted 4")
    }

    /// A listener of the server on all addresses, a client connected to it, and the accepted end.
    func connect(receives: Bool) throws -> (listener: Int32, client: Int32, server: Int32) {
      let listener = try server.run {
        try MultipathSocket.listen(on: SocketAddress(IPAddress(ipv4: 0), port: 2121), policy: .required)
          .takeDescriptor().release()
      }
      let target = SocketAddress(IPAddress(ipv4: 0x0A4D_0102), port: 2121)
      let connected = try client.run {
        try Pair.connected(to: target, policy: .required, receives: receives).release()
      }
      return (listener, connected, try Pair.accepted(listener).release())
    }
  }

  /// Waits until `socket` has `count` established paths.
  static func wait(for count: Int, on socket: Int32) throws -> [Subflow] {
    let deadline = MonotonicTime.now.advanced(by: 5_000_000_000)
    while true {
      let paths = try MultipathSocket.subflows(socket)
      if paths.count == count, paths.allSatisfy({ $0.statistics.state == .established }) { return paths }
      if MonotonicTime.now > deadline { throw Trouble("\(paths.count) paths instead of \(count)") }
      poll(nil, 0, 5)
    }
  }

  @Test func bothPathsCarryTheirShare() throws {
    let lab = try Lab()
    let ends = try lab.connect(receives: true)
    defer { for number in [ends.listener, ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 1)
    let paths = try Self.wait(for: 2, on: ends.server)
    #expect(Set(paths.map(\.remote.address.description)) == ["10.77.1.1", "10.77.2.1"])
    #expect(Set(paths.map(\.local.address.description)) == ["10.77.1.2"])

    let count = 20_000_000
    let start = MonotonicTime.now
    try pump(from: ends.server, to: ends.client, count: count)
    let seconds = Double(MonotonicTime.now.since(start)) / 1e9
    let rate = Double(count) * 8 / seconds / 1e6
    // One path cannot carry more than 96; on a quiet machine both carry 185, on a busy one there are stalls.
    #expect(rate > 105, "both paths carried \(rate) Mbit/s")

    let after = try MultipathSocket.subflows(ends.server)
    let sent = after.map { $0.statistics.bytesSent ?? 0 }
    #expect(sent.reduce(0, +) >= UInt64(count))
    for bytes in sent { #expect(bytes > UInt64(count) / 4, "\(sent)") }
    let info = try MultipathSocket.info(ends.server)
    #expect(info.pathCount == 2)
    #expect(info.bytesSent == nil || info.bytesSent == UInt64(count) + 1)
    let report = ConnectionReport(ends.server)
    #expect(report.description.hasPrefix("multipath, 2 paths: "))
    #expect(MultipathSocket.remoteAddresses(ends.server).count == 2)
    #expect(
      try MultipathSocket.subflowsByTwoCalls(ends.server).map(\.remote) == after.map(\.remote), "the older calls agree")
  }

  @Test func aBackupIsShownAsOne() throws {
    let lab = try Lab(endpoint: "subflow backup")
    let ends = try lab.connect(receives: false)
    defer { for number in [ends.listener, ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 1)
    _ = try Self.wait(for: 2, on: ends.client)
    let client = ends.client
    let roles = try lab.client.run { try MultipathSocket.subflowsWithRoles(client).map(\.role) }
    if roles.contains(nil) { return }  // a kernel without socket diagnosis
    #expect(roles.map { $0?.isBackup } == [false, true])
    #expect(roles.map { $0?.isInitial } == [true, false])
  }

  @Test func aLostPathIsNotLiveAndTheOtherGoesOn() throws {
    let lab = try Lab()
    let ends = try lab.connect(receives: true)
    defer { for number in [ends.listener, ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 1)
    _ = try Self.wait(for: 2, on: ends.server)
    try pump(from: ends.server, to: ends.client, count: 1_000_000)
    try lab.client.shell("ip link set c1 down")
    try pump(from: ends.server, to: ends.client, count: 6_000_000)
    let paths = try MultipathSocket.subflows(ends.server)
    #expect(paths.liveRemoteAddresses.map(\.description) == ["10.77.2.1"], "\(ConnectionReport(ends.server))")
    // The calls a server might use instead still tell of the dead path.
    #expect(try Socket.peerAddress(ends.server).address.description == "10.77.1.1")
    #expect(paths.bestRemote?.address.description == "10.77.2.1")
  }

  @Test func withoutAListenerNoSecondPathJoins() throws {
    let lab = try Lab()
    let ends = try lab.connect(receives: true)
    close(ends.listener)
    defer { for number in [ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 4_000_000)
    #expect(try MultipathSocket.subflows(ends.server).count == 1)
    #expect(ConnectionReport(ends.server).description.hasPrefix("multipath, 1 path: "))
  }
}
