import Dispatch
import Glibc
import Synchronization
import Testing

@testable import FTPServer

@Suite struct WorkerPoolTests {
  /// Counts how many run at once, and the most there were.
  private final class Meter: Sendable {
    private let state = Mutex((now: 0, most: 0))

    func enter() {
      state.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
    }
    func leave() { state.withLock { $0.now -= 1 } }
    var most: Int { state.withLock { $0.most } }
  }

  private func owner(_ name: String = "alice") -> WorkOwner { WorkOwner(user: Array(name.utf8)) }

  @Test func noMoreRunAtOnceThanAllowed() {
    let pool = WorkerPool(label: "test")
    let meter = Meter()
    let group = DispatchGroup()
    for number in 0..<100 {
      group.enter()
      let ticket = pool.submit(for: owner("\(number % 10)"), concurrency: 3) { _ in
        meter.enter()
        sched_yield()
        meter.leave()
        group.leave()
      }
      #expect(ticket != nil)
    }
    group.wait()
    #expect(meter.most <= 3)
  }

  /// Sessions that have waited come back through Swift's own executor, which has a thread for each processor and no more.
  @Test(.timeLimit(.minutes(1))) func leavesSwiftsOwnThreadsAlone() async {
    let pool = WorkerPool(label: "test")
    let gate = DispatchSemaphore(value: 0)
    let begun = DispatchSemaphore(value: 0)
    let count = 2 * Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    for _ in 0..<count {
      _ = pool.submit(for: owner(), concurrency: count) { _ in
        begun.signal()
        gate.wait()
      }
    }
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "test.begun").async {
        for _ in 0..<count { begun.wait() }
        continuation.resume()
      }
    }
    #expect(await Task.detached { 7 }.value == 7)
    for _ in 0..<count { gate.signal() }
  }

  @Test func aFullLineRefusesAndWhatWaitsCanBeWithdrawn() {
    let pool = WorkerPool(label: "test", queueLimit: 8)
    let gate = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
    let wasRun = Mutex<[Int]>([])
    func work(_ number: Int) -> WorkerPool.Work {
      { _ in
        gate.wait()
        wasRun.withLock { $0.append(number) }
        done.signal()
      }
    }
    #expect(pool.submit(for: owner(), concurrency: 1, work(1)) != nil)
    let second = pool.submit(for: owner(), concurrency: 1, work(2))
    #expect(pool.submit(for: owner(), concurrency: 1, work(3)) != nil)
    #expect(pool.submit(for: owner(), concurrency: 1, work(4)) == nil)
    #expect(pool.load.waiting == 2)
    if let second {
      #expect(pool.withdraw(second))
      #expect(!pool.withdraw(second))
    }
    gate.signal()
    gate.signal()
    done.wait()
    done.wait()
    #expect(wasRun.withLock { $0 } == [1, 3])
  }

  // MARK: fairness

  /// Work that goes on until it is told to stop, in pieces.
  private final class Endless: Sendable {
    let progress = WorkProgress()
    let pieces = Atomic<Int>(0)
    let done = DispatchSemaphore(value: 0)

    var work: WorkerPool.Work {
      { [self] turn in
        progress.start(turn)
        while !progress.shouldStop() {
          pieces.add(1, ordering: .relaxed)
          usleep(1000)
        }
        done.signal()
      }
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: [1, 2]) func oneUserDoesNotTakeAllWorkers(_ concurrency: Int) throws {
    let pool = WorkerPool(label: "test")
    let greedy = (0..<4).map { _ in Endless() }
    let tickets = try greedy.map { try #require(pool.submit(for: owner(), concurrency: concurrency, $0.work)) }
    let small = DispatchSemaphore(value: 0)
    for name in ["bob", "carol"] {
      let ticket = pool.submit(for: owner(name), concurrency: concurrency) { _ in small.signal() }
      #expect(ticket != nil)
    }
    // They are done although what runs never ends by itself.
    small.wait()
    small.wait()
    #expect(pool.load.running == concurrency)
    for (endless, ticket) in zip(greedy, tickets) {
      endless.progress.stop()
      if !pool.withdraw(ticket) { endless.done.wait() }
    }
  }

  @Test(.timeLimit(.minutes(1))) func twoUsersShareOneWorker() throws {
    let pool = WorkerPool(label: "test")
    let (one, other) = (Endless(), Endless())
    let first = try #require(pool.submit(for: owner(), concurrency: 1, one.work))
    let second = try #require(pool.submit(for: owner("bob"), concurrency: 1, other.work))
    var seen = (one: 0, other: 0)
    // Each goes on after the other has, several times.
    for _ in 0..<3 {
      while one.pieces.load(ordering: .relaxed) <= seen.one { usleep(1000) }
      seen.one = one.pieces.load(ordering: .relaxed)
      while other.pieces.load(ordering: .relaxed) <= seen.other { usleep(1000) }
      seen.other = other.pieces.load(ordering: .relaxed)
    }
    // What has paused stops at once, without a turn.
    for (endless, ticket) in [(one, first), (other, second)] {
      endless.progress.stop()
      #expect(!pool.withdraw(ticket))
      endless.done.wait()
    }
    while pool.load.running > 0 { usleep(1000) }
  }

  @Test func aUserFillsOnlyAPartOfTheLine() throws {
    let pool = WorkerPool(label: "test", queueLimit: 8)
    let endless = Endless()
    let running = try #require(pool.submit(for: owner(), concurrency: 1, endless.work))
    // Whether work waits fresh or paused, no more of one user's is taken than a quarter of the line.
    #expect(pool.submit(for: owner(), concurrency: 1) { _ in } != nil)
    #expect(pool.submit(for: owner(), concurrency: 1) { _ in } != nil)
    #expect(pool.submit(for: owner(), concurrency: 1) { _ in } == nil)
    let done = DispatchSemaphore(value: 0)
    #expect(pool.submit(for: owner("bob"), concurrency: 1) { _ in done.signal() } != nil)
    done.wait()
    endless.progress.stop()
    #expect(!pool.withdraw(running))
    endless.done.wait()
  }
}
