// The two clocks: one that never jumps, for deadlines, and one for the date.

import CLinux
import Glibc

/// A point of CLOCK_MONOTONIC. It never jumps when the date is set.
public struct MonotonicTime: Comparable, Hashable, Sendable {
  /// Nanoseconds since an arbitrary start.
  public let nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  public static var now: MonotonicTime { MonotonicTime(nanoseconds: weft_monotonic()) }
  /// Later than every deadline.
  public static let never = MonotonicTime(nanoseconds: .max)

  public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }

  /// `interval` nanoseconds later; saturates at ``never``.
  public func advanced(by interval: Int64) -> MonotonicTime {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(interval)
    return overflow ? .never : MonotonicTime(nanoseconds: sum)
  }

  /// Nanoseconds from `earlier` to here.
  public func since(_ earlier: MonotonicTime) -> Int64 { nanoseconds &- earlier.nanoseconds }
}

extension Duration {
  /// The whole duration in nanoseconds, saturating at 292 years.
  public var inNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carried ? (seconds < 0 ? .min : .max) : sum
  }
}

/// The wall clock.
public enum WallClock {
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public static var seconds: Int64 { weft_realtime() / 1_000_000_000 }
  /// Nanoseconds since 1970-01-01 00:00:00 UTC.
  public static var nanoseconds: Int64 { weft_realtime() }

  /// `Sat Nov 21 05:39:18 2026`: local time as ctime(3) has it, whatever the locale. `seconds` since 1970, now unless given.
  public static func localText(_ seconds: Int64 = WallClock.seconds) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 26) { text in
      guard let base = text.baseAddress, weft_local_text(seconds, base) == 0 else { return "Thu Jan  1 00:00:00 1970" }
      return String(cString: base)
    }
  }
}
