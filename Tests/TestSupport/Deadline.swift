// A point in time after which a test helper gives up, and waiting for a descriptor until then.

import Glibc

/// A moment of the monotonic clock.
public struct Deadline: Sendable {
  private let instant: ContinuousClock.Instant

  /// The moment `duration` from now.
  public static func after(_ duration: Duration) -> Deadline {
    Deadline(instant: ContinuousClock.now.advanced(by: duration))
  }

  /// What is left, in whole milliseconds rounded up, never negative.
  public var milliseconds: Int32 {
    let left = ContinuousClock.now.duration(to: instant)
    if left <= .zero { return 0 }
    let whole = left.components.seconds.multipliedReportingOverflow(by: 1000)
    if whole.overflow || whole.partialValue > 100_000_000 { return 100_000_000 }
    return Int32(whole.partialValue + left.components.attoseconds / 1_000_000_000_000_000 + 1)
  }

  /// Whether the moment lies behind us.
  public var hasPassed: Bool { ContinuousClock.now >= instant }

  /// Waits until `descriptor` is ready for `events` (`POLLIN`, `POLLOUT`) or has failed; false when the time ran out.
  public func wait(_ descriptor: Int32, _ events: Int32) -> Bool {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
      let count = poll(&entry, 1, milliseconds)
      if count > 0 { return true }
      if count < 0 && errno == EINTR { continue }
      if hasPassed || count < 0 { return false }
    }
  }

  /// Polls `condition` every few milliseconds until it holds; false when the time ran out. For state of the kernel
  /// (a /proc file) that cannot be waited for by event.
  public func until(_ condition: () throws -> Bool) rethrows -> Bool {
    while true {
      if try condition() { return true }
      if hasPassed { return false }
      poll(nil, 0, 3)
    }
  }
}
