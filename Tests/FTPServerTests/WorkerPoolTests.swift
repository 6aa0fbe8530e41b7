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

  @Test func noMoreRunAtOnceThanAllowed() {
    let pool = WorkerPool(label: "test")
    let meter = Meter()
    let group = DispatchGroup()
    for _ in 0..<100 {
      group.enter()
      let ticket = pool.submit(concurrency: 3) {
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
      _ = pool.submit(concurrency: count) {
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
    let pool = WorkerPool(label: "test", queueLimit: 2)
    let gate = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
    let wasRun = Mutex<[Int]>([])
    func work(_ number: Int) -> WorkerPool.Work {
      {
        gate.wait()
        wasRun.withLock { $0.append(number) }
        done.signal()
      }
    }
    #expect(pool.submit(concurrency: 1, work(1)) != nil)
    let second = pool.submit(concurrency: 1, work(2))
    #expect(pool.submit(concurrency: 1, work(3)) != nil)
    #expect(pool.submit(concurrency: 1, work(4)) == nil)
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
}
