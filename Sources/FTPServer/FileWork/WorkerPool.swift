// Runs long work on files off the sessions' queues: a bounded number at a time, the rest waits in order and can be withdrawn.

import Dispatch
import Synchronization

/// Threads for work that reads or writes whole files: digests, copies, walks through trees.
///
/// What waits holds no thread. When the line is full nothing more is taken, so that a flood of requests costs neither memory nor
/// an ever longer wait.
final class WorkerPool: Sendable {
  typealias Work = @Sendable () -> Void

  private struct State: Sendable {
    var running = 0
    var lastTicket: UInt64 = 0
    var waiting: [(ticket: UInt64, work: Work)] = []
  }

  private let label: String
  private let queueLimit: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - label: the name of its queues in a debugger.
  ///   - queueLimit: how much work may wait.
  init(label: String, queueLimit: Int = 256) {
    self.label = label
    self.queueLimit = queueLimit
  }

  /// Work that runs now, and work that waits.
  var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

  /// Runs `work`, now or when its turn comes.
  ///
  /// - Parameter concurrency: how much may run at once; the newest caller's word counts.
  /// - Returns: a ticket for ``withdraw(_:)``; nil when too much waits already, and then `work` is never run.
  func submit(concurrency: Int, _ work: @escaping Work) -> UInt64? {
    enum Decision { case run, wait, refuse }
    let (decision, ticket): (Decision, UInt64) = state.withLock { state in
      state.lastTicket &+= 1
      if state.running < max(1, concurrency) {
        state.running += 1
        return (.run, state.lastTicket)
      }
      if state.waiting.count >= queueLimit { return (.refuse, 0) }
      state.waiting.append((state.lastTicket, work))
      return (.wait, state.lastTicket)
    }
    switch decision {
    // A serial queue has a thread made for it when it needs one. A concurrent one would share as many threads as there are
    // processors with Swift's own executor, which every session that has waited comes back through: all of them would stand still.
    case .run: DispatchQueue(label: label).async { self.run(startingWith: work) }
    case .wait: break
    case .refuse: return nil
    }
    return ticket
  }

  /// Takes back work that has not begun; false if it has, or is done.
  func withdraw(_ ticket: UInt64) -> Bool {
    state.withLock { state in
      guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
      state.waiting.remove(at: index)
      return true
    }
  }

  /// Does `first` and then whatever waits, until nothing does.
  private func run(startingWith first: @escaping Work) {
    var next: Work? = first
    while let work = next {
      work()
      next = state.withLock { state in
        if state.waiting.isEmpty {
          state.running -= 1
          return nil
        }
        return state.waiting.removeFirst().work
      }
    }
  }
}
