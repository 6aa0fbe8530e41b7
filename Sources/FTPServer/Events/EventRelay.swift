// Hands events to those who watch for a while: nobody watches most of the time, and then it costs one look at a number.

import Logging
import Synchronization

/// The watchers of a server's events, who come and go while it runs.
final class EventRelay: Sendable {
  private struct Watcher {
    let level: Logger.Level
    let read: @Sendable (SessionEvent) -> Void
  }

  private struct State {
    var next: UInt64 = 0
    var watchers: [UInt64: Watcher] = [:]
  }

  /// The number of the lowest level that somebody watches; above all when nobody does.
  private let least = Atomic<Int>(Int.max)
  private let state = Mutex(State())

  /// Whether ``read(_:)`` is to be called for events of this level.
  func wants(_ level: Logger.Level) -> Bool {
    let least = least.load(ordering: .relaxed)
    return least != Int.max && level.number >= least
  }

  func read(_ event: SessionEvent) {
    let watchers = state.withLock { Array($0.watchers.values) }
    for watcher in watchers where event.level >= watcher.level { watcher.read(event) }
  }

  func add(_ level: Logger.Level, _ read: @escaping @Sendable (SessionEvent) -> Void) -> EventWatch {
    let id = state.withLock { state in
      state.next += 1
      state.watchers[state.next] = Watcher(level: level, read: read)
      publishLeast(state)
      return state.next
    }
    return EventWatch(relay: self, id: id)
  }

  fileprivate func remove(_ id: UInt64) {
    state.withLock { state in
      state.watchers[id] = nil
      publishLeast(state)
    }
  }

  private func publishLeast(_ state: State) {
    least.store(state.watchers.values.map(\.level.number).min() ?? Int.max, ordering: .relaxed)
  }
}

/// A watch over a server's events, see ``FTPServer/watchEvents(from:_:)``. It lasts until its end is called, or until it is let go of.
public final class EventWatch: Sendable {
  private let relay: EventRelay
  private let id: UInt64

  fileprivate init(relay: EventRelay, id: UInt64) {
    self.relay = relay
    self.id = id
  }

  deinit { end() }

  /// No more events; one that is under way may still come.
  public func end() { relay.remove(id) }
}
