// Tests of deadlines that move, are many at once, and do not pile up.

import LinuxSystem
import Testing
import UnitSupport

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ParkingDeadlineTests {
  let reactor: Reactor
  let parking: Parking

  init() throws { (reactor, parking) = try place() }

  @Test func aLaterDeadlineDoesNotWakeEarly() async throws {
    let pipe = try Pipe()
    pipe.write()
    // Leaves an entry for the early deadline behind.
    #expect(
      await parking.wait(pipe.readNumber, .readable, until: .after(milliseconds: 10))
        == .ready(first: true, second: false))
    pipe.drain()
    let later = MonotonicTime.after(milliseconds: 60)
    #expect(await parking.wait(pipe.readNumber, .readable, until: later) == .deadline)
    #expect(MonotonicTime.now >= later)
    parking.retire()
  }

  /// Sleeps with a deadline an hour away and is called: once before it sleeps, once while it does.
  private func sleepUntilCalled(_ parking: Parking, on reactor: Reactor) async {
    parking.wake()
    #expect(await parking.sleep(until: .after(milliseconds: 3_600_000)) == .called)
    async let wake = parking.sleep(until: .after(milliseconds: 3_600_000))
    await untilParked(parking, on: reactor)
    parking.wake()
    #expect(await wake == .called)
  }

  @Test func anEarlierDeadlineWakesInTime() async {
    await sleepUntilCalled(parking, on: reactor)
    // The reactor sleeps for an hour unless it is told of this one.
    #expect(await parking.sleep(until: .after(milliseconds: 5)) == .deadline)
    parking.retire()
  }

  @Test func noDeadlineAfterOneLeavesTheSessionAsleep() async {
    parking.wake()
    _ = await parking.sleep(until: .after(milliseconds: 5))
    let other = Parking(reactor)
    async let wake = parking.sleep(until: .never)
    #expect(await other.sleep(until: .after(milliseconds: 30)) == .deadline)
    #expect(parking.isParkedNow(reactor))
    parking.wake()
    #expect(await wake == .called)
    parking.retire()
    other.retire()
  }

  @Test func noneOfManyDeadlinesComesEarly() async {
    let start = MonotonicTime.now
    await withTaskGroup(of: Void.self) { group in
      for index in (0..<20).reversed() {
        let parking = Parking(reactor)
        group.addTask {
          let deadline = start.advanced(by: 5_000_000 * Int64(index + 1))
          #expect(await parking.sleep(until: deadline) == .deadline)
          #expect(MonotonicTime.now >= deadline)
          parking.retire()
        }
      }
    }
  }

  /// A session that lives for days sets deadlines near and far again and again. What it leaves in the reactor has to stay bounded.
  @Test func deadlinesDoNotPileUp() async throws {
    let reactor = try Reactor()
    let parking = Parking(reactor)
    for _ in 0..<300 {
      // A near deadline that is reached, as of a passive port nobody connects to …
      #expect(await parking.sleep(until: .now) == .deadline)
      // … and a far one that is not, as the idle timeout.
      await sleepUntilCalled(parking, on: reactor)
    }
    #expect(reactor.pendingDeadlines < 100)
    parking.retire()
  }
}
