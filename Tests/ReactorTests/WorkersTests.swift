// Tests of sessions on the shared workers: fairness, the bound on threads, blocked workers, and wakes that must not get lost.

import Dispatch
import Glibc
import LinuxSystem
import Synchronization
import Testing
import UnitSupport

@testable import Reactor

@Suite(.serialized, .timeLimit(.minutes(5))) struct WorkersTests {
  /// Runs a function each time it is woken.
  private final class Guest: Parked {
    let executor: SessionExecutor
    private let body: @Sendable (Guest, Wake?) -> Void

    init(_ reactor: Reactor, _ body: @escaping @Sendable (Guest, Wake?) -> Void) {
      executor = SessionExecutor(reactor)
      self.body = body
    }

    func resume(after wake: Wake?) { body(self, wake) }
  }

  /// Waits, off the workers, until `count` has come to `value`.
  private func wait(for count: borrowing Atomic<Int>, toBe value: Int) async throws {
    let deadline = MonotonicTime.after(milliseconds: 60_000)
    while count.load(ordering: .acquiring) < value {
      try #require(MonotonicTime.now < deadline, "only \(count.load(ordering: .relaxed)) of \(value)")
      await Task.yield()
    }
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
    func add() { value.add(1, ordering: .releasing) }
  }

  @Test func oneWithMuchToDoMakesWay() async throws {
    let reactor = try Reactor()
    let done = Counter()
    let isOver = Counter()
    // As many as there are workers, and they never end by themselves.
    let greedy = (0..<Workers.processors).map { _ in
      Guest(reactor) { guest, _ in
        while !guest.executor.isTurnOver() {
          if isOver.value.load(ordering: .relaxed) > 0 { return }
        }
        guest.executor.run(guest)
      }
    }
    for guest in greedy { guest.executor.run(guest) }
    for _ in 0..<100 {
      let modest = Guest(reactor) { _, _ in done.add() }
      modest.executor.run(modest)
    }
    try await wait(for: done.value, toBe: 100)
    isOver.add()
  }

  @Test func aTaskThatMakesWayGoesOnAfterTheOthers() async throws {
    let reactor = try Reactor()
    let executor = SessionExecutor(reactor)
    let rounds = await Task(executorPreference: executor) {
      var rounds = 0
      for _ in 0..<1000 {
        await executor.makeWay()
        rounds += executor.isIsolatingCurrentContext() == true ? 1 : 0
      }
      return rounds
    }.value
    #expect(rounds == 1000)
  }

  @Test func blockedWorkersAreReplacedAndThreadsStayBounded() async throws {
    let reactor = try Reactor()
    let release = DispatchSemaphore(value: 0)
    let (blocked, done) = (Counter(), Counter())
    // All but one of the threads there may be hang, as on a file system that does not answer.
    let hanging = 4 * Workers.processors - 1
    for _ in 0..<hanging {
      let guest = Guest(reactor) { _, _ in
        blocked.add()
        release.wait()
        done.add()
      }
      guest.executor.run(guest)
    }
    try await wait(for: blocked.value, toBe: hanging)
    let served = Counter()
    for _ in 0..<500 {
      let guest = Guest(reactor) { _, _ in served.add() }
      guest.executor.run(guest)
    }
    try await wait(for: served.value, toBe: 500)
    #expect(done.value.load(ordering: .relaxed) == 0)
    // Whoever hangs for long enough has one more in its place. Threads of the process are not counted: other suites have theirs.
    #expect(reactor.load.threads <= 4 * Workers.processors + hanging)
    for _ in 0..<hanging { release.signal() }
    try await wait(for: done.value, toBe: hanging)
  }

  @Test func socketsAreSeenWhileEveryWorkerIsBusyForLong() async throws {
    let reactor = try Reactor()
    let release = DispatchSemaphore(value: 0)
    let (blocked, woken) = (Counter(), Counter())
    for _ in 0..<Workers.processors {
      let guest = Guest(reactor) { _, _ in
        blocked.add()
        release.wait()
      }
      guest.executor.run(guest)
    }
    try await wait(for: blocked.value, toBe: Workers.processors)
    let pipe = try Pipe()
    let parking = Parking(reactor)
    let guest = Guest(reactor) { _, wake in
      if wake == .ready(first: true, second: false) { woken.add() }
    }
    parking.call(guest, when: pipe.readNumber, .readable, until: .never)
    pipe.write()
    try await wait(for: woken.value, toBe: 1)
    for _ in 0..<Workers.processors { release.signal() }
    parking.retire()
  }

  @Test func lingeringIsBoundedAndEnds() async throws {
    let reactor = try Reactor()
    let release = DispatchSemaphore(value: 0)
    let (lingering, refused) = (Counter(), Counter())
    let count = 4 * Workers.processors
    for _ in 0..<count {
      let guest = Guest(reactor) { guest, _ in
        let result: Void? = guest.executor.lingering {
          lingering.add()
          release.wait()
        }
        if result == nil { refused.add() }
      }
      guest.executor.run(guest)
    }
    try await wait(for: refused.value, toBe: count - Workers.processors)
    #expect(lingering.value.load(ordering: .relaxed) <= Workers.processors)
    // Those that linger keep nobody from their turn.
    let served = Counter()
    let guest = Guest(reactor) { _, _ in served.add() }
    guest.executor.run(guest)
    try await wait(for: served.value, toBe: 1)
    for _ in 0..<count { release.signal() }
  }

  /// Guests that hand a byte round in pipes, and are called from outside at the same time.
  @Test func noWakeIsLost() async throws {
    let reactor = try Reactor()
    let rounds = 2000
    let guests = 32
    let done = Counter()
    var places: [Parking] = []
    for _ in 0..<guests {
      let pipe = try Pipe()
      let parking = Parking(reactor, home: pipe.readNumber)
      places.append(parking)
      let seen = Atomic<Int>(0)
      let box = Box(seen)
      let guest = Guest(reactor) { guest, wake in
        if case .ready = wake { pipe.drain() }
        // Whoever has been round often enough stays away: it would go on beside all other tests.
        if box.count.add(1, ordering: .relaxed).newValue == rounds { return done.add() }
        pipe.write()
        parking.call(guest, when: pipe.readNumber, .readable, until: .never)
      }
      guest.executor.run(guest)
    }
    let called = places
    let caller = Task.detached {
      while !Task.isCancelled {
        for parking in called { parking.wake() }
        await Task.yield()
      }
    }
    try await wait(for: done.value, toBe: guests)
    caller.cancel()
    await caller.value
  }

  private final class Box: Sendable {
    let count: Atomic<Int>
    init(_ count: consuming Atomic<Int>) { self.count = count }
  }
}
