// Counts offences within a window of time, in tables of a fixed size, whatever attackers do.

import LinuxSystem

/// How often each client, network and user has offended lately.
///
/// A window is cut into sixteen parts, so a count is of the last fifteen to sixteen sixteenths of it. When a table is full, what is
/// forgotten anyway goes first, then the quarter with the lowest counts: a flood of addresses must not wash away who has failed often.
struct OffenceCounts {
  /// What is counted.
  enum Key: Hashable {
    case network(Offence, IPNetwork)
    /// By the hash of the name: a client may send long ones.
    case user(Int)
  }

  private struct Count {
    var parts = SIMD16<UInt16>(repeating: 0)
    /// The number of the part that was counted in last.
    var last: Int64

    /// Forgets the parts that have left the window by `part`.
    mutating func advance(to part: Int64) {
      guard part > last else { return }
      if part - last >= 16 {
        parts = SIMD16(repeating: 0)
      } else {
        for gone in (last + 1)...part { parts[Int(gone & 15)] = 0 }
      }
      last = part
    }

    var sum: Int { (0..<16).reduce(0) { $0 + Int(parts[$1]) } }
  }

  private var counts: [Key: Count] = [:]
  private let capacity: Int

  /// - Parameter capacity: how many are remembered.
  init(capacity: Int = 32_768) { self.capacity = max(4, capacity) }

  var count: Int { counts.count }

  /// Counts one offence.
  ///
  /// - Parameters:
  ///   - time: since any fixed moment.
  ///   - window: the same at each call; after a change old counts may be off by a window.
  /// - Returns: how many there are in the window, this one included; 65,535 in a sixteenth of the window at most.
  mutating func add(_ key: Key, at time: Duration, window: Duration) -> Int {
    let length = max(1, window.inNanoseconds / 16)
    let part = time.inNanoseconds / length
    if counts[key] == nil, counts.count >= capacity { makeRoom(part) }
    var count = counts[key] ?? Count(last: part)
    count.advance(to: part)
    let index = Int(part & 15)
    if count.parts[index] < .max { count.parts[index] += 1 }
    counts[key] = count
    return count.sum
  }

  /// Forgets what led to a ban: afterwards it begins anew.
  mutating func forget(_ key: Key) { counts[key] = nil }

  private mutating func makeRoom(_ part: Int64) {
    counts = counts.filter { part - $0.value.last < 16 }
    guard counts.count >= capacity else { return }
    let lowest = counts.map { (key: $0.key, sum: $0.value.sum) }.sorted { $0.sum < $1.sum }.prefix(capacity / 4)
    for (key, _) in lowest { counts[key] = nil }
  }
}
