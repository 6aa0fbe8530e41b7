// Verifies passwords on its own threads, a limited number at a time, at the same cost whether or not the user exists.

import Dispatch
import Glibc
import Synchronization

/// Verifies passwords with crypt(3).
///
/// A verification costs tens of milliseconds and megabytes on purpose, so at most `concurrency` run at once. Others
/// wait, suspended, without a thread, and can be cancelled. They wait in lanes that take turns, so that many passwords from
/// one address do not keep the others waiting. If the queue or the lane is full, the answer is `.busy` at once, so that a
/// flood of logins neither uses up memory nor makes the wait longer and longer.
public final class PasswordVerifier: Sendable {
  /// The result of a verification.
  public enum Outcome: Sendable, Equatable {
    /// The password is right.
    case verified
    /// The password is wrong, the user does not exist or is locked.
    case rejected
    /// Too many are waiting already; nothing was computed.
    case busy
    /// The task was cancelled while it waited; nothing was computed.
    case cancelled
    /// There is no budget for it; nothing was computed.
    case overBudget
  }

  /// Where a verification waits for its turn.
  public struct Lane: Sendable, Hashable {
    let key: Int
    let isPreferred: Bool

    /// - Parameters:
    ///   - origin: those with the same origin wait for each other.
    ///   - isPreferred: waits with its like, who have every second turn.
    public init(_ origin: some Hashable, isPreferred: Bool = false) {
      key = origin.hashValue
      self.isPreferred = isPreferred
    }
  }

  /// Longest password in bytes; longer ones are rejected, after the same work.
  public static let passwordLimit = Crypt.passwordLimit

  typealias Compute = @Sendable (_ password: [UInt8], _ setting: String) -> String?

  private struct Job: Sendable {
    let password: [UInt8]
    let hash: String?
    let gate: AttemptGate
    let continuation: CheckedContinuation<Outcome, Never>
    /// Whether the password has been found not to be that of `hash`.
    var isMismatch = false
  }

  private struct State: Sendable {
    var running = 0
    var nextTicket: UInt64 = 0
    var waiting = LaneQueue<Job>()
  }

  /// The setting with which passwords of unknown users are hashed: the default kind at the default cost, made once per
  /// process. It has no digest, so it can match nothing. The constant is for a system that cannot make a setting.
  static let decoy = Crypt.makeSetting(prefix: PasswordHash.Kind.preferred.prefix) ?? "$6$0123456789abcdef$"
  /// The part of `decoy` that gives its kind and cost: everything before the salt.
  private static let decoyCost: String = {
    guard let salt = decoy.dropLast().lastIndex(of: "$") else { return decoy }
    return String(decoy[...salt])
  }()

  private let concurrency: Int
  private let queueLimit: Int
  private let laneLimit: Int
  private let compute: Compute
  private let state = Mutex(State())

  /// Makes a verifier.
  /// - Parameters:
  ///   - concurrency: verifications at a time; by default the number of processors.
  ///   - queueLimit: how many more may wait.
  public convenience init(concurrency: Int = PasswordVerifier.processors, queueLimit: Int = 1024) {
    self.init(concurrency: concurrency, queueLimit: queueLimit) { Crypt.hash($0, setting: $1) }
  }

  init(concurrency: Int, queueLimit: Int, compute: @escaping Compute) {
    self.concurrency = max(1, concurrency)
    self.queueLimit = max(0, queueLimit)
    laneLimit = max(256, queueLimit / 4)
    self.compute = compute
    _ = Self.decoy  // made now, so that the first unknown user does not take longer than the second
  }

  /// The number of processors that are online.
  public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// How many verifications are waiting for their turn.
  public var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// True if `password` belongs to `hash`. Busy and cancelled count as no: see `check` to tell them apart.
  public func verify(_ password: [UInt8], hash: String?) async -> Bool {
    await check(password, hash: hash) == .verified
  }

