// Who of the workers does what, and who is called when there is something to do: the rules, without the threads.

import Dispatch

/// A worker's thread, as the others see it. All but `signal` is guarded by the workers' lock.
final class Worker: @unchecked Sendable {
  enum Duty {
    /// Has nothing to do and sleeps.
    case resting
    /// Runs sessions.
    case working
    /// Waits for sockets and deadlines.
    case polling
    /// Waits, a few milliseconds at most, for one client's next move.
    case lingering
    /// Has not come back from its turn: the disk is slow, or there is much to compute. Another works in its place.
    case stuck
  }

  var duty = Duty.working
  /// Grows with each turn.
  var turns: UInt64 = 0
  /// ``turns`` when somebody last looked.
  var seen: UInt64 = .max
  /// How often in a row it was found in the same turn.
  var looks = 0
  /// The next of those that are called together.
  var next: Worker?
  let signal = DispatchSemaphore(value: 0)
}

/// Keeps as many workers at work as there are processors, no more and no less, and one of the others at the sockets.
struct Roster: @unchecked Sendable {
  // Sendable: it belongs to the workers' lock.
  /// What a worker does next.
  enum Step {
    case run(Unmanaged<SessionExecutor>)
    /// Wait for sockets; or only look at them, for there is work.
    case poll(isWaiting: Bool)
    case rest
  }

  /// Who has to be called.
  struct Call {
    /// Those that rest, linked by ``Worker/next``.
    var first: Worker?
    /// How many threads have to be made.
    var fresh = 0
    /// Whether the one at the sockets is wanted at work.
    var rings = false
    /// Whether the relief sleeps and must watch again.
    var wakesRelief = false
  }

  /// How many work at once.
  let parallelism: Int
  /// How many threads there may be: the others linger, wait for sockets, or are stuck. For those that hang there are more.
  let limit: Int
  let lingerLimit: Int

  var line = RunQueue()
  private var resting: [Worker] = []
  private(set) var workers: [Worker] = []
  /// Threads there are or that are being made.
  private(set) var total = 0
  private(set) var active = 0
  private(set) var lingering = 0
  private(set) var isPolled = false
  private(set) var isReliefAsleep = false
  /// Workers that have been stuck for so long that a thread more is made for each.
  private(set) var hung = 0
  private static let hungLimit = 56
  /// In looks: longer than a busy machine keeps a thread from running.
  private static let hungAfter = 10
  private var turnsSincePoll = 0
  private var quietRounds = 0
  /// With a line that never ends the sockets are looked at after so many turns.
  private static let turnsPerPoll = 32
  private static let quietLimit = 5

  init(parallelism: Int, limit: Int, lingerLimit: Int) {
    self.parallelism = parallelism
    self.limit = max(limit, parallelism + 1)
    self.lingerLimit = lingerLimit
    resting.reserveCapacity(self.limit)
    workers.reserveCapacity(self.limit)
  }

  // MARK: calls

  /// Calls up to `wanted` workers, unless enough are at work.
  mutating func call(_ wanted: Int) -> Call {
    var call = Call()
    for _ in 0..<max(0, min(wanted, parallelism - active)) {
      if let worker = resting.popLast() {
        worker.duty = .working
        worker.next = call.first
        call.first = worker
      } else if total < limit + min(hung, Self.hungLimit) {
        total += 1
        call.fresh += 1
      } else {
        call.rings = isPolled
        break
      }
      active += 1
    }
    return call
  }

  mutating func admit(_ executor: SessionExecutor) -> Call {
    line.append(executor)
    return active < parallelism ? call(1) : Call()
  }

  // MARK: the life of a worker

  /// A new thread reports for work; it was counted when it was called.
  mutating func add(_ worker: Worker) { workers.append(worker) }

  /// A thread that was called could not be made.
  mutating func missing() {
    total -= 1
    active -= 1
  }

  /// A worker that has rested long goes home, if it has not been called meanwhile and others are left.
  mutating func leave(_ worker: Worker) -> Bool {
    guard worker.duty == .resting, total > parallelism + 1 else { return false }
    resting.removeAll { $0 === worker }
    workers.removeAll { $0 === worker }
    total -= 1
    return true
  }

  /// What `worker` does now, after a turn or a rest.
  ///
  /// - Parameter unfinished: the session whose turn it was, if it is to have another one.
  mutating func next(_ worker: Worker, unfinished: Unmanaged<SessionExecutor>? = nil) -> Step {
    if let unfinished { line.append(unfinished) }
    recall(worker)
    worker.turns &+= 1
    // Whoever was stuck comes back to a full house.
    if active > parallelism { return rest(worker) }
    if !line.isEmpty, turnsSincePoll < Self.turnsPerPoll || isPolled, let first = line.popFirst() {
      turnsSincePoll += 1
      return .run(first)
    }
    if isPolled { return rest(worker) }
    isPolled = true
    turnsSincePoll = 0
    worker.duty = .polling
    active -= 1
    return .poll(isWaiting: line.isEmpty)
  }

  /// `worker` comes from the sockets, with those that are ready.
  mutating func polled(_ worker: Worker, _ ready: inout RunQueue) -> Call {
    isPolled = false
    worker.duty = .working
    active += 1
    line.append(all: &ready)
    // It takes one itself.
    return call(line.count - 1)
  }

  private mutating func rest(_ worker: Worker) -> Step {
    active -= 1
    worker.duty = .resting
    resting.append(worker)
    return .rest
  }

  private mutating func recall(_ worker: Worker) {
    guard worker.duty == .stuck else { return }
    worker.duty = .working
    active += 1
  }

  // MARK: lingering

  /// Nobody lingers while somebody waits, or if nobody would be left to look at the sockets; nil then.
  mutating func beginLingering(_ worker: Worker) -> Call? {
    guard line.isEmpty, lingering < lingerLimit, isPolled || !resting.isEmpty || total < limit else { return nil }
    recall(worker)
    worker.duty = .lingering
    lingering += 1
    active -= 1
    return isPolled ? Call() : call(1)
  }

  mutating func endLingering(_ worker: Worker) {
    lingering -= 1
    active += 1
    worker.duty = .working
    worker.turns &+= 1
  }

  // MARK: relief

  /// Called every few milliseconds: whoever is in the same turn as the last time is stuck, and is replaced if anything waits.
  mutating func relieve() -> Call {
    hung = 0
    for worker in workers {
      let isSameTurn = worker.seen == worker.turns && (worker.duty == .working || worker.duty == .stuck)
      worker.looks = isSameTurn ? worker.looks + 1 : 0
      worker.seen = worker.turns
      if worker.looks > 0, worker.duty == .working {
        worker.duty = .stuck
        active -= 1
      }
      if worker.looks >= Self.hungAfter { hung += 1 }
    }
    if !line.isEmpty || !isPolled {
      quietRounds = 0
      return call(max(line.count, 1))
    }
    quietRounds = active == 0 && lingering == 0 ? quietRounds + 1 : 0
    return Call()
  }

  /// Whether there is nothing to watch. The relief sleeps then, until ``wakesRelief()``.
  mutating func relieverMaySleep() -> Bool {
    guard quietRounds >= Self.quietLimit else { return false }
    isReliefAsleep = true
    return true
  }

  /// Whether a turn begins while the relief sleeps: then it must be woken.
  mutating func wakesRelief() -> Bool {
    guard isReliefAsleep else { return false }
    isReliefAsleep = false
    quietRounds = 0
    return true
  }
}
