// The threads that run sessions: about as many as there are processors, and replacements for those that are stuck.

import Dispatch
import Glibc
import LinuxSystem
import Synchronization

/// What the workers of a reactor do at one moment.
public struct WorkerLoad: Sendable {
  /// How many are to work at once.
  public let parallelism: Int
  /// Threads there are.
  public let threads: Int
  /// Threads that run a session now, or are on their way to one.
  public let active: Int
  /// Threads that wait a moment for a client's next command.
  public let lingering: Int
  /// Threads that have not come back from one turn for so long that others work in their place.
  public let hung: Int
  /// Sessions that are ready and wait for a worker.
  public let waiting: Int
}

/// A bounded pool of threads with one line of sessions. A worker that finds the line empty waits for sockets itself: what becomes ready
/// there it runs without handing it over.
final class Workers: Sendable {
  private let roster: Mutex<Roster>
  /// How many stand in the line; read without the lock.
  private let waiting = Atomic<Int>(0)
  /// The thread that collects a batch of ready sessions, or 0.
  private let collector = Atomic<UInt>(0)
  /// The batch. It belongs to the thread that polls.
  private nonisolated(unsafe) var batch = RunQueue()
  /// Until when (nanoseconds of CLOCK_MONOTONIC) there are more busy sessions than may linger.
  private let crowdedUntil = Atomic<Int64>(0)
  private let relief = DispatchSemaphore(value: 0)
  private nonisolated(unsafe) unowned(unsafe) var reactor: Reactor?

  /// How long after the last sign of crowding nobody lingers, in nanoseconds.
  private static let crowdMemory: Int64 = 50_000_000
  /// How often the relief looks, in microseconds: a turn that takes up to twice as long is noticed.
  private static let reliefInterval: UInt32 = 10_000
  /// How long a surplus thread rests before it ends, in seconds.
  private static let patience = 10

  init(parallelism: Int = Workers.processors) {
    roster = Mutex(Roster(parallelism: parallelism, limit: 4 * parallelism, lingerLimit: parallelism))
  }

  /// At least two: a turn that computes for long leaves one for the others.
  static var processors: Int { max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  // MARK: sessions

  /// Whether sessions wait for a worker.
  var haveWaiting: Bool { waiting.load(ordering: .relaxed) > 0 }

  /// Puts a session at the end of the line.
  func admit(_ executor: SessionExecutor) {
    // What the poll finds is handed over at once when it is complete.
    if collector.load(ordering: .relaxed) == UInt(pthread_self()) { return batch.append(executor) }
    answer(change { $0.admit(executor) })
  }

  /// Changes the roster, and keeps what is read without the lock.
  private func change<Result>(_ body: (inout Roster) -> sending Result) -> sending Result {
    roster.withLock { roster in
      let result = body(&roster)
      waiting.store(roster.line.count, ordering: .relaxed)
      return result
    }
  }

  func beginLingering(_ worker: Worker) -> Bool {
    if haveWaiting { return isCrowded() }
    if crowdedUntil.load(ordering: .relaxed) > 0 {
      if crowdedUntil.load(ordering: .relaxed) > MonotonicTime.now.nanoseconds { return false }
      crowdedUntil.store(0, ordering: .relaxed)
    }
    guard let call = change({ $0.beginLingering(worker) }) else { return isCrowded() }
    answer(call)
    return true
  }

  func endLingering(_ worker: Worker) { change { $0.endLingering(worker) } }

  private func isCrowded() -> Bool {
    crowdedUntil.store(MonotonicTime.now.nanoseconds + Self.crowdMemory, ordering: .relaxed)
    return false
  }

  /// What the threads do now.
  var load: WorkerLoad {
    roster.withLock { roster in
      WorkerLoad(
        parallelism: roster.parallelism, threads: roster.total, active: roster.active, lingering: roster.lingering,
        hung: roster.hung, waiting: roster.line.count)
    }
  }

  // MARK: threads

  /// Called by the reactor that has these workers, before anything else.
  func attach(to reactor: Reactor) { self.reactor = reactor }

  /// Starts the first worker, which waits for sockets, and the relief.
  func start() throws(SystemError) {
    let call = change { $0.call(1) }
    if call.fresh > 0 { try startThread("weft-worker") { $0.work() } }
    try startThread("weft-relief") { $0.watch() }
  }

  private func answer(_ call: Roster.Call) {
    var worker = call.first
    while let called = worker {
      worker = called.next
      called.next = nil
      called.signal.signal()
    }
    for _ in 0..<call.fresh where (try? startThread("weft-worker") { $0.work() }) == nil {
      change { $0.missing() }
    }
    if call.rings { reactor?.ring() }
    if call.wakesRelief { relief.signal() }
  }

  private func startThread(_ name: String, _ body: @escaping @Sendable (Workers) -> Void) throws(SystemError) {
    final class Start {
      let name: String
      let body: @Sendable (Workers) -> Void
      let workers: Workers
      /// The threads keep it: nobody else has to.
      let reactor: Reactor?

      init(_ name: String, _ body: @escaping @Sendable (Workers) -> Void, _ workers: Workers) {
        self.name = name
        self.body = body
        self.workers = workers
        reactor = workers.reactor
      }
    }
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(name, body, self))
    let created = pthread_create(
      &thread, nil,
      { context in
        let start = Unmanaged<Start>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue()
        ProcessLimits.nameThread(start.name)
        withExtendedLifetime(start.reactor) { start.body(start.workers) }
        return nil
      }, start.toOpaque())
    if created != 0 {
      start.release()
      throw SystemError(code: created, call: "pthread_create")
    }
    pthread_detach(thread)
  }

  /// The life of a worker.
  private func work() {
    let worker = Worker()
    change { $0.add(worker) }
    var unfinished: Unmanaged<SessionExecutor>?
    while true {
      let (step, call) = change { roster in
        let step = roster.next(worker, unfinished: unfinished)
        var call = Roster.Call()
        if case .run = step { call.wakesRelief = roster.wakesRelief() }
        return (step, call)
      }
      if call.wakesRelief { relief.signal() }
      unfinished = nil
      switch step {
      case .run(let executor):
        if executor._withUnsafeGuaranteedRef({ $0.takeTurn(on: worker) }) {
          unfinished = executor
        } else {
          executor.release()
        }
      case .poll(let isWaiting): poll(worker, isWaiting: isWaiting)
      case .rest: if !rest(worker) { return }
      }
    }
  }

  private func poll(_ worker: Worker, isWaiting: Bool) {
    guard let reactor else { return }
    reactor.poll(isWaiting: isWaiting) { deliver in
      collector.store(UInt(pthread_self()), ordering: .relaxed)
      deliver()
      collector.store(0, ordering: .relaxed)
    }
    var ready = batch
    batch = RunQueue()
    answer(change { $0.polled(worker, &ready) })
  }

  /// Sleeps until it is called; false when it is not needed any more.
  private func rest(_ worker: Worker) -> Bool {
    while worker.signal.wait(timeout: .now() + .seconds(Self.patience)) == .timedOut {
      if change({ $0.leave(worker) }) { return false }
    }
    return true
  }

  /// The life of the relief: it looks for workers that are stuck.
  private func watch() {
    while true {
      usleep(Self.reliefInterval)
      let (call, isQuiet) = change { roster in (roster.relieve(), roster.relieverMaySleep()) }
      answer(call)
      if isQuiet { relief.wait() }
    }
  }
}
