// Runs one session's jobs, one at a time and in order, in turns on the shared workers.

import Glibc
import Synchronization

/// What is parked without a task and goes on by a plain call, so that its wake allocates nothing.
public protocol Parked: AnyObject, Sendable {
  /// Where it runs.
  var executor: SessionExecutor { get }

  /// Goes on, on ``executor``.
  ///
  /// - Parameter wake: why; nil at the first time, and when it only made way for others.
  func resume(after wake: Wake?)
}

/// The executor of one actor. Give every session one.
///
/// It is the task executor of the session's tasks as well (`Task(executorPreference:)`). Without that a task that has waited for a
/// continuation comes back by way of Swift's global pool, a thread and two hand-overs more.
public final class SessionExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
  // Sendable: `next` is guarded by the workers' lock, `worker` and `steps` belong to the thread that runs the turn.
  enum Item {
    case job(UnownedJob)
    case wake(any Parked, Wake?)
    case waiting(UnsafeContinuation<Void, Never>)
  }

  private struct Pending {
    var first: Item?
    /// Rarely used: a session has one task, and mostly one reason to go on.
    var others: [Item] = []
    /// It runs or stands in the line.
    var isScheduled = false
  }

  private let pending = Mutex(Pending())
  private let workers: Workers
  /// The one behind it in a ``RunQueue``.
  var next: Unmanaged<SessionExecutor>?
  /// The thread that runs its turn, or 0.
  private let thread = Atomic<UInt>(0)
  private unowned(unsafe) var worker: Worker?
  private var steps = 0
  /// How many short commands make a turn.
  private static let stepLimit = 32

  public init(_ reactor: Reactor) { workers = reactor.workers }

  // MARK: what is to run

  public func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

  /// Has `parked` go on, at the end of the line.
  public func run(_ parked: some Parked, after wake: Wake? = nil) { add(.wake(parked, wake)) }

  func add(_ item: Item) {
    let isNew = pending.withLock { pending in
      if pending.first == nil, pending.others.isEmpty { pending.first = item } else { pending.others.append(item) }
      if pending.isScheduled { return false }
      pending.isScheduled = true
      return true
    }
    if isNew { workers.admit(self) }
  }

  // MARK: turns

  /// Whether sessions wait for a worker.
  public var othersWait: Bool { workers.haveWaiting }

  /// Counts a short command; whether the session should make way now, because others wait and it has had its share.
  public func isTurnOver() -> Bool {
    steps += 1
    return steps >= Self.stepLimit && othersWait
  }

  /// Lets all those go first that wait for a worker. To be called by the session's own tasks.
  public nonisolated(nonsending) func makeWay() async {
    await withUnsafeContinuation { add(.waiting($0)) }
  }

  /// Runs `body`, which blocks the thread for some milliseconds at most; nil without having run it when the worker is wanted.
  public func lingering<Result>(_ body: () -> Result) -> Result? {
    guard let worker, workers.beginLingering(worker) else { return nil }
    defer { workers.endLingering(worker) }
    return body()
  }

  private enum Step {
    case run(Item)
    case done
    case makeWay
  }

  /// Runs what is pending.
  ///
  /// - Returns: true if something is left, because others wait: then it belongs at the end of the line.
  func takeTurn(on worker: Worker) -> Bool {
    self.worker = worker
    steps = 0
    let me = UInt(pthread_self())
    var goesOn = Continuing.anyway
    while true {
      switch nextStep(me, goesOn) {
      case .done: return false
      case .makeWay: return true
      case .run(.job(let job)):
        job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        goesOn = .ifNobodyWaits
      case .run(.wake(let parked, let wake)):
        parked.resume(after: wake)
        goesOn = .withJob
      case .run(.waiting(let continuation)):
        continuation.resume()
        goesOn = .withJob
      }
    }
  }

  /// What may follow in a turn.
  private enum Continuing {
    case anyway
    /// A wake and a continuation make a job, which is only the rest of them.
    case withJob
    case ifNobodyWaits
  }

  private func nextStep(_ me: UInt, _ goesOn: Continuing) -> Step {
    pending.withLock { pending in
      guard let item = pending.first ?? pending.others.first else {
        pending.isScheduled = false
        thread.store(0, ordering: .relaxed)
        return .done
      }
      var mayRun = goesOn == .anyway
      if goesOn == .withJob, case .job = item { mayRun = true }
      if !mayRun, workers.haveWaiting {
        thread.store(0, ordering: .relaxed)
        return .makeWay
      }
      thread.store(me, ordering: .relaxed)
      if pending.first != nil { pending.first = nil } else { pending.others.removeFirst() }
      return .run(item)
    }
  }

  // MARK: isolation

  public func isIsolatingCurrentContext() -> Bool? { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  public func checkIsolated() {
    precondition(isIsolatingCurrentContext() == true, "this code must run on its session's executor")
  }
}
