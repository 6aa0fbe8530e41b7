// Which sessions there are: the limits on their number, and the way to reach them all when the server ends.

import Accounts
import LinuxSystem
import Reactor
import Synchronization

/// The table of running sessions.
final class SessionRegistry: Sendable {
  enum Admission: Sendable, Equatable {
    case admitted(UInt64)
    case tooManySessions
    case tooManyFromAddress
    /// `limits.before-login`.
    case tooManyBeforeLogin
    /// `limits.before-login-per-address`.
    case tooManyBeforeLoginFromAddress
  }

  private struct State {
    var nextID: UInt64 = 1
    var count = 0
    var sessions: [UInt64: SessionActivity] = [:]
    var perAddress: [IPAddress: Int] = [:]
    /// The addresses of multipath sessions beyond the first one, which are counted too.
    var furtherAddresses: [UInt64: Set<IPAddress>] = [:]
    /// Sessions nobody has logged in to, by the address of each, and their number per address.
    var beforeLogin: [UInt64: IPAddress] = [:]
    var beforeLoginPerAddress: [IPAddress: Int] = [:]
    /// What the sessions with a login are counted as, and the number of each.
    var shares: [UInt64: [[UInt8]]] = [:]
    var perShare: [[UInt8]: Int] = [:]
    /// Transfers under way of users who may have only so many.
    var transfers: [[UInt8]: Int] = [:]
    /// Who waits for the last session's end.
    var watchers: [Parking] = []

    mutating func waitForLogin(_ id: UInt64, _ address: IPAddress) {
      guard beforeLogin.updateValue(address, forKey: id) == nil else { return }
      beforeLoginPerAddress[address, default: 0] += 1
    }

    mutating func stopWaiting(_ id: UInt64) {
      guard let address = beforeLogin.removeValue(forKey: id) else { return }
      Self.subtract(address, from: &beforeLoginPerAddress)
    }

    mutating func forgetUser(_ id: UInt64) {
      for key in shares.removeValue(forKey: id) ?? [] { Self.subtract(key, from: &perShare) }
    }

