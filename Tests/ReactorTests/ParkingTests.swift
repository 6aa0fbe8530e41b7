// Tests of waiting without a thread: each reason to wake, with one descriptor and with two.

import LinuxSystem
import Testing
import UnitSupport

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ParkingTests {
  let reactor: Reactor
  let parking: Parking

  init() throws { (reactor, parking) = try place() }

  @Test func aReadyDescriptorEndsTheWaitAtOnce() async throws {
    let pipe = try Pipe()
    pipe.write()
    #expect(await parking.wait(pipe.readNumber, .readable, until: .never) == .ready(first: true, second: false))
    parking.retire()
  }

  @Test func aDescriptorThatBecomesReadyEndsTheWait() async throws {
    let pipe = try Pipe()
    async let wake = parking.wait(pipe.readNumber, .readable, until: .never)
    await untilParked(parking, on: reactor)
    pipe.write()
    #expect(await wake == .ready(first: true, second: false))
    parking.retire()
  }

  @Test func aDescriptorThatBecomesWritableEndsTheWait() async throws {
    let pipe = try Pipe()
    pipe.fill()
    async let wake = parking.wait(pipe.writeNumber, .writable, until: .never)
    await untilParked(parking, on: reactor)
    pipe.drain()
    #expect(await wake == .ready(first: true, second: false))
    parking.retire()
  }

  @Test func aPeerThatGoesAwayEndsTheWait() async throws {
    let pipe = try Pipe()
    async let wake = parking.wait(pipe.readNumber, .readable, until: .never)
    await untilParked(parking, on: reactor)
    pipe.closeWriting()
    #expect(await wake == .ready(first: true, second: false))
    parking.retire()
  }

  @Test func theDeadlineEndsTheWaitAndNotBefore() async throws {
    let pipe = try Pipe()
    for milliseconds: Int64 in [0, 1, 3, 20] {
      let deadline = MonotonicTime.after(milliseconds: milliseconds)
      #expect(await parking.wait(pipe.readNumber, .readable, until: deadline) == .deadline)
      #expect(MonotonicTime.now >= deadline)
    }
    parking.retire()
  }

  @Test func aDeadlineThatHasPassedEndsTheWait() async {
    #expect(await parking.sleep(until: MonotonicTime(nanoseconds: 0)) == .deadline)
    #expect(await parking.sleep(until: MonotonicTime(nanoseconds: -1)) == .deadline)
    parking.retire()
  }

  @Test func aCallEndsTheWait() async {
    async let wake = parking.sleep(until: .never)
    await untilParked(parking, on: reactor)
    parking.wake()
    #expect(await wake == .called)
    parking.retire()
  }

  @Test func aCallBeforeTheWaitIsNotLost() async throws {
    let pipe = try Pipe()
    parking.wake()
    #expect(await parking.wait(pipe.readNumber, .readable, until: .never) == .called)
    parking.retire()
  }

  @Test func manyCallsBeforeTheWaitAreOne() async {
    for _ in 0..<3 { parking.wake() }
    #expect(await parking.sleep(until: .never) == .called)
    #expect(await parking.sleep(until: .after(milliseconds: 5)) == .deadline)
    parking.retire()
  }

  @Test func tellsWhichOfTwoIsReady() async throws {
    let one = try Pipe()
    let other = try Pipe()
    other.write()
    var wake = await parking.wait(one.readNumber, .readable, other.readNumber, .readable, until: .never)
    #expect(wake == .ready(first: false, second: true))
    other.drain()
    one.write()
    wake = await parking.wait(one.readNumber, .readable, other.readNumber, .readable, until: .never)
    #expect(wake == .ready(first: true, second: false))
    one.drain()
    wake = await parking.wait(
      one.readNumber, .readable, other.readNumber, .readable, until: .after(milliseconds: 5))
    #expect(wake == .deadline)
    parking.retire()
  }

  @Test func descriptorsChangePlaces() async throws {
    let pipes = try (0..<3).map { _ in try Pipe() }
    for round in 0..<30 {
      let first = pipes[round % 3]
      let second = pipes[(round + 1) % 3]
      let ready = round % 2 == 0 ? first : second
      ready.write()
      var wake = Wake.called
      // One-shot arming of an earlier round may still fire: such a wake is spurious and the caller tries again.
      repeat {
        wake = await parking.wait(first.readNumber, .readable, second.readNumber, .readable, until: .never)
      } while wake != .ready(first: ready === first, second: ready === second)
      ready.drain()
    }
    parking.retire()
  }
}
