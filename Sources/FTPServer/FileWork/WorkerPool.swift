// Runs long work on files off the sessions' queues: a bounded number at a time, shared fairly by user; the rest waits and can be withdrawn.

import Dispatch
import LinuxSystem
import Synchronization

/// Threads for work that reads or writes whole files: digests, copies, walks through trees.
///
/// What has not begun holds no thread. When the line is full, or one user's part of it, nothing more is taken, so that a flood of
/// requests costs neither memory nor an ever longer wait. Work that runs while others have no worker at all makes room for them every
/// few milliseconds (``WorkTurn/pass()``): one user's large files do not keep another's small ones waiting.
final class WorkerPool: Sendable {
  typealias Work = @Sendable (WorkTurn) -> Void

  /// What waits in the line.
  private enum Item {
    /// It has not begun.
    case fresh(WorkTurn, Work)
    /// It has made room for others, and its thread waits.
    case paused(WorkTurn)

    var isPaused: Bool { if case .paused = self { true } else { false } }
  }

  private struct State {
    var lastTicket: UInt64 = 0
    var line = WorkLine<Item>()
    var paused = 0
    /// How much may run at once, as the last caller said.
    var limit = 1
  }

  private let label: String
  private let queueLimit: Int
  private let state = Mutex(State())
  /// Work that waits in the middle holds a thread each: no more than these.
  private static let pausedLimit = 32

  /// - Parameters:
  ///   - label: the name of its queues in a debugger.
  ///   - queueLimit: how much work may wait; of one user a quarter of it.
  init(label: String, queueLimit: Int = 256) {
    self.label = label
    self.queueLimit = queueLimit
  }

  /// Work that runs now, and work that waits.
  var load: (running: Int, waiting: Int) { state.withLock { ($0.line.busy, $0.line.count) } }

  /// Runs `work`, now or when its turn comes.
  ///
  /// - Parameters:
  ///   - owner: whose work it is.
  ///   - concurrency: how much may run at once; the newest caller's word counts.
  /// - Returns: a ticket for ``withdraw(_:)``; nil when too much waits already, and then `work` is never run.
  func submit(for owner: WorkOwner, concurrency: Int, _ work: @escaping Work) -> UInt64? {
    enum Decision {
      case run(WorkTurn)
      case wait(UInt64)
      case refuse
    }
    let decision: Decision = state.withLock { state in
      state.lastTicket &+= 1
      state.limit = max(1, concurrency)
      let turn = WorkTurn(self, state.lastTicket, owner)
      if state.line.busy < state.limit {
        state.line.begin(owner)
        return .run(turn)
      }
      if state.line.count >= queueLimit || state.line.count(of: owner) >= max(1, queueLimit / 4) { return .refuse }
      state.line.append(owner, turn.ticket, .fresh(turn, work))
      return .wait(turn.ticket)
    }
    switch decision {
    case .run(let turn):
      start(turn, work)
      return turn.ticket
    case .wait(let ticket): return ticket
    case .refuse: return nil
    }
  }

  /// Takes back work that has not begun; false if it has, or is done. Work that has paused goes on at once, for it is to be told to stop.
  func withdraw(_ ticket: UInt64) -> Bool {
    let paused: WorkTurn? = state.withLock { state in
      guard let taken = state.line.remove(ticket, where: \.isPaused), case .paused(let turn) = taken.item else {
        return nil
      }
      state.paused -= 1
      state.line.begin(taken.owner)
      return turn
    }
    if let paused {
      paused.resume()
      return false
    }
    return state.withLock { $0.line.remove(ticket) != nil }
  }

  // MARK: workers

  private func start(_ turn: WorkTurn, _ work: @escaping Work) {
    // A serial queue has a thread made for it when it needs one. A concurrent one would share as many threads as there are
    // processors with Swift's own executor, which every session that has waited comes back through: all of them would stand still.
    DispatchQueue(label: label).async { self.run(turn, work) }
  }

  /// Does some work and then whatever waits, until nothing does.
  private func run(_ turn: WorkTurn, _ work: @escaping Work) {
    var next: (turn: WorkTurn, work: Work)? = (turn, work)
    while let (turn, work) = next {
      next = nil
      turn.begin()
      work(turn)
      let following: Item? = state.withLock { state in
        state.line.end(turn.owner)
        // One that was to stop has had a worker beyond the limit.
        return state.line.busy < state.limit ? take(&state) { _ in true } : nil
      }
      switch following {
      case .fresh(let turn, let work)?: next = (turn, work)
      case .paused(let turn)?: turn.resume()
      case nil: break
      }
    }
  }

  /// The next work in the line, counted as running.
  private func take(_ state: inout State, below limit: Int = .max, where isWanted: (Item) -> Bool) -> Item? {
    guard let (owner, item) = state.line.next(below: limit, where: isWanted) else { return nil }
    if item.isPaused { state.paused -= 1 }
    state.line.begin(owner)
    return item
  }

  /// Has somebody who has fewer workers go on in the place of `turn`; false when there is nobody.
  fileprivate func makeRoom(for turn: WorkTurn) -> Bool {
    let other: Item? = state.withLock { state in
      let mayHoldAThread = state.paused < Self.pausedLimit
      // Of two with one worker each neither makes room for the other; whoever has none has waited long enough.
      let workers = state.line.workers(of: turn.owner)
      guard let other = take(&state, below: workers, where: { mayHoldAThread || $0.isPaused }) else { return nil }
      state.line.end(turn.owner)
      state.line.append(turn.owner, turn.ticket, .paused(turn))
      state.paused += 1
      return other
    }
    switch other {
    case .fresh(let turn, let work)?: start(turn, work)
    case .paused(let turn)?: turn.resume()
    case nil: return false
    }
    return true
  }
}

/// The turn of one piece of work. It belongs to the thread that does the work.
final class WorkTurn: Sendable {
  let ticket: UInt64
  let owner: WorkOwner
  private let pool: WorkerPool
  private let signal = DispatchSemaphore(value: 0)
  /// When the worker was last given to it.
  private let since = Atomic<Int64>(0)
  /// Nanoseconds it may keep the worker while others wait.
  private static let slice: Int64 = 50_000_000

  fileprivate init(_ pool: WorkerPool, _ ticket: UInt64, _ owner: WorkOwner) {
    self.pool = pool
    self.ticket = ticket
    self.owner = owner
  }

  fileprivate func begin() { since.store(MonotonicTime.now.nanoseconds, ordering: .relaxed) }
  fileprivate func resume() { signal.signal() }

  /// Lets others have the worker, if this work has had it for a while and somebody waits who has less; returns when it has one again.
  /// To be called between two pieces of the work.
  func pass() {
    let now = MonotonicTime.now.nanoseconds
    guard now &- since.load(ordering: .relaxed) >= Self.slice else { return }
    if pool.makeRoom(for: self) { signal.wait() }
    begin()
  }
}
