// Who is banned now: asked by every connection and login, changed by offences, by people, and by what others keep in the store.

import LinuxSystem
import Synchronization

/// What has changed in a book.
public struct BanNews: Sendable {
  /// Bans that hold from now on, or to another end than before.
  public var added: [Ban] = []
  /// Bans that were lifted before their end.
  public var lifted: [Ban] = []
  /// What is wrong with the store or the export; one sentence each.
  public var faults: [String] = []

  public var isEmpty: Bool { added.isEmpty && lifted.isEmpty && faults.isEmpty }
}

/// The book of bans of one server.
///
/// Questions and offences are answered from memory at once, on any thread. Everything that may wait, the store, the export and whoever is
/// told, is a matter of one thread of the book's own (``start()``). All tables are bounded.
public final class BanBook: Sendable {
  struct State {
    var rules: BanRules
    var table = BanTable()
    var counts = OffenceCounts()
    /// What the store has not been told yet.
    var added: [BanSubject: Ban] = [:]
    var removed: Set<BanSubject> = []
    var news = BanNews()
    var isStarted = false
    var isExportDue = true
    var told: @Sendable (BanNews) -> Void = { _ in }
  }

  let store: (any BanStore)?
  let export: NftablesExport?
  let state: Mutex<State>
  let now: @Sendable () -> Int64
  private let elapsed: @Sendable () -> Duration
  /// Whether nothing is banned and nothing is counted.
  private let idle: Atomic<Bool>
  /// Rings the book's thread.
  let bell: Bell

  /// - Parameters:
  ///   - store: where bans are kept; nil: nowhere, and they end with the process.
  ///   - now: seconds since 1970.
  ///   - elapsed: the time since any fixed moment.
  public init(
    _ rules: BanRules, store: (any BanStore)? = nil, export: NftablesExport? = nil,
    now: @escaping @Sendable () -> Int64 = { WallClock.seconds },
    elapsed: @escaping @Sendable () -> Duration = { .nanoseconds(MonotonicTime.now.nanoseconds) }
  ) throws(SystemError) {
    self.store = store
    self.export = export
    self.now = now
    self.elapsed = elapsed
    state = Mutex(State(rules: rules))
    idle = Atomic(!rules.isActive)
    bell = try Bell()
  }

  /// The store, if it is a file.
  public var fileStore: BanFile? { store as? BanFile }

  // MARK: - Questions

  /// True while nothing is banned and nothing is counted: then nobody needs to be asked.
  public var isIdle: Bool { idle.load(ordering: .relaxed) }

  /// The bans in force, the latest first.
  public var bans: [Ban] {
    let time = now()
    let all = state.withLock { Array($0.table.bans.values) }
    return all.filter { $0.holds(at: time) }.sorted { ($1.since, $1.line) < ($0.since, $0.line) }
  }

  /// The ban that holds for a client.
  ///
  /// - Parameter addresses: every address it has a path from, that of its control connection first. If that one is allowed, no ban
  ///   holds for the client; the allowed among the others are not looked at.
  public func ban(of addresses: [IPAddress]) -> Ban? {
    if isIdle { return nil }
    let time = now()
    return state.withLock { state in
      if let first = addresses.first, state.rules.allows(first) { return nil }
      for address in addresses where !state.rules.allows(address) {
        if let ban = state.table.ban(of: address, at: time) { return ban }
      }
      return nil
    }
  }

  /// The ban that holds for a user's name.
  public func ban(ofUser name: [UInt8]) -> Ban? {
    if isIdle { return nil }
    let time = now()
    return state.withLock { $0.table.ban(ofUser: name, at: time) }
  }

  // MARK: - Changes

  /// Has `told` get the news from now on, on the book's thread.
  public func onNews(_ told: @escaping @Sendable (BanNews) -> Void) { state.withLock { $0.told = told } }

  /// New limits hold from now on; bans stay.
  public func use(_ rules: BanRules) {
    state.withLock { ($0.rules, $0.isExportDue) = (rules, true) }
    updateIdle()
    bell.ring()
  }

  /// Bans, in place of an earlier ban of the same subject. A control socket calls this; `weftpd ban` changes the file.
  public func add(_ ban: Ban) {
    state.withLock { $0.enter(ban) }
    updateIdle()
    bell.ring()
  }

  /// Lifts a ban.
  ///
  /// - Returns: false if there is none of this very subject.
  @discardableResult
  public func remove(_ subject: BanSubject) -> Bool {
    let isRemoved = state.withLock { state in
      guard let ban = state.table.remove(subject) else { return false }
      state.added[subject] = nil
      state.removed.insert(subject)
      state.news.lifted.append(ban)
      state.isExportDue = true
      return true
    }
    if isRemoved { bell.ring() }
    updateIdle()
    return isRemoved
  }

