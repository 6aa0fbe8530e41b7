// Slows down password guessing: the more logins failed from an address, the later the next answer comes.

import Synchronization

/// Counts failed logins per address and says how long the answer to the next PASS must wait.
///
/// Each IPv4 address counts by itself (also when written as an IPv4-mapped IPv6 address). IPv6 addresses count by their
/// /64, since a client that has one address of it has all of them. The table has a fixed size: when it is full, the
/// addresses whose last failure is oldest are dropped.
public final class LoginThrottle: Sendable {
  /// The longest delay.
  public static let longestDelay = Duration.seconds(10)

  private struct Record {
    var failures = 0
    var last: Duration
    var byUser: [Int: Int] = [:]  // failures by the hash of the user's name, for a few users
  }

  /// Users per address whose failures can be forgiven by their own success.
  private static let usersPerAddress = 8

  private let capacity: Int
  private let memory: Duration
  private let now: @Sendable () -> Duration
  private let records = Mutex<[UInt64: Record]>([:])

  /// Makes a throttle that remembers at most 4096 addresses, each for 15 minutes after its last failure.
  public convenience init() {
    let start = ContinuousClock.now
    self.init { ContinuousClock.now - start }
  }

  /// Makes a throttle with the caller's limits and clock.
  /// - Parameter now: the time since any fixed moment; never goes back.
  public init(
    capacity: Int = 4096, memory: Duration = .seconds(900), now: @escaping @Sendable () -> Duration
  ) {
    self.capacity = max(1, capacity)
    self.memory = memory
    self.now = now
  }

  /// How long to wait before the answer to PASS, whatever that answer will be: zero without failures, then 0.25 s,
  /// 0.5 s, 1 s and so on up to 10 s.
  ///
  /// Right passwords must wait too. If only a "no" were late, a client could give up after a moment and try the next one.
  /// - Parameter address: 4 bytes of an IPv4 or 16 of an IPv6 address, in network order.
  public func delayBeforeAnswer(address: [UInt8]) -> Duration {
    let time = now()
    let failures = records.withLock { records in
      guard let record = records[Self.key(address)], time - record.last < memory else { return 0 }
      return record.failures
    }
    guard failures > 0 else { return .zero }
    return min(Self.longestDelay, .milliseconds(250 << min(failures - 1, 16)))
  }

  /// Counts a failed login of `user` from `address`.
  public func recordFailure(address: [UInt8], user: [UInt8] = []) {
    let time = now()
    records.withLock { records in
      let key = Self.key(address)
      var record = records.removeValue(forKey: key) ?? Record(last: time)
      if time - record.last >= memory { record = Record(last: time) }
      record.last = time
      record.failures = min(record.failures + 1, 1_000_000)
      let name = user.hashValue
      if record.byUser[name] != nil || record.byUser.count < Self.usersPerAddress {
        record.byUser[name, default: 0] += 1
      }
      if records.count >= capacity { makeRoom(in: &records, at: time) }
      records[key] = record
    }
  }

  /// Counts a successful login of `user` from `address`. It clears the failures of the same user only. Otherwise an
  /// attacker with one account could log in to it now and then and never have to wait.
  public func recordSuccess(address: [UInt8], user: [UInt8] = []) {
    records.withLock { records in
      let key = Self.key(address)
      guard var record = records[key], let forgiven = record.byUser.removeValue(forKey: user.hashValue) else { return }
      record.failures -= forgiven
      records[key] = record.failures > 0 ? record : nil
    }
  }

  /// Addresses remembered now.
  var count: Int { records.withLock { $0.count } }

  /// Drops expired records and, if that is not enough, the oldest quarter, so that a sort is needed only once per quarter.
  private func makeRoom(in records: inout [UInt64: Record], at time: Duration) {
    records = records.filter { time - $0.value.last < memory }
    guard records.count >= capacity else { return }
    let oldest = records.sorted { $0.value.last < $1.value.last }.prefix(max(1, capacity / 4))
    for (key, _) in oldest { records[key] = nil }
  }

  /// The key of an address: its /64, or the IPv4 address inside 0:1::/32, which no host on the Internet uses.
  private static func key(_ address: [UInt8]) -> UInt64 {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    if address.count == 16, !address.starts(with: mapped) {
      return address.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
    return address.suffix(4).reduce(1) { $0 << 8 | UInt64($1) }
  }
}
