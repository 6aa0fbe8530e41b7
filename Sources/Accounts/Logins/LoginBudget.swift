// Bounds how many passwords may be tried: for a user from an address, for a user from anywhere, from an address, from a network.

import LinuxSystem
import Synchronization

/// How many logins may fail, and how soon they are forgotten.
///
/// Each failure takes a token from every bucket it belongs to, and tokens come back at a steady rate, whatever happens in between. While
/// one of them is empty, no further password is verified: an attempt over budget costs no hashing, and is not counted either. Whoever has
/// logged in lately from the same address is asked only for the failures of that user at that address, so that neither a flood from
/// elsewhere nor a neighbour behind the same address keeps a user out.
///
/// IPv6 addresses count by their /64, since a client that has one address of it has all of them, and by their /48, which is what a
/// provider gives to one customer. The tables have a fixed size.
public final class LoginBudget: Sendable {
  /// A bucket: how many failures it admits at once, and after which time each is forgotten.
  public struct Rate: Sendable, Equatable {
    public let burst: Int
    public let interval: Duration

    /// - Parameters:
    ///   - burst: at least 1.
    ///   - interval: the time after which one failure more is admitted.
    public init(burst: Int, interval: Duration) {
      self.burst = max(1, burst)
      self.interval = max(.milliseconds(1), interval)
    }
  }

  /// The rate of each kind of bucket.
  public struct Rates: Sendable, Equatable {
    /// One user from one address.
    public var pair = Rate(burst: 10, interval: .seconds(60))
    /// One user from all addresses.
    public var user = Rate(burst: 50, interval: .seconds(6))
    /// One IPv4 address, or the /64 of an IPv6 address, for all users.
    public var address = Rate(burst: 40, interval: .seconds(10))
    /// The /48 of an IPv6 address, for all users.
    public var network = Rate(burst: 160, interval: .milliseconds(2500))
    /// Wrong one-time codes of one user from all addresses. Whoever tries them knows the password already.
    public var codes = Rate(burst: 5, interval: .seconds(60))
    public init() {}
  }

  /// What was wrong with a login.
  public enum Fault: Sendable {
    case password
    /// The password was right, the one-time code was not.
    case code
  }

  /// How long a pair of user and address is known after its last login.
  public static let memory = Duration.seconds(7 * 24 * 3600)

  private enum Kind: UInt8 { case pair, user, address, network, codes }

  /// Names are kept as their hashes: a client may send long ones.
  private struct Key: Hashable {
    var kind: Kind
    var address: IPAddress?
    var user = 0
  }

  /// Failures that are not forgotten yet, at a moment.
  private struct Level {
    var failures: Double
    var time: Duration
  }

  private struct State {
    var levels: [Key: Level] = [:]
    /// When each pair has logged in last.
    var known: [Key: Duration] = [:]
  }

  private let rates: Rates
  private let capacity: Int
  private let now: @Sendable () -> Duration
  private let state = Mutex(State())

  /// A budget that remembers at most 16,384 buckets and as many logins.
  public convenience init(_ rates: Rates = Rates()) {
    let start = ContinuousClock.now
    self.init(rates) { ContinuousClock.now - start }
  }

  /// - Parameters:
  ///   - capacity: how many buckets, and how many logins, are remembered.
  ///   - now: the time since any fixed moment; never goes back.
  public init(_ rates: Rates = Rates(), capacity: Int = 16_384, now: @escaping @Sendable () -> Duration) {
    self.rates = rates
    self.capacity = max(1, capacity)
    self.now = now
  }

  /// Whether a password of `user` from `addresses` may be verified now.
  ///
  /// - Parameters:
  ///   - addresses: where the client's paths come from, the control connection's own first.
  ///   - wantsCode: whether the user has a second factor.
  public func admits(_ user: [UInt8], from addresses: [IPAddress], wantsCode: Bool = false) -> Bool {
    let time = now()
    let name = user.hashValue
    return state.withLock { state in
      func hasRoom(_ key: Key) -> Bool {
        remaining(state.levels[key], key.kind, at: time) + 1 <= Double(rate(key.kind).burst)
      }
      if addresses.contains(where: { !hasRoom(Self.pair(name, $0)) }) { return false }
      if isKnown(state.known, name, addresses, at: time) { return true }
      return hasRoom(Key(kind: .user, user: name)) && (!wantsCode || hasRoom(Key(kind: .codes, user: name)))
        && addresses.allSatisfy { Self.places($0).allSatisfy(hasRoom) }
    }
  }

