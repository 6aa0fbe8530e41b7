// What the server counts of itself while it runs.

import Logging
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

/// The counters behind ``ServerStatistics``; one lock, taken twice in a transfer.
final class TransferCounters: SessionEventReader {
  private let state = Mutex(ServerStatistics())

  /// The figures, with the sessions left at 0.
  var statistics: ServerStatistics { state.withLock { $0 } }

  func wants(_ kind: SessionEvent.Kind, _ level: Logger.Level) -> Bool {
    switch kind {
    case .transferBegan, .transferEnded: true
    default: false
    }
  }

  func read(_ event: SessionEvent) {
    switch event.kind {
    case .transferBegan: state.withLock { $0.transfersRunning += 1 }
    case .transferEnded(let outcome): state.withLock { $0.count(outcome) }
    default: break
    }
  }
}

extension ServerStatistics {
  fileprivate mutating func count(_ outcome: TransferOutcome) {
    transfersRunning -= 1
    if outcome.isComplete { transfersCompleted += 1 } else { transfersFailed += 1 }
    switch outcome.direction {
    case .upload: bytesReceived &+= outcome.bytes
    case .download, .listing: bytesSent &+= outcome.bytes
    case .fileWork: break
    }
    switch outcome.connection {
    case .multipath: multipathConnections += 1
    case .notMultipath: fallbacks += 1
    case .plain, nil: break
    }
  }
}
