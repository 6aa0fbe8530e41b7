// Tests with many parkings and many callers at once: no wake is lost, and none comes twice.

import Glibc
import LinuxSystem
import Synchronization
import Testing
import UnitSupport

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ParkingRaceTests {
  let reactor: Reactor
  let parking: Parking

  init() throws { (reactor, parking) = try place() }

  @Test func twoThousandAtOnceOnDescriptors() async throws {
    _ = ProcessLimits.raiseOpenFiles()
    let pipe = try Pipe()
    // Copies of one reading end: epoll keeps each number apart, and one byte makes all of them readable.
    let numbers = (0..<2000).map { _ in dup(pipe.readNumber) }
    defer { for number in numbers { close(number) } }
    try #require(numbers.allSatisfy { $0 >= 0 })
    let parkings = numbers.map { _ in Parking(reactor) }
    await withTaskGroup(of: Wake.self) { group in
      for (parking, number) in zip(parkings, numbers) {
        group.addTask { await parking.wait(number, .readable, until: .after(milliseconds: 60_000)) }
      }
      for parking in parkings { await untilParked(parking, on: reactor) }
      pipe.write()
      for await wake in group { #expect(wake == .ready(first: true, second: false)) }
    }
    for parking in parkings { parking.retire() }
  }

  @Test func twoThousandAtOnceOnDeadlines() async {
    let start = MonotonicTime.now
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<2000 {
        let parking = Parking(reactor)
        group.addTask {
          let deadline = start.advanced(by: Int64(index % 50) * 2_000_000)
          #expect(await parking.sleep(until: deadline) == .deadline)
          #expect(MonotonicTime.now >= deadline)
          parking.retire()
        }
      }
    }
  }

  private final class Counts: Sendable {
    let asked = Atomic<Int>(0)
    let seen = Atomic<Int>(0)
    let isDone = Atomic<Bool>(false)
  }

  /// The waiter counts what it has seen; every call comes after a count, so a call that is lost leaves it waiting for ever.
  @Test func noCallIsLost() async {
    let rounds = 4000
    let counts = Counts()
    let parking = self.parking
    let caller = OwnThread {
      for round in 1...rounds {
        counts.asked.store(round, ordering: .sequentiallyConsistent)
        parking.wake()
        // Every other round without waiting for the answer: calls and waits meet in all orders.
        if round % 2 == 0 { while counts.seen.load(ordering: .sequentiallyConsistent) < round { sched_yield() } }
      }
    }
    var last = 0
    while last < rounds {
      last = counts.asked.load(ordering: .sequentiallyConsistent)
      counts.seen.store(last, ordering: .sequentiallyConsistent)
      if last < rounds { #expect(await parking.sleep(until: .never) == .called) }
    }
    caller.join()
    parking.retire()
  }

  /// Two callers, a descriptor and a deadline all at the same moment: a second resume of one wait would trap.
  @Test func allReasonsAtOnceWakeOnce() async throws {
    let pipe = try Pipe()
    let parking = self.parking
    let state = Counts()
    let callers = (0..<2).map { _ in
      OwnThread { while !state.isDone.load(ordering: .relaxed) { parking.wake() } }
    }
    let writeNumber = pipe.writeNumber
    let writer = OwnThread {
      var byte: UInt8 = 1
      while !state.isDone.load(ordering: .relaxed) {
        _ = write(writeNumber, &byte, 1)
        sched_yield()
      }
    }
    var counts: [String: Int] = [:]
    for round in 0..<2000 {
      let wake = await parking.wait(
        pipe.readNumber, .readable, until: .now.advanced(by: Int64(round % 3) * 10_000))
      counts["\(wake)", default: 0] += 1
      if round % 8 == 0 { pipe.drain() }
    }
    state.isDone.store(true, ordering: .relaxed)
    for thread in callers + [writer] { thread.join() }
    #expect(counts.values.reduce(0, +) == 2000)
    parking.retire()
  }
}
