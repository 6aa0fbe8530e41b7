// The clock that rates go by; tests have one of their own.

/// Where buckets read the time: they make no system call themselves.
public struct RateClock: Sendable {
  /// Nanoseconds that never jump.
  let now: @Sendable () -> Int64

  public init(now: @escaping @Sendable () -> Int64) { self.now = now }
}