  /// Whether `user` has logged in from there lately; such a login goes before others.
  public func knows(_ user: [UInt8], from addresses: [IPAddress]) -> Bool {
    let time = now()
    return state.withLock { isKnown($0.known, user.hashValue, addresses, at: time) }
  }

  /// Counts a login that was refused after its password had been verified.
  public func recordFailure(_ user: [UInt8], from addresses: [IPAddress], _ fault: Fault = .password) {
    let time = now()
    let name = user.hashValue
    var keys: Set<Key> = [Key(kind: .user, user: name)]
    if fault == .code { keys.insert(Key(kind: .codes, user: name)) }
    for address in addresses { keys.formUnion([Self.pair(name, address)] + Self.places(address)) }
    state.withLock { state in
      for key in keys {
        let failures = remaining(state.levels[key], key.kind, at: time)
        if state.levels[key] == nil, state.levels.count >= capacity { makeRoom(in: &state.levels, at: time) }
        state.levels[key] = Level(failures: min(failures + 1, Double(rate(key.kind).burst)), time: time)
      }
    }
  }

  /// Counts a login that succeeded: what this user has mistyped from there is forgiven, and nothing else. Otherwise an attacker with one
  /// account could log in to it now and then and go on.
  public func recordSuccess(_ user: [UInt8], from addresses: [IPAddress]) {
    let time = now()
    let name = user.hashValue
    state.withLock { state in
      for address in addresses {
        let pair = Self.pair(name, address)
        state.levels[pair] = nil
        if state.known[pair] == nil, state.known.count >= capacity { forgetOldest(of: &state.known) }
        state.known[pair] = time
      }
    }
  }

  /// Buckets that are remembered now.
  var count: Int { state.withLock { $0.levels.count } }

  private func rate(_ kind: Kind) -> Rate {
    switch kind {
    case .pair: rates.pair
    case .user: rates.user
    case .address: rates.address
    case .network: rates.network
    case .codes: rates.codes
    }
  }

  private func remaining(_ level: Level?, _ kind: Kind, at time: Duration) -> Double {
    guard let level else { return 0 }
    return max(0, level.failures - (time - level.time) / rate(kind).interval)
  }

  private func isKnown(_ known: [Key: Duration], _ name: Int, _ addresses: [IPAddress], at time: Duration) -> Bool {
    guard let first = addresses.first, let last = known[Self.pair(name, first)] else { return false }
    return time - last < Self.memory
  }

  /// Drops what is forgotten anyway and, if that is not enough, the quarter that will be forgotten soonest: a flood of names must not
  /// wash away the bucket of one who has failed often.
  private func makeRoom(in levels: inout [Key: Level], at time: Duration) {
    levels = levels.filter { remaining($0.value, $0.key.kind, at: time) > 0 }
    guard levels.count >= capacity else { return }
    let soonest = levels.map { (key: $0.key, left: remaining($0.value, $0.key.kind, at: time)) }
      .sorted { $0.left < $1.left }.prefix(max(1, capacity / 4))
    for (key, _) in soonest { levels[key] = nil }
  }

  private func forgetOldest(of known: inout [Key: Duration]) {
    for (key, _) in known.sorted(by: { $0.value < $1.value }).prefix(max(1, capacity / 4)) { known[key] = nil }
  }

  private static func pair(_ name: Int, _ address: IPAddress) -> Key {
    Key(kind: .pair, address: address.client, user: name)
  }

  private static func places(_ address: IPAddress) -> [Key] {
    let place = Key(kind: .address, address: address.client)
    guard let site = address.site else { return [place] }
    return [place, Key(kind: .network, address: site)]
  }
}
