// Two links between two made-up hosts: a second path comes up, carries its share, and is reported with its bytes.

import Glibc
import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces), .serialized)
struct TwoPathTests {
  private func lab(endpoint: String = "subflow") throws -> NetworkLab {
    try NetworkLab(rate: "100mbit", endpoint: endpoint)
  }

  @Test func bothPathsCarryTheirShare() throws {
    let lab = try lab()
    let ends = try lab.connect(receives: true)
    defer { for number in [ends.listener, ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 1)
    let paths = try waitForPaths(2, ends.server)
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
    let lab = try lab(endpoint: "subflow backup")
    let ends = try lab.connect(receives: false)
    defer { for number in [ends.listener, ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 1)
    try waitForPaths(2, ends.client)
    let client = ends.client
    let roles = try lab.client.run { try MultipathSocket.subflowsWithRoles(client).map(\.role) }
    if roles.contains(nil) { return }  // a kernel without socket diagnosis
    #expect(roles.map { $0?.isBackup } == [false, true])
    #expect(roles.map { $0?.isInitial } == [true, false])
  }

  @Test func aLostPathIsNotLiveAndTheOtherGoesOn() throws {
    let lab = try lab()
    let ends = try lab.connect(receives: true)
    defer { for number in [ends.listener, ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 1)
    try waitForPaths(2, ends.server)
    try pump(from: ends.server, to: ends.client, count: 1_000_000)
    try lab.cut(1)
    try pump(from: ends.server, to: ends.client, count: 6_000_000)
    let paths = try MultipathSocket.subflows(ends.server)
    #expect(paths.liveRemoteAddresses.map(\.description) == ["10.77.2.1"], "\(ConnectionReport(ends.server))")
    // The calls a server might use instead still tell of the dead path.
    #expect(try Socket.peerAddress(ends.server).address.description == "10.77.1.1")
    #expect(paths.bestRemote?.address.description == "10.77.2.1")
  }

  @Test func withoutAListenerNoSecondPathJoins() throws {
    let lab = try lab()
    let ends = try lab.connect(receives: true)
    close(ends.listener)
    defer { for number in [ends.client, ends.server] { close(number) } }
    try pump(from: ends.server, to: ends.client, count: 4_000_000)
    #expect(try MultipathSocket.subflows(ends.server).count == 1)
    #expect(ConnectionReport(ends.server).description.hasPrefix("multipath, 1 path: "))
  }
}

extension NetworkLab {
  /// A listener of the server on all addresses, a client connected to it, and the accepted end.
  func connect(receives: Bool) throws -> (listener: Int32, client: Int32, server: Int32) {
    let listener = try server.run {
      try MultipathSocket.listen(on: SocketAddress(IPAddress(ipv4: 0), port: 2121), policy: .required)
        .takeDescriptor().release()
    }
    let target = SocketAddress(IPAddress(ipv4: 0x0A4D_0102), port: 2121)
    let connected = try client.run {
      try NetworkSupport.connected(to: target, policy: .required, receives: receives).release()
    }
    return (listener, connected, try accepted(listener).release())
  }
}
