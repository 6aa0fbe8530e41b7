// What a program may choose of a transfer over several connections, and what it can see of it while it runs.

import FTPTransfer
import Synchronization

/// How many connections share one file, and how often each of them tries again.
public struct SegmentOptions: Sendable, Hashable {
  /// The number of connections.
  public enum Connections: Sendable, Hashable {
    /// So many, or as many of them as the server admits.
    case count(Int)
    /// One to begin with, and one more while that makes the sum a tenth faster.
    case automatic
  }

  /// The most connections unless somebody says otherwise.
  public static let usual = 10

  public var connections = Connections.count(4)
  /// The most connections of ``Connections/automatic``.
  public var most = SegmentOptions.usual
  /// How often each connection tries again without having moved anything.
  public var retries = 4
  /// The first pause before another try; each further one is twice as long, and all are cut by chance to between half and whole.
  public var pause = Duration.milliseconds(250)
  /// The longest pause.
  public var longestPause = Duration.seconds(30)
  /// No part has fewer bytes than this, but the last one.
  public var block: UInt64 = 512 * 1024

  public init(_ connections: Connections = .count(4)) { self.connections = connections }

  /// The number of connections that share the file in the beginning.
  var first: Int {
    switch connections {
    case .count(let count): max(1, count)
    case .automatic: 1
    }
  }

  /// The most connections there may be.
  public var limit: Int {
    switch connections {
    case .count(let count): max(1, count)
    case .automatic: max(1, most)
    }
  }

  /// How long to wait before try number `attempt`, counted from 1.
  func delay(_ attempt: Int) -> Duration {
    let ceiling = min(longestPause, pause * (1 << min(attempt, 20)))
    let nanoseconds = ceiling.inNanoseconds
    return .nanoseconds(Int64.random(in: nanoseconds / 2...max(nanoseconds / 2, nanoseconds)))
  }
}

/// How far a transfer over several connections is; readable from any thread.
public final class SegmentProgress: Sendable {
  private struct State {
    var meters: [Int: TransferMeter] = [:]
    var isActive: Set<Int> = []
    var most = 0
    var transfers = 0
    var retries = 0
  }

  private let state = Mutex(State())

  public init() {}

  /// - Parameter first: counts the bytes of the first connection.
  init(first: TransferMeter) { state.withLock { $0.meters[0] = first } }

  /// Bytes moved, over all connections.
  public var bytes: UInt64 { connections.reduce(0) { $0 &+ $1 } }

  /// Bytes moved over each connection.
  public var connections: [UInt64] {
    state.withLock { state in state.meters.sorted { $0.key < $1.key }.map { $0.value.bytes } }
  }

  /// Connections that move bytes now.
  public var active: Int { state.withLock { $0.isActive.count } }
  /// The most that moved bytes at once.
  public var mostActive: Int { state.withLock { $0.most } }
  /// Parts that were begun.
  public var transfers: Int { state.withLock { $0.transfers } }
  /// How often something was tried again.
  public var retries: Int { state.withLock { $0.retries } }

  func begin(_ slot: Int) -> TransferMeter {
    state.withLock { state in
      let meter = state.meters[slot] ?? TransferMeter()
      state.meters[slot] = meter
      state.transfers += 1
      state.isActive.insert(slot)
      state.most = max(state.most, state.isActive.count)
      return meter
    }
  }

  func end(_ slot: Int) { state.withLock { _ = $0.isActive.remove(slot) } }

  func noteRetry() { state.withLock { $0.retries += 1 } }
}