    /// Keeps no zeros: those who came once would stay for ever.
    static func subtract<Key>(_ key: Key, from numbers: inout [Key: Int]) {
      if let number = numbers[key] { numbers[key] = number > 1 ? number - 1 : nil }
    }
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.count } }

  /// The number of the next session.
  var nextID: UInt64 { state.withLock { $0.nextID } }

  /// Gives numbers from `first` on.
  func number(from first: UInt64) { state.withLock { $0.nextID = max($0.nextID, first) } }

  /// Takes a place for a session from `peer`; whoever got one gives it back with ``release(_:peer:)``.
  func admit(_ peer: IPAddress, limits: ServerConfiguration.Limits) -> Admission {
    state.withLock { state in
      if state.count >= limits.sessions { return .tooManySessions }
      if limits.sessionsPerAddress > 0 {
        if state.perAddress[peer.client, default: 0] >= limits.sessionsPerAddress { return .tooManyFromAddress }
      }
      if state.beforeLogin.count >= limits.beforeLoginInForce { return .tooManyBeforeLogin }
      if state.beforeLoginPerAddress[peer.client, default: 0] >= limits.beforeLoginPerAddressInForce {
        return .tooManyBeforeLoginFromAddress
      }
      state.perAddress[peer.client, default: 0] += 1
      state.count += 1
      state.nextID &+= 1
      let id = state.nextID &- 1
      state.waitForLogin(id, peer.client)
      return .admitted(id)
    }
  }

  /// Counts a session as one of `user` from now on.
  ///
  /// - Parameter limit: how many sessions the user may have; 0: any number.
  /// - Returns: false if that would be one too many; then it counts as before.
  func logIn(_ id: UInt64, as user: [UInt8], limit: Int) -> Bool {
    logIn(id, as: [SessionShare(.user, user, limit: limit)]) == nil
  }

  /// Counts a session as one of each of `shares` from now on.
  ///
  /// - Returns: which of them is full; then it counts as before. nil: none is.
  func logIn(_ id: UInt64, as shares: [SessionShare]) -> SessionShare? {
    state.withLock { state in
      let own = state.shares[id] ?? []
      let full = shares.first { share in
        share.limit > 0 && !own.contains(share.key) && state.perShare[share.key, default: 0] >= share.limit
      }
      if let full { return full }
      state.forgetUser(id)
      state.stopWaiting(id)
      state.shares[id] = shares.map(\.key)
      for share in shares { state.perShare[share.key, default: 0] += 1 }
      return nil
    }
  }

  /// Takes a place for a transfer; whoever got one gives it back with ``endTransfer(of:)``.
  func beginTransfer(of user: [UInt8], limit: Int) -> Bool {
    state.withLock { state in
      guard state.transfers[user, default: 0] < limit else { return false }
      state.transfers[user, default: 0] += 1
      return true
    }
  }

  func endTransfer(of user: [UInt8]) { state.withLock { State.subtract(user, from: &$0.transfers) } }

  /// Counts a session as one that waits for a login again.
  func logOut(_ id: UInt64) {
    state.withLock { state in
      guard let peer = state.sessions[id]?.peer.address.client else { return }
      state.forgetUser(id)
      state.waitForLogin(id, peer)
    }
  }

  /// Whether a session runs still.
  func contains(_ id: UInt64) -> Bool { state.withLock { $0.sessions[id] != nil } }

  /// Counts a multipath session against every address it has a path from, or a client with two could have twice as many.
  ///
  /// - Returns: false if it would be one too many for one of them; then it is counted against none of them.
  func count(_ id: UInt64, peer: IPAddress, paths: [IPAddress], limit: Int) -> Bool {
    let others = Set(paths.map(\.client)).subtracting([peer.client])
    guard limit > 0, !others.isEmpty else { return true }
    return state.withLock { state in
      let new = others.subtracting(state.furtherAddresses[id] ?? [])
      if new.contains(where: { state.perAddress[$0, default: 0] >= limit }) { return false }
      for address in new { state.perAddress[address, default: 0] += 1 }
      state.furtherAddresses[id, default: []].formUnion(new)
      return true
    }
  }

  /// Makes a session known that was admitted.
  func enter(_ session: SessionActivity) {
    state.withLock { $0.sessions[session.id] = session }
  }

  func release(_ id: UInt64, peer: IPAddress) {
    let watchers = state.withLock { state -> [Parking] in
      state.sessions[id] = nil
      state.count -= 1
      state.forgetUser(id)
      state.stopWaiting(id)
      for address in (state.furtherAddresses.removeValue(forKey: id) ?? []).union([peer.client]) {
        State.subtract(address, from: &state.perAddress)
      }
      return state.count == 0 ? state.watchers : []
    }
    for watcher in watchers { watcher.wake() }
  }

  /// The sessions there are, in no order.
  var all: [SessionActivity] { state.withLock { Array($0.sessions.values) } }

  /// The sessions there are, the oldest first.
  var summaries: [SessionSummary] {
    let sessions = state.withLock { Array($0.sessions.values) }
    return sessions.map(\.summary).sorted { $0.id < $1.id }
  }

  /// Transfers and listings that run now.
  var transfersRunning: Int {
    let sessions = state.withLock { Array($0.sessions.values) }
    return sessions.count(where: \.hasTransfer)
  }

  /// Ends a session: its transfer is broken off, and its client hears 421 with `text`.
  ///
  /// - Returns: false if there is no such session.
  func end(_ id: UInt64, saying text: String) -> Bool {
    guard let session = state.withLock({ $0.sessions[id] }) else { return false }
    session.end(saying: text)
    return true
  }

  /// Has a session's client be told something.
  ///
  /// - Returns: false if there is no such session, or too much waits for it.
  func say(_ text: String, to id: UInt64) -> Bool {
    state.withLock({ $0.sessions[id] })?.say(text) ?? false
  }

  /// Has the sessions of those whose entries have changed look whether their logins still hold.
  func recheck(_ change: AccountChange) {
    guard case .users(let names) = change else { return recheckAll() }
    let sessions = state.withLock { Array($0.sessions.values) }
    for session in sessions where names.contains(session.user) { session.recheck() }
  }

  /// Has sessions with a multipath transfer look at their paths.
  func refreshPaths() {
    let sessions = state.withLock { Array($0.sessions.values) }
    for session in sessions where session.hasMultipathTransfer { _ = session.askForPaths() }
  }

  /// Has one session tell of its connections; false if there is none of that number.
  func askForPaths(of id: UInt64, _ answer: @escaping @Sendable (SessionPaths?) -> Void) -> Bool {
    state.withLock({ $0.sessions[id] })?.askForPaths(answer) ?? false
  }

  /// Has every session look whether its login still holds.
  func recheckAll() {
    let sessions = state.withLock { Array($0.sessions.values) }
    for session in sessions { session.recheck() }
  }

  /// Has every session look at whether the server is ending.
  func wakeAll() {
    let sessions = state.withLock { Array($0.sessions.values) }
    for session in sessions { session.parking.wake() }
  }

  /// Waits until no session is left or `deadline` has come; true when none is left.
  func waitUntilEmpty(_ reactor: Reactor, deadline: MonotonicTime) async -> Bool {
    let parking = Parking(reactor)
    defer { parking.retire() }
    state.withLock { $0.watchers.append(parking) }
    defer { state.withLock { $0.watchers.removeAll { $0 === parking } } }
    while count > 0 {
      if await parking.sleep(until: deadline) == .deadline { return count == 0 }
    }
    return true
  }
}
