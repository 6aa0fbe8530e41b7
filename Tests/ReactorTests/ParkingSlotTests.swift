// Tests of the slots of a reactor: they are used again, and a successor hears nothing of its predecessor.

import LinuxSystem
import Testing
import UnitSupport

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ParkingSlotTests {
  @Test func slotsAreUsedAgain() async throws {
    let reactor = try Reactor()
    for _ in 0..<1000 {
      let one = Parking(reactor)
      let other = Parking(reactor)
      one.retire()
      other.retire()
    }
    let (slots, free) = reactor.state.withLock { ($0.parkings.count, $0.free.count) }
    #expect(slots == 2)
    #expect(free == 2)
  }

  @Test func retiringTwiceIsRetiringOnce() throws {
    let reactor = try Reactor()
    let parking = Parking(reactor)
    parking.retire()
    parking.retire()
    #expect(reactor.state.withLock { $0.free.count } == 1)
    let next = Parking(reactor)
    // The old one has nothing to do with the slot any more.
    parking.retire()
    #expect(reactor.state.withLock { $0.free.count } == 0)
    next.retire()
  }

  @Test func aSuccessorInTheSlotHearsNothingOfWhatWasBefore() async throws {
    let reactor = try Reactor()
    let pipe = try Pipe()
    let former = Parking(reactor)
    // Leaves a deadline that has not come …
    let ready = try Pipe()
    ready.write()
    var last = await former.wait(ready.readNumber, .readable, until: .after(milliseconds: 50))
    #expect(last != .called)
    // … and a descriptor that is armed behind.
    last = await former.wait(pipe.readNumber, .readable, until: .after(milliseconds: 1))
    #expect(last == .deadline)
    former.retire()

    let parking = Parking(reactor)
    #expect(reactor.state.withLock { $0.parkings.count } == 1)
    let deadline = MonotonicTime.after(milliseconds: 400)
    async let wake = parking.sleep(until: deadline)
    while !parking.isParkedNow(reactor), MonotonicTime.now < deadline { await Task.yield() }
    pipe.write()
    #expect(await wake == .deadline)
    #expect(MonotonicTime.now >= deadline)
    parking.retire()
  }

  @Test func tokensKeepTheirParts() {
    for slot: UInt32 in [0, 1, 0x3FFF_FFFF] {
      for generation: UInt32 in [0, 1, .max] {
        for (isSecond, isHome) in [(false, false), (true, false), (false, true)] {
          let token = Token(Token(slot: slot, generation: generation, isSecond: isSecond, isHome: isHome).raw)
          #expect(token.slot == slot)
          #expect(token.generation == generation)
          #expect(token.isSecond == isSecond)
          #expect(token.isHome == isHome)
        }
      }
    }
  }
}
