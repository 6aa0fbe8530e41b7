// The deadlines of all parked sessions, earliest first.

/// A binary min-heap of (time, slot) pairs. It may contain stale entries, so the caller checks each entry it takes out.
struct DeadlineHeap {
  struct Entry {
    /// Nanoseconds of CLOCK_MONOTONIC.
    let time: Int64
    let slot: UInt32
    let generation: UInt32
  }

  private var entries: [Entry] = []

  var earliest: Int64? { entries.first?.time }

  mutating func push(_ entry: Entry) {
    entries.append(entry)
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if entries[parent].time <= entries[child].time { break }
      entries.swapAt(parent, child)
      child = parent
    }
  }

  /// Takes out the earliest entry if it is due at `now`.
  mutating func popDue(at now: Int64) -> Entry? {
    guard let first = entries.first, first.time <= now else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink()
    }
    return first
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].time < entries[least].time { least = child }
      }
      if least == parent { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
