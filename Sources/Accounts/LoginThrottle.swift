// Slows down password guessing: the more logins failed from an address, the later the next answer comes.

import Synchronization

/// Counts failed logins per address and says how long the answer to the next PASS has to wait.
///
/// IPv4 addresses count one by one (also when written as IPv4-mapped IPv6 addresses), IPv6 addresses by their /64, since
/// whoever has one address of it has them all. The table is bounded: when it is full, the addresses that failed longest
/// ago are forgotten.
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

  /// Makes a throttle with limits and a clock of the caller's.
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
  /// Wait for right passwords too: a client that only had to wait for a "no" would not wait.
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

  /// Counts a login of `user` from `address` that failed.
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

  /// Counts a login of `user` from `address` that succeeded. It forgives what failed for the same user, not the rest:
  /// else a guesser with an account of his own could log in to it now and then and never wait.
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

  /// Drops what is past its time and, if that is not enough, the oldest quarter: the sort is paid once per quarter.
  private func makeRoom(in records: inout [UInt64: Record], at time: Duration) {
    records = records.filter { time - $0.value.last < memory }
    guard records.count >= capacity else { return }
    let oldest = records.sorted { $0.value.last < $1.value.last }.prefix(max(1, capacity / 4))
    for (key, _) in oldest { records[key] = nil }
  }

  /// What an address is counted under: its /64, or the IPv4 address within 0:1::/32, which no host of the Internet has.
  private static func key(_ address: [UInt8]) -> UInt64 {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    if address.count == 16, !address.starts(with: mapped) {
      return address.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
    return address.suffix(4).reduce(1) { $0 << 8 | UInt64($1) }
  }
}
