// Takes log lines from any thread without ever blocking it; one thread of its own writes them out.

import Dispatch
import Glibc
import LinuxSystem
import Synchronization

/// A bounded buffer of lines before a ``LogOutput``.
///
/// ``append(_:isUrgent:)`` copies the line under a lock that is never held across a system call. The writer collects
/// what comes within ``linger`` and writes it in one call. When the reader of the descriptor is too slow and the buffer
/// is full, lines are dropped, counted, and the count is written as soon as there is room. Until ``start()`` each line
/// is written at once, so that a daemon may log before it is allowed to have threads.
public final class LogSink: Sendable {
  private struct Pending {
    var bytes: [UInt8] = []
    var dropped = 0
    var droppedInAll = 0
    var isStarted = false
  }

  private struct Output {
    /// The buffer not in use by ``Pending``.
    var spare: [UInt8] = []
    /// What has to come before the next line because a write failed in the middle of one.
    var mending: [UInt8] = []
  }

  private let destination: any LogOutput
  private let limit: Int
  private let linger: Duration
  private let describeLoss: @Sendable (Int) -> [UInt8]
  private let pending = Mutex(Pending())
  /// Held while writing, which keeps batches in order.
  private let output = Mutex(Output())
  private let writerSleeps = Atomic(false)
  private let wakeUp = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - output: Where lines go.
  ///   - limit: Bytes that may wait.
  ///   - linger: How long the writer collects lines before it writes them.
  ///   - describeLoss: The line that tells how many lines were lost; an empty one is not written.
  public init(
    output: any LogOutput = DescriptorOutput(STDERR_FILENO), limit: Int = 1 << 20, linger: Duration = .milliseconds(5),
    describeLoss: @escaping @Sendable (Int) -> [UInt8]
  ) {
    destination = output
    self.limit = limit
    self.linger = linger
    self.describeLoss = describeLoss
  }

  /// How many lines were lost since the start.
  public var lostInAll: Int { pending.withLock { $0.droppedInAll } }

  /// Starts the writer thread, which lives as long as the process and keeps the sink alive. Once is enough.
  public func start() {
    let isFirst = pending.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { return }
    var thread = pthread_t()
    let sink = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        ProcessLimits.nameThread("weftpd-log")
        Unmanaged<LogSink>.fromOpaque(argument).takeUnretainedValue().writeForever()
      }, sink.toOpaque())
    if result == 0 {
      pthread_detach(thread)
    } else {
      // Without the thread each line is written by the thread that logs it: slower, but nothing is lost.
      pending.withLock { $0.isStarted = false }
      sink.release()
    }
  }

  /// Takes one line, newline included. Never waits for the descriptor once ``start()`` was called.
  ///
  /// - Parameter isUrgent: Written without lingering.
  public func append(_ line: [UInt8], isUrgent: Bool = false) {
    let isStarted = pending.withLock { state in
      if state.bytes.count + line.count > limit {
        state.dropped += 1
        state.droppedInAll += 1
      } else {
        state.bytes.append(contentsOf: line)
      }
      return state.isStarted
    }
    guard isStarted else {
      output.withLock { _ = drain(&$0, until: nil) }
      return
    }
    // The exchange lets only one of many threads wake the writer.
    let wakes =
      writerSleeps.load(ordering: .acquiring) && writerSleeps.exchange(false, ordering: .acquiringAndReleasing)
    if wakes || isUrgent { wakeUp.signal() }
  }

  /// Writes what waits, on the calling thread.
  ///
  /// - Returns: False when not everything was out after `timeout`; a reader that does not read must not hold up an exit.
  @discardableResult
  public func flush(within timeout: Duration = .seconds(2)) -> Bool {
    let deadline = MonotonicTime.now.advanced(by: timeout.inNanoseconds)
    while true {
      if let result = output.withLockIfAvailable({ drain(&$0, until: deadline) }) { return result }
      // The writer thread is writing, and may be stuck in a write.
      if MonotonicTime.now >= deadline { return false }
      usleep(1000)
    }
  }

  // MARK: - The writer

  private func writeForever() -> Never {
    while true {
      let isHealthy = output.withLock { drain(&$0, until: nil) }
      // After a failed write (full disk, reader gone) it tries again once a second.
      let pause = isHealthy ? linger : .seconds(1)
      _ = wakeUp.wait(timeout: .now() + .nanoseconds(Int(pause.inNanoseconds)))
      if hasPending { continue }
      writerSleeps.store(true, ordering: .sequentiallyConsistent)
      // A line appended between the check and the store woke nobody, so check again before sleeping.
      if hasPending {
        writerSleeps.store(false, ordering: .sequentiallyConsistent)
      } else {
        wakeUp.wait()
      }
    }
  }

  private var hasPending: Bool { pending.withLock { !$0.bytes.isEmpty || $0.dropped > 0 } }

  /// Writes everything that waits. The lock on ``output`` is held.
  private func drain(_ output: inout Output, until deadline: MonotonicTime?) -> Bool {
    while true {
      let dropped = pending.withLock { state in
        swap(&state.bytes, &output.spare)
        defer { state.dropped = 0 }
        return state.dropped
      }
      if output.spare.isEmpty && dropped == 0 { return true }
      output.spare.insert(contentsOf: output.mending, at: 0)
      let lines = output.spare.count
      if dropped > 0 { output.spare += describeLoss(dropped) }
      let (rest, failed) = output.spare.withUnsafeBytes { destination.write($0, until: deadline) }
      let written = output.spare.count - rest
      if !failed {
        output.mending = []
      } else if written > 0 {
        output.mending = destination.mend(after: output.spare[written - 1])
      }
      if rest > 0 {
        keep(output.spare[min(written, lines)..<lines], asLost: failed, dropped: dropped)
      }
      // Gives memory back after a burst.
      output.spare.removeAll(keepingCapacity: output.spare.capacity <= 1 << 16)
      if rest > 0 { return false }
    }
  }

  /// Deals with what a write left over: after an error it is lost and counted, after a deadline it waits for the next write. The line that
  /// reports `dropped` lines was not written either, so their count is kept.
  private func keep(_ rest: ArraySlice<UInt8>, asLost: Bool, dropped: Int) {
    pending.withLock { state in
      state.dropped += dropped
      if asLost {
        let lost = destination.count(rest)
        state.dropped += lost
        state.droppedInAll += lost
      } else {
        state.bytes.insert(contentsOf: rest, at: 0)
      }
    }
  }
}
