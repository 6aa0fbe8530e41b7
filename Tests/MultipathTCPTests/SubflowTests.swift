// Tests of Subflow.swift: which addresses a server may believe when some paths are dead.

import LinuxSystem
import Testing

@testable import MultipathTCP

@Suite struct SubflowTests {
  /// A path between 10.0.`net`.2 here and 10.0.`net`.1 there; `silence` in milliseconds.
  static func path(_ net: UInt32, state: UInt8 = 1, retransmitting: UInt8 = 0, silence: UInt8 = 0) throws -> Subflow {
    var raw = PathStatisticsTests.captured
    raw[0] = state
    raw[2] = retransmitting
    for offset in [52, 56] { raw.replaceSubrange(offset..<(offset + 4), with: [silence, 0, 0, 0]) }
    let statistics = try #require(PathStatisticsTests.decode(raw))
    return Subflow(
      id: net, local: SocketAddress(IPAddress(ipv4: 0x0A00_0002 | net << 8), port: 2121),
      remote: SocketAddress(IPAddress(ipv4: 0x0A00_0001 | net << 8), port: 40_000), statistics: statistics)
  }

  @Test func aLosingPathStillProvesItsAddressButIsNotLive() throws {
    let paths = [
      try Self.path(1, retransmitting: 2, silence: 1), try Self.path(2, silence: 90), try Self.path(3, state: 2),
    ]
    #expect(Set(paths.remoteAddresses.map(\.description)) == ["10.0.1.1", "10.0.2.1"])
    #expect(paths.liveRemoteAddresses.map(\.description) == ["10.0.2.1"])
    #expect(paths.liveLocalAddresses.map(\.description) == ["10.0.2.2"])
    #expect(paths.bestLocal?.description == "10.0.2.2:2121")
    #expect(paths.bestRemote?.description == "10.0.2.1:40000")
  }

  @Test func theMostRecentLivePathIsTheBest() throws {
    let paths = [try Self.path(1, silence: 50), try Self.path(2, silence: 3), try Self.path(3, silence: 99)]
    #expect(paths.bestLocal?.address.description == "10.0.2.2")
  }

  @Test func ifNoneIsLiveAllCount() throws {
    let paths = [try Self.path(1, retransmitting: 1, silence: 9), try Self.path(2, retransmitting: 1, silence: 4)]
    #expect(paths.liveLocalAddresses.count == 2)
    #expect(paths.bestLocal?.address.description == "10.0.2.2")
    #expect([Subflow]().bestLocal == nil)
    #expect([Subflow]().remoteAddresses.isEmpty)
  }

  @Test func rolesAreReadFromFlags() {
    #expect(SubflowRole(rawValue: 0xEC).isBackup)
    #expect(!SubflowRole(rawValue: 0xC3).isBackup)
    #expect(SubflowRole(rawValue: 0xC3).isInitial)
    #expect(SubflowRole(rawValue: 0xEC).description == "joined, backup")
  }
}
