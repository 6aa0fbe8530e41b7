// Tests of descriptor numbers that come back for another file, and of events of an earlier wait.

import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ParkingDescriptorTests {
  let reactor: Reactor
  let parking: Parking

  init() throws { (reactor, parking) = try place() }

  @Test func aDescriptorNumberMayComeBack() async throws {
    let first = try Pipe()
    let number = dup(first.readNumber)
    try #require(number >= 0)
    defer { close(number) }
    first.closeReading()
    for round in 0..<20 {
      let pipe = try Pipe()
      // The number now stands for another open file, which epoll does not know; the file it stood for is closed.
      #expect(dup2(pipe.readNumber, number) == number)
      pipe.closeReading()
      if round % 3 == 0 {
        #expect(await parking.wait(number, .readable, until: .after(milliseconds: 2)) == .deadline)
      }
      async let wake = parking.wait(number, .readable, until: .never)
      await untilParked(parking, on: reactor)
      pipe.write()
      #expect(await wake == .ready(first: true, second: false))
    }
    parking.retire()
  }

  @Test func anotherParkingMayTakeOverADescriptor() async throws {
    let pipe = try Pipe()
    #expect(await parking.wait(pipe.readNumber, .readable, until: .after(milliseconds: 2)) == .deadline)
    parking.retire()
    let other = Parking(reactor)
    async let wake = other.wait(pipe.readNumber, .readable, until: .never)
    await untilParked(other, on: reactor)
    pipe.write()
    #expect(await wake == .ready(first: true, second: false))
    other.retire()
  }

  @Test func aClosedDescriptorLeavesTheDeadline() async {
    #expect(await parking.wait(-1, .readable, -1, .writable, until: .after(milliseconds: 2)) == .deadline)
    #expect(await parking.wait(1_000_000, .readable, until: .after(milliseconds: 2)) == .deadline)
    parking.retire()
  }

  @Test func anEventOfAnEarlierWaitIsAtWorstSpurious() async throws {
    let old = try Pipe()
    let new = try Pipe()
    // Armed, and not fired when the wait ends by its deadline.
    #expect(await parking.wait(old.readNumber, .readable, until: .after(milliseconds: 2)) == .deadline)
    async let wakes = waitFor(new)
    await untilParked(parking, on: reactor)
    old.write()
    new.write()
    let count = await wakes
    #expect((1...2).contains(count))
    parking.retire()
  }

  /// How many times it had to wait until `pipe` could be read: what a session does with a spurious wake.
  private func waitFor(_ pipe: Pipe) async -> Int {
    var count = 0
    var byte: UInt8 = 0
    while read(pipe.readNumber, &byte, 1) != 1 {
      count += 1
      _ = await parking.wait(pipe.readNumber, .readable, until: .never)
    }
    return count
  }
}
