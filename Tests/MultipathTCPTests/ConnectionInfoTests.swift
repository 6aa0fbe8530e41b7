// Tests of ConnectionInfo.swift: a structure captured on Linux 6.18 at every length that a kernel version gives it.

import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct ConnectionInfoTests {
  /// A client with two subflows that sent 100,000 bytes and received 5.
  static let captured = bytes(
    """
    0100000404000000 02000000 f2bd437e 684d3928d8fe7311 684d3928d8fe7311 01a18908ebd8e2fd 0101000000000000
    0000000000000000 a086010000000000 0500000000000000 a086010000000000 02000000 30010000 34010000 30010000
    """)

  @Test func readsAllOfLinux618() throws {
    let info = try #require(Self.captured.withUnsafeBytes { ConnectionInfo(bytes: $0) })
    #expect(info.extraSubflows == 1)
    #expect(info.extraSubflowsMax == 4)
    #expect(info.acceptedAddressesMax == 0)
    #expect(info.hasRemoteKey)
    #expect(!info.isFallback)
    #expect(info.token == 0x7E43_BDF2)
    #expect(info.tokenText == "7e43bdf2")
    #expect(info.localAddressesUsed == 1)
    #expect(info.isChecksummed == false)
    #expect(info.retransmissions == 0)
    #expect(info.bytesSent == 100_000)
    #expect(info.bytesReceived == 5)
    #expect(info.bytesAcknowledged == 100_000)
    #expect(info.totalSubflows == 2)
    #expect(info.pathCount == 2)
    #expect(info.sinceDataSent == .milliseconds(304))
    #expect(info.sinceDataReceived == .milliseconds(308))
    #expect(info.sinceAcknowledged == .milliseconds(304))
  }

  @Test(arguments: [
    // length, which fields that kernel has: addresses (5.12), checksum (5.14), bytes (6.5), total (6.8), times (6.10)
    (16, 0), (40, 0), (42, 1), (44, 2), (80, 3), (84, 4), (96, 5),
  ])
  func leavesOutWhatOlderKernelsLack(length: Int, level: Int) throws {
    let info = try #require(Self.captured[..<length].withUnsafeBytes { ConnectionInfo(bytes: $0) })
    #expect(info.token == 0x7E43_BDF2)
    #expect((info.localAddressesUsed != nil) == (level >= 1))
    #expect((info.isChecksummed != nil) == (level >= 2))
    #expect((info.bytesSent != nil) == (level >= 3))
    #expect((info.totalSubflows != nil) == (level >= 4))
    #expect((info.sinceAcknowledged != nil) == (level >= 5))
    #expect(info.pathCount == 2)
  }

  @Test func refusesLessThanTheToken() {
    for length in 0..<16 { #expect(Self.captured[..<length].withUnsafeBytes { ConnectionInfo(bytes: $0) } == nil) }
  }

  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func saysWhatTheSocketIsInstead() throws {
    let plain = try Pair(listener: .off, client: .off)
    #expect(throws: MultipathError.notMultipath(.tcp)) { try MultipathSocket.info(plain.client.number) }
    let fallen = try Pair(listener: .off, client: .required)
    #expect(throws: MultipathError.notMultipath(.fellBack)) { try MultipathSocket.info(fallen.client.number) }
    let fresh = try MultipathSocket.stream(.ipv4)
    #expect(throws: MultipathError.notMultipath(.undecided)) { try MultipathSocket.info(fresh.number) }
    #expect(throws: MultipathError.system(.init(code: 9, call: "getsockopt"))) { try MultipathSocket.info(-1) }
  }

  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func countsTheBytesOfALiveConnection() throws {
    let pair = try Pair()
    try pump(from: pair.client.number, to: pair.server.number, count: 300_000)
    let receiver = try MultipathSocket.info(pair.server.number)
    #expect(receiver.bytesReceived == nil || receiver.bytesReceived == 300_000)
    #expect(try MultipathSocket.info(pair.client.number).token != receiver.token)
    #expect(receiver.pathCount == 1)
  }
}
