// Keeps what many connections cause from filling the log: one line in a while, with a count.

import LinuxSystem
import Logging
import Synchronization

/// How often each kind of notice has happened since a line told of it, for all sessions together.
final class NoticeLimit: Sendable {
  /// What can happen thousands of times in a second.
  enum Kind: Sendable {
    /// Somebody who is not the client connected to a data port.
    case strangers
    /// Somebody connected to the port of a running multipath transfer.
    case latecomers
    /// There was no passive port.
    case noPassivePort
    /// PORT or EPRT named what they must not.
    case refusedPort
    /// A connection from a balancer without a usable PROXY header.
    case brokenProxy
    /// Somebody else than its user came to `proxy.socket`.
    case strangersAtDoor

    /// The line for what is left to tell when nothing new happens.
    func remainder(_ count: Int) -> Logger.Message {
      switch self {
      case .strangers: "refused \(count) more data connections from others than the client"
      case .latecomers: "closed \(count) more connections to the ports of running transfers"
      case .noPassivePort: "no passive port for \(count) more requests"
      case .refusedPort: "refused \(count) more PORT or EPRT commands"
      case .brokenProxy: "closed \(count) more connections from proxies"
      case .strangersAtDoor: "refused \(count) more connections to proxy.socket"
      }
    }
  }

  private struct Entry {
    var told: MonotonicTime
    var untold = 0
  }

  private let entries = Mutex<[Kind: Entry]>([:])
  /// Nanoseconds between two lines of one kind.
  static let interval: Int64 = 10_000_000_000

  /// Counts something that happened.
  ///
  /// - Returns: the number to tell of now, with all that was not told before; nil when a line told of it lately.
  func pass(_ kind: Kind, count: Int = 1, at now: MonotonicTime = .now) -> Int? {
    entries.withLock { entries in
      if let entry = entries[kind], entry.told.advanced(by: Self.interval) > now {
        entries[kind] = Entry(told: entry.told, untold: entry.untold + count)
        return nil
      }
      let untold = entries[kind]?.untold ?? 0
      entries[kind] = Entry(told: now)
      return untold + count
    }
  }

  /// What has waited long enough to be told, though nothing new happened.
  func due(at now: MonotonicTime = .now) -> [(kind: Kind, count: Int)] {
    entries.withLock { entries in
      var due: [(Kind, Int)] = []
      for (kind, entry) in entries where entry.untold > 0 && entry.told.advanced(by: Self.interval) <= now {
        due.append((kind, entry.untold))
        entries[kind] = Entry(told: now)
      }
      return due
    }
  }
}
