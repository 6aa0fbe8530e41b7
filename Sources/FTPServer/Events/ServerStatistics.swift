// What the server counts of itself while it runs.

import Synchronization

/// The server's figures at one moment. All but the first two only grow.
public struct ServerStatistics: Sendable, Hashable {
  /// Sessions that are connected.
  public var sessions = 0
  /// Transfers and listings under way.
  public var transfersRunning = 0
  /// Transfers and listings that ended with 226, and those that did not.
  public var transfersCompleted = 0
  public var transfersFailed = 0
  /// Bytes on data connections, listings included.
  public var bytesSent: UInt64 = 0
  public var bytesReceived: UInt64 = 0
  /// Data connections that were multipath, and those that were meant to be and were not.
  public var multipathConnections = 0
  public var fallbacks = 0

  public init() {}
}

/// The counters behind ``ServerStatistics``: atomics, which sessions on all processors add to without waiting for each other.
final class TransferCounters: Sendable {
  private let completed = Atomic<Int>(0)
  private let failed = Atomic<Int>(0)
  private let sent = Atomic<UInt64>(0)
  private let received = Atomic<UInt64>(0)
  private let multipath = Atomic<Int>(0)
  private let fallbacks = Atomic<Int>(0)

  /// The figures, with what is running left at 0: the registry knows that.
  var statistics: ServerStatistics {
    var statistics = ServerStatistics()
    statistics.transfersCompleted = completed.load(ordering: .relaxed)
    statistics.transfersFailed = failed.load(ordering: .relaxed)
    statistics.bytesSent = sent.load(ordering: .relaxed)
    statistics.bytesReceived = received.load(ordering: .relaxed)
    statistics.multipathConnections = multipath.load(ordering: .relaxed)
    statistics.fallbacks = fallbacks.load(ordering: .relaxed)
    return statistics
  }

  /// Counts what an event tells.
  func count(_ kind: SessionEvent.Kind) {
    guard case .transferEnded(let outcome) = kind else { return }
    if outcome.isComplete { completed.add(1, ordering: .relaxed) } else { failed.add(1, ordering: .relaxed) }
    switch outcome.direction {
    case .upload: received.add(outcome.bytes, ordering: .relaxed)
    case .download, .listing: sent.add(outcome.bytes, ordering: .relaxed)
    case .fileWork: break
    }
    switch outcome.connection {
    case .multipath: multipath.add(1, ordering: .relaxed)
    case .notMultipath: fallbacks.add(1, ordering: .relaxed)
    case .plain, nil: break
    }
  }
}
