// Tests of the descriptor that stays: it may be first or second, is still armed after another one has ended a wait, and wakes nobody
// who does not wait for it.

import LinuxSystem
import Testing
import UnitSupport

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ParkingHomeTests {
  let home: Pipe
  let other: Pipe
  let parking: Parking

  init() throws {
    home = try Pipe()
    other = try Pipe()
    parking = Parking(try place().reactor, home: home.readNumber)
  }

  @Test func itMayBeFirstOrSecondInTurns() async {
    for round in 0..<50 {
      home.write()
      if round % 2 == 0 {
        #expect(await parking.wait(home.readNumber, .readable, until: .never) == .ready(first: true, second: false))
      } else {
        let wake = await parking.wait(other.readNumber, .readable, home.readNumber, .readable, until: .never)
        #expect(wake == .ready(first: false, second: true))
      }
      home.drain()
    }
    parking.retire()
  }

  @Test func itStaysArmedWhenTheOtherOneEndsTheWait() async {
    for _ in 0..<50 {
      other.write()
      let wake = await parking.wait(other.readNumber, .readable, home.readNumber, .readable, until: .never)
      #expect(wake == .ready(first: true, second: false))
      other.drain()
      // Whether it speaks before the next wait or in it.
      home.write()
      #expect(await parking.wait(home.readNumber, .readable, until: .never) == .ready(first: true, second: false))
      home.drain()
    }
    parking.retire()
  }

  @Test func leftArmedItWakesNobodyWhoDoesNotWaitForIt() async {
    other.write()
    _ = await parking.wait(other.readNumber, .readable, home.readNumber, .readable, until: .never)
    home.write()
    let deadline = MonotonicTime.after(milliseconds: 30)
    #expect(await parking.sleep(until: deadline) == .deadline)
    #expect(MonotonicTime.now >= deadline)
    // And it is not forgotten.
    #expect(await parking.wait(home.readNumber, .readable, until: .never) == .ready(first: true, second: false))
    parking.retire()
  }
}
