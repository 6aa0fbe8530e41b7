// Which limits on bytes per second apply to a session, and the buckets they are kept by.

import Accounts
import Bandwidth
import FTPProtocol
import LinuxSystem

/// Whose bytes a bucket counts, and in which direction.
struct RateKey: Hashable, Sendable {
  enum Scope: Hashable, Sendable {
    case server
    case address(IPAddress)
    case user(host: String?, name: [UInt8])
    case group(host: String?, name: String)
    case session(UInt64)
    /// What clients have said they want to keep to (OPTS LIMITS): one session, all of a user from one address, those that share a file.
    case stated(UInt64)
    case statedTotal(host: String?, name: [UInt8], IPAddress)
    case statedFile(host: String?, name: [UInt8], IPAddress, [UInt8])
  }

  enum Direction: Sendable {
    /// To the client.
    case down
    /// From the client.
    case up
  }

  let scope: Scope
  let direction: Direction
}

/// The limits that apply to a session. Two sessions with equal plans differ in nothing that the buckets know.
struct RatePlan: Sendable, Equatable {
  struct Limit: Sendable, Equatable {
    let key: RateKey
    let rate: ByteRate
  }

  private(set) var limits: [Limit] = []

  var isEmpty: Bool { limits.isEmpty }

  /// Adds a limit for each direction that has one.
  mutating func add(_ scope: RateKey.Scope, down: ByteRate?, up: ByteRate?) {
    if let down, !down.isUnlimited { limits.append(Limit(key: RateKey(scope: scope, direction: .down), rate: down)) }
    if let up, !up.isUnlimited { limits.append(Limit(key: RateKey(scope: scope, direction: .up), rate: up)) }
  }
}

/// The buckets of one session, held as long as this lives: a user who logs in again at once finds them as they were.
final class SessionRates: Sendable {
  let plan: RatePlan
  private let buckets: [RateBucket]
  private let table: RateTable<RateKey>

  init(_ plan: RatePlan, in table: RateTable<RateKey>) {
    self.plan = plan
    self.table = table
    buckets = plan.limits.map { table.hold($0.key, RateSchedule($0.rate)) }
  }

  deinit {
    for limit in plan.limits { table.release(limit.key) }
  }

  /// What holds for bytes in a direction.
  func buckets(_ direction: RateKey.Direction) -> [RateBucket] {
    zip(plan.limits, buckets).filter { $0.0.key.direction == direction }.map(\.1)
  }
}

extension RateClock {
  /// That of the system's deadlines.
  static let system = RateClock { MonotonicTime.now.nanoseconds }
}

extension RateSchedule {
  /// A rate as settings and entries write it, by the clock on the wall.
  init(_ rate: ByteRate) {
    if rate.exceptions.isEmpty {
      self.init(rate.bytesPerSecond)
    } else {
      self.init(named: rate.text) { rate.limit(at: WeekMoment(seconds: WallClock.seconds)) }
    }
  }
}
