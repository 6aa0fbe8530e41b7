// The bans in force as a table that finds the one for an address or a user in a few steps.

import LinuxSystem

/// Bans by subject.
///
/// An address is looked up once for each length of prefix that some ban has, of which there are two or three.
struct BanTable {
  private(set) var bans: [BanSubject: Ban] = [:]
  private var prefixes: [IPAddress.Family: [Int: Int]] = [.ipv4: [:], .ipv6: [:]]
  private let automaticLimit: Int
  private var automaticCount = 0

  /// - Parameter automaticLimit: how many automatic bans there may be; beyond that those that would end soonest go.
  init(automaticLimit: Int = 65_536) { self.automaticLimit = max(4, automaticLimit) }

  init(_ bans: [Ban], automaticLimit: Int = 65_536) {
    self.init(automaticLimit: automaticLimit)
    for ban in bans { insert(ban) }
  }

  /// Adds a ban, in place of an earlier one of the same subject.
  mutating func insert(_ ban: Ban) {
    remove(ban.subject)
    if ban.origin == .automatic {
      if automaticCount >= automaticLimit { makeRoom() }
      automaticCount += 1
    }
    bans[ban.subject] = ban
    if case .network(let network) = ban.subject { prefixes[network.address.family]?[network.prefix, default: 0] += 1 }
  }

  /// Removes the ban of a subject; nil if there was none.
  @discardableResult
  mutating func remove(_ subject: BanSubject) -> Ban? {
    guard let old = bans.removeValue(forKey: subject) else { return nil }
    if old.origin == .automatic { automaticCount -= 1 }
    if case .network(let network) = subject {
      let left = (prefixes[network.address.family]?[network.prefix] ?? 0) - 1
      prefixes[network.address.family]?[network.prefix] = left > 0 ? left : nil
    }
    return old
  }

  /// The ban that holds for an address at `now`.
  func ban(of address: IPAddress, at now: Int64) -> Ban? {
    for prefix in (prefixes[address.family] ?? [:]).keys {
      if let ban = bans[.network(IPNetwork(address, prefix: prefix))], ban.holds(at: now) { return ban }
    }
    return nil
  }

  func ban(ofUser name: [UInt8], at now: Int64) -> Ban? {
    bans[.user(name)].flatMap { $0.holds(at: now) ? $0 : nil }
  }

  /// Drops those that have run out.
  mutating func expire(at now: Int64) -> [Ban] {
    let over = bans.values.filter { !$0.holds(at: now) }
    for ban in over { remove(ban.subject) }
    return over
  }

  private mutating func makeRoom() {
    let soonest = bans.values.filter { $0.origin == .automatic }
      .sorted { ($0.until ?? .max) < ($1.until ?? .max) }.prefix(automaticLimit / 4)
    for ban in soonest { remove(ban.subject) }
  }
}
