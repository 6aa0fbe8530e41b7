// Tests of PathStatistics.swift: a structure captured on Linux 6.18, whole and as older kernels give it.

import Testing

@testable import MultipathTCP

@Suite struct PathStatisticsTests {
  /// After 100,000 bytes sent and 5 received over a path of 1500 bytes MTU.
  static let captured = bytes(
    """
    010000000007aa00e01c0300409c0000a80500001802000000000000000000000000000000000000000000003001000000000000
    3401000030010000dc05000058fa00002e00000016000000ffffff7f52000000a805000003000000000000009038000000000000
    72dd656300000000ffffffffffffffffa18601000000000005000000000000004b0000000b000000000000000700000001000000
    4800000092957e12000000000000000000000000000000000000000000000000000000004900000000000000a086010000000000
    00000000000000000000000000000000000000000024020000fc0000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000
    """)

  static func decode(_ raw: [UInt8]) -> PathStatistics? { raw.withUnsafeBytes { PathStatistics(bytes: $0) } }

  @Test func readsAllOfLinux618() throws {
    let figures = try #require(Self.decode(Self.captured))
    #expect(figures.state == .established)
    #expect(figures.segmentSize == 1448)
    #expect(figures.retransmissionTimeout == .milliseconds(204))
    #expect(figures.roundTrip == .microseconds(46))
    #expect(figures.roundTripVariation == .microseconds(22))
    #expect(figures.leastRoundTrip == .microseconds(7))
    #expect(figures.congestionWindow == 82)
    #expect(figures.totalRetransmissions == 0)
    #expect(figures.bytesAcknowledged == 100_001)
    #expect(figures.bytesReceived == 5)
    #expect(figures.bytesSent == 100_000)
    #expect(figures.sendWindow == 140_288)
    #expect(figures.deliveryRate == 310_285_714)
    #expect(figures.isLive)
  }

  @Test func leavesOutWhatOlderKernelsLack() throws {
    let old = try #require(Self.decode(Array(Self.captured[..<104])))
    #expect(old.congestionWindow == 82)
    #expect(old.bytesAcknowledged == nil)
    #expect(old.bytesSent == nil)
    #expect(old.pacingRate == nil)
    #expect(Self.decode(Array(Self.captured[..<103])) == nil)
    #expect(Self.decode(Array(Self.captured[..<207]))?.bytesSent == nil)
    #expect(Self.decode(Array(Self.captured[..<208]))?.bytesSent == 100_000)
  }

  @Test func aPathThatWaitsForAnAnswerIsNotLive() throws {
    var raw = Self.captured
    raw[2] = 1  // a retransmission without an answer
    #expect(try #require(Self.decode(raw)).isLive == false)
    raw = Self.captured
    raw[24] = 10  // segments under way, last answer 304 ms ago, time-out 204 ms: within two time-outs
    #expect(try #require(Self.decode(raw)).isLive)
    raw[57] = 2  // … 560 ms ago
    #expect(try #require(Self.decode(raw)).isLive == false)
    raw = Self.captured
    raw[0] = 8  // CLOSE_WAIT
    #expect(try #require(Self.decode(raw)).isLive == false)
    raw[0] = 200
    #expect(try #require(Self.decode(raw)).state == nil)
  }
}
