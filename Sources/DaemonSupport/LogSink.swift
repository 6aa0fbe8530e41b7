// Takes log lines from any thread without ever blocking it; one thread of its own writes them out.

import Dispatch
import Glibc
import LinuxSystem
import Synchronization

/// A bounded buffer of lines before a file descriptor.
///
/// ``append(_:isUrgent:)`` copies the line under a lock that is never held across a system call. The writer collects
/// what comes within ``linger`` and writes it in one call. When the reader of the descriptor is too slow and the buffer
/// is full, lines are dropped, counted, and the count is written as soon as there is room. Until ``start()`` each line
/// is written at once, so that a daemon may log before it is allowed to have threads.
public final class LogSink: Sendable {
  private struct Pending {
    var bytes: [UInt8] = []
    var dropped = 0
    var isStarted = false
  }

  private let descriptor: Int32
  private let limit: Int
  private let linger: Duration
  private let describeLoss: @Sendable (Int) -> [UInt8]
  private let pending = Mutex(Pending())
  /// Held while writing, which keeps batches in order; its value is the buffer not in use.
  private let output = Mutex<[UInt8]>([])
  private let writerSleeps = Atomic(false)
  private let wakeUp = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - descriptor: Where lines go; it stays the caller's.
  ///   - limit: Bytes that may wait.
  ///   - linger: How long the writer collects lines before it writes them.
  ///   - describeLoss: The line that tells how many lines were lost.
  public init(
    descriptor: Int32 = STDERR_FILENO, limit: Int = 1 << 20, linger: Duration = .milliseconds(5),
    describeLoss: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.descriptor = descriptor
    self.limit = limit
    self.linger = linger
    self.describeLoss = describeLoss
  }

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
      // Without a thread every line is written by whoever logs it: slower, but nothing is lost.
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
      } else {
        state.bytes.append(contentsOf: line)
      }
      return state.isStarted
    }
    guard isStarted else {
      output.withLock { _ = drain(&$0, until: nil) }
      return
    }
    // The exchange lets exactly one of many lines pay for waking the writer.
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
      // The writer is at it; it may hang in a write.
      if MonotonicTime.now >= deadline { return false }
      usleep(1000)
    }
  }

  // MARK: - The writer

  private func writeForever() -> Never {
    while true {
      output.withLock { _ = drain(&$0, until: nil) }
      _ = wakeUp.wait(timeout: .now() + .nanoseconds(Int(linger.inNanoseconds)))
      if hasPending { continue }
      writerSleeps.store(true, ordering: .sequentiallyConsistent)
      // A line that came between the look and the store saw no sleeper, so look again before sleeping.
      if hasPending {
        writerSleeps.store(false, ordering: .sequentiallyConsistent)
      } else {
        wakeUp.wait()
      }
    }
  }

  private var hasPending: Bool { pending.withLock { !$0.bytes.isEmpty || $0.dropped > 0 } }

  /// Writes everything that waits. The lock on ``output`` is held, `spare` is its value.
  private func drain(_ spare: inout [UInt8], until deadline: MonotonicTime?) -> Bool {
    while true {
      let dropped = pending.withLock { state in
        swap(&state.bytes, &spare)
        defer { state.dropped = 0 }
        return state.dropped
      }
      if spare.isEmpty && dropped == 0 { return true }
      if dropped > 0 { spare += describeLoss(dropped) }
      let rest = spare.withUnsafeBytes { write($0, until: deadline) }
      let lost = spare.suffix(rest).reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
      if lost > 0 { pending.withLock { $0.dropped += lost } }
      // A burst must not keep a megabyte for ever.
      spare.removeAll(keepingCapacity: spare.capacity <= 1 << 16)
      if rest > 0 { return false }
    }
  }

  /// Gives the number of bytes that could not be written. With a deadline it asks first whether a write would block.
  private func write(_ bytes: UnsafeRawBufferPointer, until deadline: MonotonicTime?) -> Int {
    var rest = bytes[...]
    while !rest.isEmpty {
      if let deadline, !isWritable(within: deadline.since(.now)) { return rest.count }
      // What poll(2) calls writable takes PIPE_BUF bytes without blocking, not more.
      let chunk = UnsafeRawBufferPointer(rebasing: deadline == nil ? rest : rest.prefix(4096))
      let count = Glibc.write(descriptor, chunk.baseAddress, chunk.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EAGAIN {
        // Standard error may be shared with a process that made it non-blocking.
        _ = isWritable(within: 1_000_000_000)
      } else if count < 0, errno == EINTR {
        continue
      } else {
        return rest.count
      }
    }
    return 0
  }

  private func isWritable(within nanoseconds: Int64) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let milliseconds = Int32(clamping: max(0, nanoseconds) / 1_000_000)
    while true {
      let result = poll(&request, 1, milliseconds)
      if result < 0, errno == EINTR { continue }
      return result > 0
    }
  }
}
