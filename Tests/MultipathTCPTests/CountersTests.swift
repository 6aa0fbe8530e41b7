// Tests of Counters.swift: the text of /proc/net/netstat by name, deltas, and the alarms drawn from them.

import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct CountersTests {
  static let text = """
    TcpExt: SyncookiesSent SyncookiesRecv
    TcpExt: 7 8
    IpExt: InNoRoutes
    IpExt: 9
    MPTcpExt: MPCapableSYNRX Blackhole MPCurrEstab DataCsumErr Bogus
    MPTcpExt: 12 0 3 2 -1
    """

  @Test func readsByName() throws {
    let counters = try #require(Counters.parse(Array(Self.text.utf8)))
    #expect(counters["MPCapableSYNRX"] == 12)
    #expect(counters["Blackhole"] == 0)
    #expect(counters["SyncookiesSent"] == nil)
    #expect(counters["Bogus"] == nil)
    #expect(counters.names == ["Blackhole", "DataCsumErr", "MPCapableSYNRX", "MPCurrEstab"])
  }

  @Test func aKernelWithoutMPTCPHasNone() {
    #expect(Counters.parse(Array("TcpExt: A\nTcpExt: 1\n".utf8)) == nil)
    #expect(Counters.parse([]) == nil)
    #expect(Counters.parse(Array("MPTcpExt: A B\nIpExt: 1\n".utf8)) == nil)
  }

  @Test func deltasNeverGoBelowZeroAndLeaveLevelsAlone() throws {
    let earlier = Counters(values: ["MPRstTx": 5, "MPCurrEstab": 9, "MPRstRx": 50])
    let later = Counters(values: ["MPRstTx": 8, "MPCurrEstab": 4, "MPRstRx": 1, "New": 2])
    let moved = later.delta(since: earlier)
    #expect(moved["MPRstTx"] == 3)
    #expect(moved["MPCurrEstab"] == 4)
    #expect(moved["MPRstRx"] == 0)
    #expect(moved["New"] == 2)
  }

  @Test func alarmsNameWhatMoved() {
    let counters = Counters(values: ["DataCsumErr": 2, "MPFailRx": 0, "MPCapableFallbackSYNACK": 4])
    #expect(counters.middleboxAlarms.map(\.name) == ["DataCsumErr"])
    #expect(counters.fallbacks.map(\.count) == [4])
    #expect(counters.fallbacks.first?.reason == "the peer answered without the option")
  }

  @Test(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
  func countsThisNamespaceOnly() throws {
    try Namespace().run {
      let before = try #require(Counters.read())
      #expect(before["MPCapableSYNRX"] == 0)
      _ = try Pair()
      _ = try Pair(listener: .off, client: .required)
      let moved = try #require(Counters.read()).delta(since: before)
      #expect(moved["MPCapableSYNRX"] == 1)
      #expect(moved.fallbacks.map(\.reason) == ["the peer answered without the option"])
      // Every name the library gives a meaning to is one that this kernel has, or had in another version.
      let known = Set(Counters.groups.flatMap(\.names))
      #expect(known.intersection(moved.names).count > known.count * 3 / 4, "\(known.subtracting(moved.names))")
    }
  }
}
