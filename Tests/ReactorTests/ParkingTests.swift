// Tests of waiting without a thread: every reason to wake, none of them lost, none of them twice.

import Glibc
import LinuxSystem
import Synchronization
import Testing

@testable import Reactor

/// One reactor for all: its thread lives as long as the process.
let sharedReactor = Result { try Reactor() }

@Suite(.timeLimit(.minutes(5))) struct ParkingTests {
  let reactor: Reactor
  let parking: Parking

  init() throws {
    reactor = try sharedReactor.get()
    parking = Parking(reactor)
  }

  // MARK: one reason each

  @Test func aReadyDescriptorEndsTheWaitAtOnce() async throws {
    let pipe = try Pipe()
    pipe.write()
    #expect(await parking.wait(pipe.readNumber, .readable, until: .never) == .ready(first: true, second: false))
    parking.retire()
  }

  @Test func aDescriptorThatBecomesReadyEndsTheWait() async throws {
    let pipe = try Pipe()
    async let wake = parking.wait(pipe.readNumber, .readable, until: .never)
    await untilParked(parking)
    pipe.write()
    #expect(await wake == .ready(first: true, second: false))
    parking.retire()
  }

  @Test func aDescriptorThatBecomesWritableEndsTheWait() async throws {
    let pipe = try Pipe()
    pipe.fill()
    async let wake = parking.wait(pipe.writeNumber, .writable, until: .never)
    await untilParked(parking)
    pipe.drain()
    #expect(await wake == .ready(first: true, second: false))
    parking.retire()
  }

  @Test func aPeerThatGoesAwayEndsTheWait() async throws {
    let pipe = try Pipe()
    async let wake = parking.wait(pipe.readNumber, .readable, until: .never)
    await untilParked(parking)
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
    await untilParked(parking)
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

  // MARK: without a task

  /// The wake that a function handed to `call` gets.
  private func called(
    _ number: Int32, until: MonotonicTime, meanwhile: @Sendable () -> Void = {}
  ) async -> Wake {
    await withCheckedContinuation { continuation in
      parking.call(when: number, .readable, until: until) { continuation.resume(returning: $0) }
      meanwhile()
    }
  }

  @Test func aFunctionIsCalledForEachReason() async throws {
    let pipe = try Pipe()
    let parking = self.parking
    let deadline = MonotonicTime.after(milliseconds: 5)
    #expect(await called(pipe.readNumber, until: deadline) == .deadline)
    #expect(MonotonicTime.now >= deadline)
    #expect(await called(pipe.readNumber, until: .never) { parking.wake() } == .called)
    #expect(await called(pipe.readNumber, until: .never) { pipe.write() } == .ready(first: true, second: false))
    #expect(await called(pipe.readNumber, until: .never) == .ready(first: true, second: false))
    parking.wake()
    #expect(await called(pipe.readNumber, until: .never) == .called)
    parking.retire()
  }

  @Test func functionsAndTasksTakeTurns() async throws {
    let pipe = try Pipe()
    for round in 0..<200 {
      pipe.write()
      let wake =
        round % 2 == 0
        ? await called(pipe.readNumber, until: .never)
        : await parking.wait(pipe.readNumber, .readable, until: .never)
      #expect(wake == .ready(first: true, second: false))
      pipe.drain()
    }
    parking.retire()
  }

  // MARK: two descriptors

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

  // MARK: deadlines that move

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

  @Test func anEarlierDeadlineWakesInTime() async {
    parking.wake()
    #expect(await parking.sleep(until: .after(milliseconds: 3_600_000)) == .called)
    async let wake = parking.sleep(until: .after(milliseconds: 3_600_000))
    await untilParked(parking)
    parking.wake()
    #expect(await wake == .called)
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

  private final class Log: Sendable { let order = Mutex<[Int]>([]) }

  @Test func deadlinesComeInTheirOrder() async {
    let log = Log()
    let start = MonotonicTime.now
    await withTaskGroup(of: Void.self) { group in
      for index in (0..<20).reversed() {
        let parking = Parking(reactor)
        group.addTask {
          _ = await parking.sleep(until: start.advanced(by: 5_000_000 * Int64(index + 1)))
          log.order.withLock { $0.append(index) }
          #expect(MonotonicTime.now.since(start) >= 5_000_000 * Int64(index + 1))
          parking.retire()
        }
      }
    }
    #expect(log.order.withLock { $0.count } == 20)
  }

  /// A session that lives for days sets deadlines near and far again and again. What it leaves in the reactor has to stay bounded.
  @Test func deadlinesDoNotPileUp() async throws {
    let reactor = try Reactor()
    let parking = Parking(reactor)
    for _ in 0..<300 {
      // A near deadline that is reached, as of a passive port nobody connects to …
      #expect(await parking.sleep(until: .now) == .deadline)
      // … and a far one that is not, as the idle timeout.
      parking.wake()
      #expect(await parking.sleep(until: .after(milliseconds: 3_600_000)) == .called)
      async let wake = parking.sleep(until: .after(milliseconds: 3_600_000))
      await untilParked(parking, on: reactor)
      parking.wake()
      #expect(await wake == .called)
    }
    #expect(reactor.pendingDeadlines < 100)
    parking.retire()
  }

  // MARK: numbers that come back

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
      await untilParked(parking)
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
    await untilParked(other)
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
    await untilParked(parking)
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

  // MARK: slots

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

  // MARK: many

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
      for parking in parkings { await untilParked(parking) }
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

  // MARK: races

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
    let caller = Thread {
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
      Thread { while !state.isDone.load(ordering: .relaxed) { parking.wake() } }
    }
    let writeNumber = pipe.writeNumber
    let writer = Thread {
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

  @Test func tokensKeepTheirParts() {
    for slot: UInt32 in [0, 1, 0x7FFF_FFFF] {
      for generation: UInt32 in [0, 1, .max] {
        for isSecond in [false, true] {
          let token = Token(Token(slot: slot, generation: generation, isSecond: isSecond).raw)
          #expect(token.slot == slot)
          #expect(token.generation == generation)
          #expect(token.isSecond == isSecond)
        }
      }
    }
  }

  /// Comes back when `parking` is waiting.
  private func untilParked(_ parking: Parking, on reactor: Reactor? = nil) async {
    let deadline = MonotonicTime.after(milliseconds: 20_000)
    while !parking.isParkedNow(reactor ?? self.reactor) {
      guard MonotonicTime.now < deadline else {
        Issue.record("it did not park")
        return
      }
      await Task.yield()
    }
  }
}

extension Parking {
  func isParkedNow(_ reactor: Reactor) -> Bool { reactor.state.withLock { _ in isParked } }
}

extension Reactor {
  /// How many deadlines the reactor remembers.
  var pendingDeadlines: Int {
    var heap = state.withLock { $0.deadlines }
    var count = 0
    while heap.popDue(at: .max) != nil { count += 1 }
    return count
  }
}

/// A thread of the test's own: the tasks of the test may need all others.
private final class Thread: @unchecked Sendable {
  // Sendable: written to before the thread starts, read by its creator.
  private var thread = pthread_t()

  init(_ body: @escaping @Sendable () -> Void) {
    let created = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Box>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(created == 0)
  }

  private final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  func join() { pthread_join(thread, nil) }
}
