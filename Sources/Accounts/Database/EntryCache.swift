// Entries that a database has told lately, bounded in number, and used only while it is known that they still hold.

import LinuxSystem
import Synchronization

/// Entries by name, for look-ups that need not wait.
///
/// The owner says with ``vouch()`` that everything in here held at that moment. An entry is given out for as long after that as a
/// change may go unseen, and no longer: when the database cannot be heard, nobody logs in by what it said before.
public final class EntryCache: Sendable {
  private struct State {
    /// Two halves: when the young one is full it becomes the old one, whose entries that nobody asked for are dropped with the next turn.
    var young: [[UInt8]: UserEntry] = [:]
    var old: [[UInt8]: UserEntry] = [:]
    var vouched: MonotonicTime?
  }

  private let half: Int
  private let freshness: Int64
  private let state = Mutex(State())

  /// - Parameters:
  ///   - capacity: how many entries are kept at most; 0: none.
  ///   - freshness: how long entries are good after ``vouch()``.
  public init(capacity: Int, freshness: Duration = .seconds(1)) {
    half = capacity / 2
    self.freshness = freshness.inNanoseconds
  }

  /// The entry of that name, if it is here and holds.
  public func entry(named name: [UInt8], at time: MonotonicTime = .now) -> UserEntry? {
    state.withLock { state in
      guard let vouched = state.vouched, time.since(vouched) < freshness else { return nil }
      if let entry = state.young[name] { return entry }
      guard let entry = state.old.removeValue(forKey: name) else { return nil }
      put(entry, in: &state)
      return entry
    }
  }

  /// Keeps an entry that holds now.
  public func keep(_ entry: UserEntry) { state.withLock { put(entry, in: &$0) } }

  private func put(_ entry: UserEntry, in state: inout State) {
    guard half > 0 else { return }
    if state.young.count >= half, state.young[entry.name] == nil {
      state.old = state.young
      state.young = [:]
    }
    state.young[entry.name] = entry
  }

  /// All entries in here hold at this moment.
  public func vouch(at time: MonotonicTime = .now) { state.withLock { $0.vouched = time } }

  /// Forgets a user whose entry has changed.
  public func forget(_ name: [UInt8]) {
    state.withLock { state in
      state.young[name] = nil
      state.old[name] = nil
    }
  }

  /// Forgets everything, and nothing holds until the next ``vouch()``.
  public func forgetAll() { state.withLock { $0 = State() } }

  /// How many entries are here.
  public var count: Int { state.withLock { $0.young.count + $0.old.count } }
}
