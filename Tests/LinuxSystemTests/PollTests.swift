// Tests of waiting for one or two descriptors.

import Testing

@testable import LinuxSystem

@Suite(.timeLimit(.minutes(5))) struct PollTests {
  @Test func tellsReadyFromNotReady() throws {
    let pair = try LoopbackPair()
    #expect(!Poll.wait(pair.serverNumber, .readable, milliseconds: 0))
    #expect(Poll.wait(pair.serverNumber, .writable, milliseconds: 0))
    _ = try send(pair.clientNumber, [1])
    #expect(Poll.wait(pair.serverNumber, .readable, milliseconds: 10_000))
    #expect(Poll.wait(pair.serverNumber, [.readable, .writable], milliseconds: 0))
  }

  @Test func aBrokenConnectionIsReady() throws {
    let pair = try LoopbackPair()
    Socket.resetOnClose(pair.clientNumber)
    pair.client = nil
    #expect(Poll.wait(pair.serverNumber, .readable, milliseconds: 10_000))
    #expect(Poll.wait(pair.serverNumber, [], milliseconds: 0))
  }

  @Test func tellsWhichOfTwoIsReady() throws {
    let one = try LoopbackPair()
    let other = try LoopbackPair()
    func ready(_ milliseconds: Int32 = 0) -> (Bool, Bool) {
      Poll.wait(one.serverNumber, .readable, other.serverNumber, .readable, milliseconds: milliseconds)
    }
    #expect(ready() == (false, false))
    _ = try send(other.clientNumber, [1])
    #expect(ready(10_000) == (false, true))
    _ = try send(one.clientNumber, [1])
    #expect(Poll.wait(one.serverNumber, .readable, milliseconds: 10_000))
    #expect(ready() == (true, true))
    _ = try receive(other.serverNumber)
    #expect(ready() == (true, false))
  }

  @Test func aMissingSecondIsNeverReady() throws {
    let pair = try LoopbackPair()
    #expect(Poll.wait(pair.serverNumber, .writable, -1, [], milliseconds: 0) == (true, false))
    #expect(Poll.wait(pair.serverNumber, .readable, -1, [.readable], milliseconds: 0) == (false, false))
  }
}
