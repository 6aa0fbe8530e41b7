// How many bytes a second are allowed, now and at other hours.

/// A rate in bytes per second, or one that changes with the time.
public struct RateSchedule: Sendable, Equatable {
  /// More bytes per second than this are not told apart from no limit.
  public static let most: UInt64 = 1 << 40

  private let constant: UInt64
  private let name: String
  private let varying: (@Sendable () -> UInt64)?

  /// The same at all times.
  ///
  /// - Parameter rate: bytes per second; 0: no limit.
  public init(_ rate: UInt64 = 0) {
    (constant, name, varying) = (rate, "", nil)
  }

  /// One that changes.
  ///
  /// - Parameters:
  ///   - name: tells it from others: two of the same name are taken for the same.
  ///   - rate: the bytes per second that are allowed now; 0: no limit. Asked once a second at most, by any thread.
  public init(named name: String, rate: @escaping @Sendable () -> UInt64) {
    (constant, self.name, varying) = (0, name, rate)
  }

  /// There is no limit at any time.
  public static let unlimited = RateSchedule()

  /// Whether there is never a limit.
  public var isUnlimited: Bool { varying == nil && constant == 0 }

  /// Whether it is another rate at other times.
  public var isVarying: Bool { varying != nil }

  /// What is allowed now: bytes per second; 0: no limit.
  public var rate: UInt64 {
    let rate = varying?() ?? constant
    return rate > Self.most ? 0 : rate
  }

  public static func == (one: RateSchedule, other: RateSchedule) -> Bool {
    one.constant == other.constant && one.name == other.name && one.isVarying == other.isVarying
  }
}
