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

/// The counters behind ``ServerStatistics``; one lock, taken twice in a transfer.
final class TransferCounters: Sendable {
  private let state = Mutex(ServerStatistics())

  /// The figures, with the sessions left at 0.
  var statistics: ServerStatistics { state.withLock { $0 } }

  func transferBegan() { state.withLock { $0.transfersRunning += 1 } }

  func transferEnded(
    _ direction: TransferProgress.Direction, bytes: UInt64, isComplete: Bool, _ connection: DataConnectionReport?
  ) {
    state.withLock { state in
      state.transfersRunning -= 1
      if isComplete { state.transfersCompleted += 1 } else { state.transfersFailed += 1 }
      switch direction {
      case .upload: state.bytesReceived &+= bytes
      case .download, .listing: state.bytesSent &+= bytes
      case .fileWork: break
      }
      switch connection {
      case .multipath: state.multipathConnections += 1
      case .notMultipath: state.fallbacks += 1
      case .plain, nil: break
      }
    }
  }
}
