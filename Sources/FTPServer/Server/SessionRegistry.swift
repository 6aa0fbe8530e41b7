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
    var sessions: [UInt64: SessionActivity] = [:]
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

  /// Makes a session known that was admitted.
  func enter(_ session: SessionActivity) {
    state.withLock { $0.sessions[session.id] = session }
  }

  func release(_ id: UInt64, peer: IPAddress) {
    let watcher = state.withLock { state -> Parking? in
      state.sessions[id] = nil
      state.count -= 1
      for address in (state.furtherAddresses.removeValue(forKey: id) ?? []).union([peer.client]) {
        if let number = state.perAddress[address] { state.perAddress[address] = number > 1 ? number - 1 : nil }
      }
      return state.count == 0 ? state.watcher : nil
    }
    watcher?.wake()
  }

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
