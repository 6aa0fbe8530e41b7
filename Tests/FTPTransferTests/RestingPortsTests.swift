// Tests of the ports that rest: in which order they come back, and that a port rests once.

import Testing

@testable import FTPTransfer

@Suite struct RestingPortsTests {
  @Test func thoseThatHaveRestedLongestComeBackFirst() {
    var resting = RestingPorts()
    for port in UInt16(5000)..<5010 { resting.add(port) }
    resting.trim(to: 4)
    #expect((UInt16(5000)..<5010).filter { resting.contains($0) } == [5006, 5007, 5008, 5009])
    resting.trim(to: 0)
    #expect(!(UInt16(5000)..<5010).contains { resting.contains($0) })
  }

  @Test func aPortThatRestsAgainRestsFromThenOn() {
    var resting = RestingPorts()
    for port in [UInt16(7), 8, 9, 7] { resting.add(port) }
    #expect(resting.count == 3)
    resting.trim(to: 1)
    #expect(resting.contains(7))
    #expect(!resting.contains(8) && !resting.contains(9))
  }

  @Test func noMoreRestThanTheLimit() {
    var resting = RestingPorts()
    for port in UInt16(0)..<3000 { resting.add(port) }
    #expect(resting.count == RestingPorts.limit)
    #expect((UInt16(0)..<3000).filter { resting.contains($0) } == Array(UInt16(3000 - RestingPorts.limit)..<3000))
    // Out of the middle, where the ring has gone round.
    resting.add(2500)
    resting.trim(to: 1)
    #expect(resting.contains(2500))
    for port in [UInt16(65535), 0] { resting.add(port) }
    resting.trim(to: 2)
    #expect(resting.contains(65535) && resting.contains(0) && !resting.contains(2500))
  }
}
