// The line of sessions that are ready to run: first come, first served, and linked through the executors themselves.

/// A queue of executors. It allocates nothing: each executor has room for the link to the one behind it.
///
/// What is in it is retained once, so that a session may end while its executor still waits for a turn.
struct RunQueue: @unchecked Sendable {
  // Sendable: whoever holds it guards it. The line belongs to the workers' lock, a batch to the one thread that collects it.
  private var head: Unmanaged<SessionExecutor>?
  private var tail: Unmanaged<SessionExecutor>?
  private(set) var count = 0

  var isEmpty: Bool { head == nil }

  mutating func append(_ executor: SessionExecutor) {
    append(Unmanaged.passRetained(executor))
  }

  /// Appends one that is retained already.
  mutating func append(_ executor: Unmanaged<SessionExecutor>) {
    executor._withUnsafeGuaranteedRef { $0.next = nil }
    if let tail { tail._withUnsafeGuaranteedRef { $0.next = executor } } else { head = executor }
    tail = executor
    count += 1
  }

  /// Appends all of `other`, which is empty afterwards.
  mutating func append(all other: inout RunQueue) {
    guard let first = other.head else { return }
    if let tail { tail._withUnsafeGuaranteedRef { $0.next = first } } else { head = first }
    tail = other.tail
    count += other.count
    other = RunQueue()
  }

  /// Takes out the first. The caller releases it, or appends it again.
  mutating func popFirst() -> Unmanaged<SessionExecutor>? {
    guard let first = head else { return nil }
    head = first._withUnsafeGuaranteedRef { $0.next }
    if head == nil { tail = nil }
    count -= 1
    return first
  }
}
