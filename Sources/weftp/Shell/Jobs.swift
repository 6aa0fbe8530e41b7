// What runs in the background of a shell: jobs, and a queue that does one after the other.

import FTPClient
import Synchronization

final class Jobs: Sendable {
  struct Job: Sendable {
    let number: Int
    let line: String
    let task: Task<Int32, Never>
    /// nil while it runs.
    var code: Int32?
    var isTold = false
  }

  private struct State {
    var jobs: [Job] = []
    var last = 0
    var queue: [String] = []
    var isQueueRunning = false
    var warnings = 0
  }

  private let state = Mutex(State())

  /// Starts a job and gives its number.
  func start(_ line: String, _ body: @escaping @Sendable () async -> Int32) -> Int {
    state.withLock { state in
      state.last += 1
      let number = state.last
      let task = Task { [self] in
        let code = await body()
        finish(number, code)
        return code
      }
      state.jobs.append(Job(number: number, line: line, task: task))
      return number
    }
  }

  private func finish(_ number: Int, _ code: Int32) {
    state.withLock { state in
      if let index = state.jobs.firstIndex(where: { $0.number == number }) { state.jobs[index].code = code }
    }
  }

  /// All that run, and those that ended and were not told of yet.
  var all: [Job] { state.withLock { $0.jobs } }

  var isIdle: Bool { state.withLock { $0.jobs.allSatisfy { $0.code != nil } } }

  /// What ended since the last call, in words. It is forgotten then.
  func news() -> [String] {
    state.withLock { state in
      let ended = state.jobs.filter { $0.code != nil }
      state.jobs.removeAll { $0.code != nil }
      return ended.map { "[\($0.number)] \($0.code == 0 ? "done" : "failed with \($0.code ?? 0)"): \($0.line)" }
    }
  }

  /// Waits for a job; nil if there is none of the number.
  func wait(for number: Int) async -> Int32? {
    guard let job = all.first(where: { $0.number == number }) else { return nil }
    return await job.task.value
  }

  /// Waits for all. Gives the first code that is not 0.
  func waitForAll() async -> Int32 {
    var first: Int32 = 0
    while let job = all.first(where: { $0.code == nil }) {
      let code = await job.task.value
      if first == 0 { first = code }
    }
    for job in all where first == 0 { first = job.code ?? 0 }
    return first
  }

  /// Cancels a job; false if there is none of the number.
  func cancel(_ number: Int) -> Bool {
    guard let job = all.first(where: { $0.number == number }) else { return false }
    job.task.cancel()
    return true
  }

  func cancelAll() { for job in all { job.task.cancel() } }

  func warnOnce() { state.withLock { $0.warnings += 1 } }
  var wasWarnedTwice: Bool { state.withLock { $0.warnings > 1 } }

  // MARK: queue

  var queued: [String] { state.withLock { $0.queue } }

  /// Adds a line to the queue. Gives whether somebody has to begin to run it.
  func enqueue(_ line: String) -> Bool {
    state.withLock { state in
      state.queue.append(line)
      defer { state.isQueueRunning = true }
      return !state.isQueueRunning
    }
  }

  /// The next line; nil at the end, and then the queue is at rest.
  func dequeue() -> String? {
    state.withLock { state in
      if state.queue.isEmpty {
        state.isQueueRunning = false
        return nil
      }
      return state.queue.removeFirst()
    }
  }

  func clearQueue() { state.withLock { $0.queue = [] } }
}
