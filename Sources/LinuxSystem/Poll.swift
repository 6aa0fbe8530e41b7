// Waits for one or two descriptors on the calling thread, for short times only, because it holds a worker.

import CLinux
import Glibc

/// What a descriptor can be waited for.
public struct Readiness: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let readable = Readiness(rawValue: 1)
  public static let writable = Readiness(rawValue: 2)
  /// The peer has closed its side, whatever lies unread before that. Contained in ``readable``, which bytes fulfil as well.
  public static let hangUp = Readiness(rawValue: 4)

  var pollEvents: Int16 {
    (contains(.readable) ? Int16(POLLIN) : 0) | (contains(.writable) ? Int16(POLLOUT) : 0)
      | (contains(.hangUp) ? Int16(WEFT_POLL_HANG_UP) : 0)
  }
}

/// A descriptor among several that are waited for.
public struct PollEntry: Sendable {
  let number: Int32
  let interest: Readiness
  /// Whether the next call on it will not block (an error counts as ready), after the wait.
  public fileprivate(set) var isReady = false
  /// Whether the peer is gone or the descriptor is broken, after the wait.
  public fileprivate(set) var isBroken = false

  public init(_ number: Int32, _ interest: Readiness) {
    self.number = number
    self.interest = interest
  }
}

public enum Poll {
  /// Waits for any of several descriptors, on a thread that has nothing else to do; -1 waits without end. Source: poll(2).
  public static func wait(_ entries: inout [PollEntry], milliseconds: Int32) {
    var raw = entries.map { pollfd(fd: $0.number, events: $0.interest.pollEvents, revents: 0) }
    let count = weft_poll(&raw, UInt32(raw.count), milliseconds)
    for index in entries.indices {
      entries[index].isReady = count > 0 && raw[index].revents != 0
      entries[index].isBroken = count > 0 && raw[index].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
    }
  }

  /// Waits up to `milliseconds` for `number`; true when the next call on it will not block (an error counts as ready). Source: poll(2).
  public static func wait(_ number: Int32, _ interest: Readiness, milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: number, events: interest.pollEvents, revents: 0)
    return weft_poll(&entry, 1, milliseconds) > 0
  }

  /// Waits for either of two descriptors and tells which are ready. Source: poll(2).
  public static func wait(
    _ first: Int32, _ firstInterest: Readiness, _ second: Int32, _ secondInterest: Readiness, milliseconds: Int32
  ) -> (first: Bool, second: Bool) {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { entries in
      entries.initializeElement(at: 0, to: pollfd(fd: first, events: firstInterest.pollEvents, revents: 0))
      entries.initializeElement(at: 1, to: pollfd(fd: second, events: secondInterest.pollEvents, revents: 0))
      guard weft_poll(entries.baseAddress, 2, milliseconds) > 0 else { return (false, false) }
      return (entries[0].revents != 0, entries[1].revents != 0)
    }
  }
}