  /// Counts an offence, and bans if it was one too many: the client by every address it has a path from.
  ///
  /// - Parameters:
  ///   - user: whose login failed; empty where that is not known.
  ///   - addresses: as in ``ban(of:)``.
  public func note(_ offence: Offence, user: [UInt8] = [], from addresses: [IPAddress]) {
    let (time, moment) = (now(), elapsed())
    let isBanned = state.withLock { state in
      guard state.rules.isActive else { return false }
      let before = state.news.added.count
      state.note(offence, user: user, from: addresses, at: time, moment)
      return state.news.added.count != before
    }
    if isBanned {
      updateIdle()
      bell.ring()
    }
  }

  /// Bans the other addresses of a client of which one is banned: with multipath TCP it would go on by those.
  public func spread(_ ban: Ban, to addresses: [IPAddress]) {
    guard case .network = ban.subject else { return }
    let time = now()
    state.withLock { state in
      // Not for ever, and not longer than the server bans by itself: the addresses may be shared with others.
      let longest = time + max(1, state.rules.duration.components.seconds)
      for address in addresses where !state.rules.allows(address) && state.table.ban(of: address, at: time) == nil {
        state.enter(
          Ban(
            BanSubject(client: address), since: time, until: min(ban.until ?? longest, longest), origin: .automatic,
            reason: "path of a connection from \(ban.subject)"))
      }
    }
    bell.ring()
  }

  func updateIdle() {
    state.withLock { idle.store(!$0.rules.isActive && $0.table.bans.isEmpty, ordering: .relaxed) }
  }
}

extension BanRules {
  func allows(_ address: IPAddress) -> Bool { allowed.contains { $0.contains(address) } }
}

extension BanBook.State {
  /// Makes a ban hold, and notes what the store and others have to be told.
  mutating func enter(_ ban: Ban) {
    table.insert(ban)
    removed.remove(ban.subject)
    added[ban.subject] = ban
    news.added.append(ban)
    isExportDue = true
    // A store that does not answer must not fill the memory.
    if added.count > Self.unsavedLimit { added = [:] }
    if news.added.count > Self.unsavedLimit { news.added.removeFirst(Self.unsavedLimit / 2) }
  }

  private static var unsavedLimit: Int { 65_536 }
  /// How much more a whole /48 may do than one of its /64s, as in `LoginBudget`.
  private static var siteFactor: Int { 4 }

  fileprivate mutating func note(
    _ offence: Offence, user: [UInt8], from addresses: [IPAddress], at time: Int64, _ moment: Duration
  ) {
    let limit = rules.limit(offence)
    guard limit > 0 || (offence == .failedLogin && rules.userFailures > 0 && !user.isEmpty) else { return }
    if let first = addresses.first, rules.allows(first) { return }
    let clients = Set(addresses.filter { !rules.allows($0) }.map { BanSubject(client: $0) })
    var reached: Int?
    for case .network(let network) in clients where limit > 0 {
      let key = OffenceCounts.Key.network(offence, network)
      let count = counts.add(key, at: moment, window: rules.window)
      if count >= limit {
        reached = max(reached ?? 0, count)
        counts.forget(key)
      }
    }
    if let reached {
      for client in clients { ban(client, offence.words(reached), at: time) }
    }
    for site in Set(addresses.filter { !rules.allows($0) }.compactMap(\.site)) where limit > 0 {
      let network = IPNetwork(site, prefix: 48)
      let key = OffenceCounts.Key.network(offence, network)
      let count = counts.add(key, at: moment, window: rules.window)
      if count >= limit * Self.siteFactor {
        counts.forget(key)
        ban(.network(network), offence.words(count), at: time)
      }
    }
    if offence == .failedLogin, rules.userFailures > 0, !user.isEmpty {
      let key = OffenceCounts.Key.user(user.hashValue)
      if counts.add(key, at: moment, window: rules.window) >= rules.userFailures {
        counts.forget(key)
        ban(.user(user), "\(rules.userFailures) failed logins of this user", at: time)
      }
    }
  }

  private mutating func ban(_ subject: BanSubject, _ reason: String, at time: Int64) {
    let until = time + max(1, rules.duration.components.seconds)
    // What a person has said stays, if it holds for longer.
    if let old = table.bans[subject], old.origin == .operator, old.holds(at: time), old.until ?? .max >= until {
      return
    }
    enter(Ban(subject, since: time, until: until, origin: .automatic, reason: reason))
  }
}
