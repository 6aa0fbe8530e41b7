// How many connections a program wants and how fast they may be, kept by buckets that its sessions share, and lowered to what the server says.

import Bandwidth
import FTPProtocol
import FTPTransfer
import LinuxSystem
import Synchronization

/// The limits of all sessions that are made with it (``ClientOptions/limits``). What the server is ready for lowers them.
public final class ClientLimits: Sendable {
  private struct State {
    var agreed: TransferLimits
    /// The buckets of files that are being moved, and how many transfers share each.
    var files: [[UInt8]: (bucket: RateBucket, users: Int)] = [:]
  }

  /// What the program wants.
  public let wanted: TransferLimits
  private let state: Mutex<State>
  private let total: RateBucket

  static let clock = RateClock { MonotonicTime.now.nanoseconds }

  /// - Parameter wanted: rates count for each direction by itself; 0: no limit.
  public init(_ wanted: TransferLimits) {
    self.wanted = wanted
    state = Mutex(State(agreed: wanted))
    total = RateBucket(RateSchedule(wanted.total), clock: Self.clock)
  }

  /// What is in force: the lower of what both sides want.
  public var agreed: TransferLimits { state.withLock { $0.agreed } }

  /// The server has told what is in force.
  func note(_ told: TransferLimits) {
    let agreed = state.withLock { state in
      state.agreed = wanted.lower(told)
      for file in state.files.values { file.bucket.schedule = RateSchedule(state.agreed.file) }
      return state.agreed
    }
    total.schedule = RateSchedule(agreed.total)
  }

  /// What one transfer has to keep to.
  ///
  /// - Parameter connection: the bucket of its connection.
  /// - Returns: nil where there is no limit.
  func throttle(for path: [UInt8], _ connection: RateBucket) -> ClientThrottle? {
    let agreed = self.agreed
    guard agreed.hasRates else { return nil }
    var buckets: [RateBucket] = []
    if agreed.total > 0 { buckets.append(total) }
    if agreed.connection > 0 {
      connection.schedule = RateSchedule(agreed.connection)
      buckets.append(connection)
    }
    if agreed.file > 0 { buckets.append(hold(path, agreed.file)) }
    return ClientThrottle(Throttle(buckets), agreed.file > 0 ? path : nil, self)
  }

  private func hold(_ path: [UInt8], _ rate: UInt64) -> RateBucket {
    state.withLock { state in
      let known = state.files[path] ?? (RateBucket(RateSchedule(rate), clock: Self.clock), 0)
      state.files[path] = (known.bucket, known.users + 1)
      return known.bucket
    }
  }

  fileprivate func release(_ path: [UInt8]) {
    state.withLock { state in
      guard let known = state.files[path] else { return }
      state.files[path] = known.users > 1 ? (known.bucket, known.users - 1) : nil
    }
  }
}

/// The throttle of one transfer; it lets go of the file's bucket when the transfer is over.
final class ClientThrottle {
  let throttle: Throttle
  private let path: [UInt8]?
  private let limits: ClientLimits

  init(_ throttle: Throttle, _ path: [UInt8]?, _ limits: ClientLimits) {
    self.throttle = throttle
    self.path = path
    self.limits = limits
  }

  deinit {
    throttle.close()
    if let path { limits.release(path) }
  }
}

extension ClientSession {
  /// What a transfer of `path` has to keep to; nil: there is no limit.
  func throttle(for path: [UInt8]) -> ClientThrottle? {
    guard let limits = options.limits else { return nil }
    let bucket = connectionBucket ?? RateBucket(.unlimited, clock: ClientLimits.clock)
    connectionBucket = bucket
    return limits.throttle(for: path, bucket)
  }

  /// Agrees on limits with a server that knows them (OPTS LIMITS).
  func takeLimits(_ reply: ReceivedReply) {
    guard let limits = options.limits else { return }
    if let told = TransferLimits(reply) { limits.note(told) }
  }
}