  /// Verifies `password` against `hash`.
  ///
  /// Nil (the user is unknown), a locked hash, and a password that is too long or holds a NUL cost one hash of the
  /// default kind and are rejected. A wrong password for a hash of another kind or cost costs that hash in addition.
  /// - Parameters:
  ///   - lane: where it waits; one lane for all by default.
  ///   - gate: asked when its turn has come, and told if the password was wrong.
  public func check(
    _ password: [UInt8], hash: String?, lane: Lane = Lane(0), gate: AttemptGate = .open
  ) async -> Outcome {
    let ticket = state.withLock { state in
      defer { state.nextTicket &+= 1 }
      return state.nextTicket
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let job = Job(password: password, hash: hash, gate: gate, continuation: continuation)
        admit(job, ticket: ticket, lane: lane)
      }
    } onCancel: {
      let job = state.withLock { $0.waiting.remove(ticket) }
      job?.continuation.resume(returning: .cancelled)
    }
  }

  private func admit(_ job: Job, ticket: UInt64, lane: Lane) {
    enum Decision {
      case run, wait
      case answer(Outcome)
    }
    let decision: Decision = state.withLock { state in
      // Catches a cancellation that came before the job was in `waiting`.
      if Task.isCancelled { return .answer(.cancelled) }
      if state.running < concurrency {
        state.running += 1
        return .run
      }
      // One lane may not fill the queue for all others.
      if state.waiting.count >= queueLimit || state.waiting.count(in: lane) >= laneLimit {
        return .answer(.busy)
      }
      state.waiting.append(job, ticket: ticket, lane: lane)
      return .wait
    }
    switch decision {
    case .run: begin(job)
    case .wait: break
    case .answer(let outcome): job.continuation.resume(returning: outcome)
    }
  }

  /// Does a job that has one of the places: at once if its hash takes microseconds and the password is right, which needs no thread.
  private func begin(_ job: Job) {
    guard let hash = job.hash, PasswordHash.isQuick(hash), job.password.count <= Self.passwordLimit,
      !job.password.contains(0), job.gate.mayStart()
    else { return startThread(with: job) }
    guard matches(job.password, hash) else {
      var job = job
      job.isMismatch = true
      return startThread(with: job)
    }
    if let next = takeNext() { startThread(with: next) }
    job.continuation.resume(returning: .verified)
  }

  private func startThread(with job: Job) {
    // A serial queue has its own thread. A concurrent queue would use the threads of Swift's executor, through which every session
    // returns after it has waited, so a flood of logins would stop all transfers.
    DispatchQueue(label: "weftpd.passwords").async { self.work(startingWith: job) }
  }

  /// The job that gets the place of one that is done; nil: the place is free now.
  private func takeNext() -> Job? {
    state.withLock { state in
      guard let following = state.waiting.takeNext() else {
        state.running -= 1
        return nil
      }
      return following
    }
  }

  /// Does `first` and then all waiting jobs, until none is left.
  private func work(startingWith first: Job) {
    var next: Job? = first
    while let job = next {
      let outcome = job.gate.mayStart() ? decide(job) : .overBudget
      if outcome == .rejected { job.gate.countRefusal() }
      next = takeNext()
      job.continuation.resume(returning: outcome)
    }
  }

  private func decide(_ job: Job) -> Outcome {
    let isUsable = job.password.count <= Self.passwordLimit && !job.password.contains(0)
    guard let hash = job.hash, isUsable, !PasswordHash.isLocked(hash) else {
      _ = compute(isUsable ? job.password : [], Self.decoy)
      return .rejected
    }
    if !job.isMismatch, matches(job.password, hash) { return .verified }
    // A kind cheaper than the decoy's would reveal that the user exists, so do the decoy's work as well.
    if !hash.hasPrefix(Self.decoyCost) { _ = compute(job.password, Self.decoy) }
    return .rejected
  }

  private func matches(_ password: [UInt8], _ hash: String) -> Bool {
    guard let computed = compute(password, hash) else { return false }
    return Self.areEqual(computed, hash)
  }

  /// Compares in a time that depends only on the lengths.
  private static func areEqual(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count, !left.isEmpty else { return false }
    return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
