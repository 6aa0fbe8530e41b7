// Logins that were allowed a moment ago, by a digest of the whole question: the password itself is not kept.

import Accounts
import LinuxSystem
import Synchronization
import TransportSecurity

/// Entries of allowed logins, for a client that opens several sessions at once. Bounded in time and in number.
final class AnswerCache: Sendable {
  private struct Kept {
    let entry: UserEntry
    let end: MonotonicTime
  }

  private let time: Int64
  private let capacity: Int
  /// So that the digests of common passwords are of no use to whoever might read this memory.
  private let key = Random.bytes(32)
  private let kept = Mutex<[[UInt8]: Kept]>([:])

  /// - Parameters:
  ///   - time: for how long an entry is kept; zero: not at all.
  ///   - capacity: how many are kept.
  init(time: Duration, capacity: Int = 1024) {
    self.time = time.inNanoseconds
    self.capacity = capacity
  }

  /// The entry that the same question was answered with.
  func entry(for document: [UInt8], at now: MonotonicTime = .now) -> UserEntry? {
    guard time > 0, let digest = digest(document) else { return nil }
    return kept.withLock { kept in
      guard let found = kept[digest] else { return nil }
      if found.end > now { return found.entry }
      kept[digest] = nil
      return nil
    }
  }

  /// Keeps what a question was answered with.
  func keep(_ entry: UserEntry, for document: [UInt8], at now: MonotonicTime = .now) {
    guard time > 0, let digest = digest(document) else { return }
    kept.withLock { kept in
      if kept.count >= capacity { kept = kept.filter { $0.value.end > now } }
      // Full of what still holds: new logins are asked about each time, which is slower and not wrong.
      if kept.count >= capacity { return }
      kept[digest] = Kept(entry: entry, end: now.advanced(by: time))
    }
  }

  private func digest(_ document: [UInt8]) -> [UInt8]? {
    guard var digest = try? Digest(.sha256) else { return nil }
    for part in [key, document] {
      guard (try? part.withUnsafeBytes { try digest.update($0) }) != nil else { return nil }
    }
    return try? digest.finish()
  }
}
