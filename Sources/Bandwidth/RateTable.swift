// The buckets that several share, by whom or what each is for.

import Synchronization

/// Buckets by their keys. One exists as long as somebody holds it, and until it is full again: who comes back at once finds it as it was.
public final class RateTable<Key: Hashable & Sendable>: Sendable {
  private struct Entry {
    let bucket: RateBucket
    var holders: Int
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    /// Those that nobody holds and that were not full when the last one let go.
    var left: [Key] = []
  }

  private let clock: RateClock
  private let state = Mutex(State())

  public init(clock: RateClock) { self.clock = clock }

  /// Buckets there are, for figures.
  public var count: Int { state.withLock { $0.entries.count } }

  /// Holds the bucket of `key`, which has the rates of `schedule` from now on. ``release(_:)`` lets go of it.
  public func hold(_ key: Key, _ schedule: RateSchedule) -> RateBucket {
    let bucket = state.withLock { state -> RateBucket in
      sweep(&state)
      let bucket = state.entries[key]?.bucket ?? RateBucket(schedule, clock: clock)
      state.entries[key, default: Entry(bucket: bucket, holders: 0)].holders += 1
      return bucket
    }
    bucket.schedule = schedule
    return bucket
  }

  /// Lets go of what ``hold(_:_:)`` gave.
  public func release(_ key: Key) {
    state.withLock { state in
      sweep(&state)
      guard let entry = state.entries[key] else { return }
      state.entries[key]?.holders -= 1
      if entry.holders > 1 { return }
      if entry.bucket.isFull { state.entries[key] = nil } else { state.left.append(key) }
    }
  }

  /// A few of those that were left: nobody ever waits for a long sweep.
  private func sweep(_ state: inout State) {
    for _ in 0..<2 {
      guard let key = state.left.last, let entry = state.entries[key] else {
        if state.left.popLast() == nil { return }
        continue
      }
      if entry.holders == 0 {
        guard entry.bucket.isFull else { return }
        state.entries[key] = nil
      }
      state.left.removeLast()
    }
  }
}
