// Which sessions there are: the limits on their number, and the way to reach them all when the server ends.

import LinuxSystem
import Reactor
import Synchronization

/// The table of running sessions.
final class SessionRegistry: Sendable {
  enum Admission: Sendable, Equatable {
    case admitted(UInt64)
    case tooManySessions
    case tooManyFromAddress
  }

  private struct State {
    var nextID: UInt64 = 1
    var count = 0
    var sessions: [UInt64: Session] = [:]
    /// Who has logged in, for ``overview()``.
    var users: [UInt64: [UInt8]] = [:]
    var perAddress: [IPAddress: Int] = [:]
    /// The addresses of multipath sessions beyond the first one, which are counted too.
    var furtherAddresses: [UInt64: Set<IPAddress>] = [:]
    var watcher: Parking?
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.count } }

  /// Takes a place for a session from `peer`; whoever got one gives it back with ``release(_:peer:)``.
  func admit(_ peer: IPAddress, limits: ServerConfiguration.Limits) -> Admission {
    state.withLock { state in
      if state.count >= limits.sessions { return .tooManySessions }
      if limits.sessionsPerAddress > 0 {
        if state.perAddress[peer.client, default: 0] >= limits.sessionsPerAddress { return .tooManyFromAddress }
      }
      state.perAddress[peer.client, default: 0] += 1
      state.count += 1
      state.nextID &+= 1
      return .admitted(state.nextID &- 1)
    }
  }

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

  func enter(_ session: Session) {
    state.withLock { $0.sessions[session.id] = session }
  }

  func release(_ id: UInt64, peer: IPAddress) {
    let watcher = state.withLock { state -> Parking? in
      state.sessions[id] = nil
      state.users[id] = nil
      state.count -= 1
      for address in (state.furtherAddresses.removeValue(forKey: id) ?? []).union([peer.client]) {
        if let number = state.perAddress[address] { state.perAddress[address] = number > 1 ? number - 1 : nil }
      }
      return state.count == 0 ? state.watcher : nil
    }
    watcher?.wake()
  }

  /// Remembers who a session's user is; nil when nobody is logged in.
  func note(user: [UInt8]?, of id: UInt64) {
    state.withLock { if $0.users[id] != user { $0.users[id] = user } }
  }

  /// A line for each session, for SITE WHO: its number, its client, how long it has been there, and its user.
  func overview() -> [[UInt8]] {
    let entries = state.withLock { state in state.sessions.values.map { ($0, state.users[$0.id]) } }
    return entries.sorted { $0.0.id < $1.0.id }.prefix(Self.overviewLimit).map { session, user in
      Array("\(session.overview) ".utf8) + (user ?? Array("(not logged in)".utf8))
    }
  }

  /// As many lines as a reply may well have.
  private static let overviewLimit = 1000

  /// Has every session look at whether the server is ending.
  func wakeAll() {
    let sessions = state.withLock { Array($0.sessions.values) }
    for session in sessions { session.parking.wake() }
  }

  /// Waits until no session is left or `deadline` has come; true when none is left.
  func waitUntilEmpty(_ reactor: Reactor, deadline: MonotonicTime) async -> Bool {
    let parking = Parking(reactor)
    defer { parking.retire() }
    state.withLock { $0.watcher = parking }
    defer { state.withLock { $0.watcher = nil } }
    while count > 0 {
      if await parking.sleep(until: deadline) == .deadline { return count == 0 }
    }
    return true
  }
}
