// Runs an actor's jobs on a serial dispatch queue of its own.

import Dispatch

/// A serial executor over a `DispatchQueue`; give every session one. `DispatchSerialQueue` does not exist on Linux.
public final class QueueExecutor: SerialExecutor {
  private let queue: DispatchQueue

  public init(label: StaticString) { queue = DispatchQueue(label: "\(label)") }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    queue.async { job.runSynchronously(on: executor) }
  }

  public func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
