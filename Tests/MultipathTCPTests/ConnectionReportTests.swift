// Tests of ConnectionReport.swift: every kind of connection can be shown.

import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct ConnectionReportTests {
  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func multipathAndPlainConnectionsAreShown() throws {
    let multipath = try Pair()
    try pump(from: multipath.client.number, to: multipath.server.number, count: 50_000)
    let report = ConnectionReport(multipath.server.number)
    #expect(report.negotiation == .multipath)
    #expect(report.info?.pathCount == 1)
    #expect(report.description == "multipath, 1 path: 127.0.0.1<127.0.0.1 50.0 kB")

    let plain = try Pair(client: .off)
    try pump(from: plain.client.number, to: plain.server.number, count: 50_000)
    let other = ConnectionReport(plain.server.number)
    #expect(other.info == nil)
    #expect(other.description == "TCP, 1 path: 127.0.0.1<127.0.0.1 50.0 kB")

    let fallen = try Pair(listener: .off, client: .required)
    #expect(ConnectionReport(fallen.client.number).description.hasPrefix("fell back to TCP, 1 path: "))
  }

  @Test func whatIsNoConnectionHasNoPaths() throws {
    let listener = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0))
    #expect(ConnectionReport(listener.number).paths.isEmpty)
    #expect(ConnectionReport(-1).description == "unknown")
    #expect(MultipathSocket.remoteAddresses(-1).isEmpty)
    #expect(MultipathSocket.liveLocalAddress(-1) == nil)
  }

  @Test func theAddressesOfAPlainConnection() throws {
    let pair = try Pair(listener: .off, client: .off)
    #expect(MultipathSocket.remoteAddresses(pair.server.number) == [loopback])
    #expect(MultipathSocket.liveLocalAddress(pair.server.number) == loopback)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (33_149_999, "33.1 MB"), (999_999, "999.9 kB"),
    (1_000_000, "1.0 MB"), (UInt64.max, "18446.7 PB"),
  ])
  func amounts(bytes: UInt64, text: String) { #expect(ConnectionReport.amount(bytes) == text) }
}
