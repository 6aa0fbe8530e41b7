// Tells a transfer that moves from one that stands still, or only drips.

import LinuxSystem

/// How slow a transfer may be.
public struct PaceLimits: Sendable, Equatable {
  /// Nanoseconds a transfer may wait for the other side without ``Pace/leastProgress``.
  public var stall: Int64
  /// Bytes of the file a second, on average over ``Pace/window(_:)``; 0 is no limit.
  public var minimumRate: UInt64

  public init(stall: Duration, minimumRate: UInt64 = 0) {
    self.stall = max(0, stall.inNanoseconds)
    self.minimumRate = minimumRate
  }
}

/// Measures one transfer by the bytes of the file that move, and by nothing else: TLS key updates, filler and empty blocks are no
/// progress, and neither is a byte now and then.
///
/// Only time counts in which the transfer waits for the other side, so a slow disk of our own is not held against it.
public struct Pace: Sendable {
  /// Bytes of the file that end a stall. A transfer that moves fewer for as long as it may stand still has stood still.
  public static let leastProgress: UInt64 = 1024
  private static let longestWindow: Int64 = 60_000_000_000

  private let limits: PaceLimits
  private var stall = Span()
  private var rate = Span()

  /// What was waited for since there were so many bytes.
  private struct Span {
    var start: UInt64 = 0
    var waited: Int64 = 0

    func progress(at bytes: UInt64) -> UInt64 { bytes > start ? bytes - start : 0 }
  }

  /// - Parameter bytes: how many have moved already.
  public init(_ limits: PaceLimits, at bytes: UInt64 = 0) {
    self.limits = limits
    stall.start = bytes
    rate.start = bytes
  }

  /// The time over which the minimum rate is an average, in nanoseconds: a minute, or less where a transfer may not stand still so long.
  public static func window(_ limits: PaceLimits) -> Int64 { min(longestWindow, limits.stall) }

  /// How long the next wait may take.
  ///
  /// - Parameter bytes: bytes of the file that have moved until now.
  /// - Returns: nanoseconds.
  /// - Throws: ``TransferBreak/stalled``, ``TransferBreak/tooSlow(minimum:)``.
  public mutating func allowance(at bytes: UInt64) throws(TransferBreak) -> Int64 {
    // Where both times are over, the rate says more than a standstill.
    let untilRate = try rateAllowance(at: bytes)
    if stall.progress(at: bytes) >= Self.leastProgress {
      stall = Span(start: bytes)
    } else if stall.waited >= limits.stall {
      throw .stalled
    }
    return min(limits.stall - stall.waited, untilRate)
  }

  private mutating func rateAllowance(at bytes: UInt64) throws(TransferBreak) -> Int64 {
    if limits.minimumRate == 0 { return .max }
    let window = Self.window(limits)
    if rate.waited >= window {
      let milliseconds = UInt64(max(1, rate.waited / 1_000_000))
      let wanted = limits.minimumRate.multipliedReportingOverflow(by: milliseconds)
      if wanted.overflow || rate.progress(at: bytes) < wanted.partialValue / 1000 {
        throw .tooSlow(minimum: limits.minimumRate)
      }
      rate = Span(start: bytes)
    }
    return window - rate.waited
  }

  /// Counts time in which the transfer waited for the other side.
  public mutating func count(waited nanoseconds: Int64) {
    stall.waited = stall.waited.addingReportingOverflow(nanoseconds).partialValue
    rate.waited = rate.waited.addingReportingOverflow(nanoseconds).partialValue
  }
}
