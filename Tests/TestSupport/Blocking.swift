// Lets blocking test bodies run on threads of their own, a bounded number at once, without starving Swift's own pool.

import Foundation
import Synchronization

/// Runs a blocking body on its own thread, as part of the calling task (so that failures belong to the test), with at
/// most a few at once over all suites.
public enum Blocking {
  /// How many slots there are over all tests of the process.
  public static let width = 6

  /// Waits for `slots` slots, then runs `body`. A test that measures time or memory takes `Blocking.width` slots and
  /// so runs alone.
  public static func run(slots: Int = 1, _ body: @Sendable () throws -> Void) async throws {
    await gate.enter(slots)
    do { try await onOwnThread(body) } catch {
      await gate.leave(slots)
      throw error
    }
    await gate.leave(slots)
  }

  /// The same for tests that see the kernel's work besides ours, in a lab of its own at each try: it repeats a lost announcement of an
  /// address only after two minutes, and a path through a NAT now and then corrupts what it carries (docs/multipath.md).
  ///
  /// - Parameter tries: how often `body` may fail but for the last time; what failed is reported.
  public static func run(slots: Int, tries: Int, _ body: @Sendable () throws -> Void) async throws {
    for attempt in 1..<tries {
      do { return try await run(slots: slots, body) } catch {
        print("try \(attempt) of \(tries) failed: \("\(error)".prefix(300))")
      }
    }
    try await run(slots: slots, body)
  }

  /// The same without waiting for a slot, for the short bodies of unit tests; gives what `body` returns.
  public static func onOwnThread<R: Sendable>(_ body: @Sendable () throws -> R) async throws -> R {
    try await withTaskExecutorPreference(ThreadExecutor.shared) { try await onThisThread(body) }
  }

  /// Runs a whole test on threads of its own.
  static func preferringThreads(_ body: @Sendable () async throws -> Void) async throws {
    try await withTaskExecutorPreference(ThreadExecutor.shared) { try await body() }
  }

  @concurrent private static func onThisThread<R: Sendable>(_ body: @Sendable () throws -> R) async throws -> R {
    try body()
  }

  private static let gate = Gate(slots: width)
}

/// Starts a thread for every job.
private final class ThreadExecutor: TaskExecutor {
  static let shared = ThreadExecutor()

  func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    let thread = Thread { unowned.runSynchronously(on: executor) }
    thread.stackSize = 2 << 20
    thread.start()
  }
}

/// A counting semaphore for tasks, first come first served.
private actor Gate {
  private var free: Int
  private var waiting: [(slots: Int, continuation: CheckedContinuation<Void, Never>)] = []

  init(slots: Int) { free = slots }

  func enter(_ slots: Int) async {
    if waiting.isEmpty && free >= slots {
      free -= slots
    } else {
      await withCheckedContinuation { waiting.append((slots, $0)) }
    }
  }

  func leave(_ slots: Int) {
    free += slots
    while let next = waiting.first, free >= next.slots {
      free -= next.slots
      waiting.removeFirst().continuation.resume()
    }
  }
}

/// Runs `count` blocking bodies on threads of their own at the same time and rethrows the first failure. For clients
/// that must act at once.
public func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
  let failure = Mutex<(any Error)?>(nil)
  let group = DispatchGroup()
  for index in 0..<count {
    group.enter()
    let thread = Thread {
      do { try body(index) } catch { failure.withLock { if $0 == nil { $0 = error } } }
      group.leave()
    }
    thread.stackSize = 1 << 20
    thread.start()
  }
  group.wait()
  if let error = failure.withLock({ $0 }) { throw error }
}
