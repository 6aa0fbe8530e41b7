// Tests that a session's executor runs its jobs one at a time and in order, and keeps its tasks.

import Dispatch
import Synchronization
import Testing

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct SessionExecutorTests {
  private actor Recorder {
    nonisolated let executor: SessionExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private(set) var values: [Int] = []
    private var isBusy = false
    private(set) var wasEverBusyTwice = false

    init() throws { executor = SessionExecutor(try place().reactor) }

    func append(_ value: Int) {
      if isBusy { wasEverBusyTwice = true }
      isBusy = true
      preconditionIsolated()
      values.append(value)
      isBusy = false
    }

    /// Enqueues `count` jobs from one job; they run after it in the order in which they were enqueued.
    func spread(_ count: Int) async {
      let tasks = (0..<count).map { value in Task { append(value) } }
      for task in tasks { await task.value }
    }

    func waitInBetween() async {
      append(1)
      await Task.yield()
      append(2)
    }

    nonisolated func checkFromAnywhere() { executor.checkIsolated() }
    func checkFromInside() { executor.checkIsolated() }
  }

  @Test func jobsRunInOrder() async throws {
    let recorder = try Recorder()
    await recorder.spread(2000)
    #expect(await recorder.values == Array(0..<2000))
  }

  @Test func jobsNeverRunSideBySide() async throws {
    let recorder = try Recorder()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask { for step in 0..<500 { await recorder.append(task * 500 + step) } }
      }
    }
    #expect(await recorder.wasEverBusyTwice == false)
    let values = await recorder.values
    #expect(values.sorted() == Array(0..<4000))
    // Of one caller who waits for each call the order is kept.
    for task in 0..<8 {
      let own = values.filter { $0 / 500 == task }
      #expect(own == own.sorted())
    }
  }

  @Test func anActorComesBackToItsExecutor() async throws {
    let recorder = try Recorder()
    await recorder.waitInBetween()
    await recorder.checkFromInside()
    #expect(await recorder.values == [1, 2])
  }

  /// Without the preference a task that has waited comes back by way of Swift's global pool, and with it off the executor.
  @Test func aTaskThatHasWaitedIsStillOnTheExecutor() async throws {
    let recorder = try Recorder()
    let (_, parking) = try place()
    let executor = recorder.executor
    let isThere = await Task(executorPreference: executor) {
      _ = await parking.sleep(until: .after(milliseconds: 2))
      return executor.isIsolatingCurrentContext()
    }.value
    #expect(isThere == true)
    #expect(executor.isIsolatingCurrentContext() == false)
    parking.retire()
  }

  @Test func twoActorsRunSideBySide() async throws {
    // Each blocks its worker until the other has come: one worker for both would never end.
    let meeting = Meeting()
    let one = try Waiter()
    let other = try Waiter()
    async let first: Void = one.meet(meeting)
    async let second: Void = other.meet(meeting)
    _ = await (first, second)
    #expect(meeting.count.load(ordering: .relaxed) == 2)
  }

  private final class Meeting: Sendable {
    let count = Atomic<Int>(0)
    let isComplete = DispatchSemaphore(value: 0)
  }

  private actor Waiter {
    private nonisolated let executor: SessionExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init() throws { executor = SessionExecutor(try place().reactor) }

    func meet(_ meeting: Meeting) {
      let count = meeting.count.add(1, ordering: .sequentiallyConsistent).newValue
      if count == 2 { meeting.isComplete.signal() } else { waitFor(meeting.isComplete) }
    }

    private nonisolated func waitFor(_ semaphore: DispatchSemaphore) { semaphore.wait() }
  }
}
