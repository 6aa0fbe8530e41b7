// How far a transfer has come, readable from any thread while it runs.

import Synchronization

/// Counts the bytes a transfer has moved. One thread at a time counts, any thread reads.
public final class TransferMeter: Sendable {
  private let moved = Atomic<UInt64>(0)

  public init() {}

  /// Bytes moved on the data connection since ``reset()``.
  public var bytes: UInt64 { moved.load(ordering: .relaxed) }

  /// Begins at nought, for the next transfer.
  public func reset() { moved.store(0, ordering: .relaxed) }

  /// Counts bytes that have moved.
  public func count(_ bytes: Int) {
    // One writer: a load and a store cost less than an atomic addition.
    moved.store(moved.load(ordering: .relaxed) &+ UInt64(max(0, bytes)), ordering: .relaxed)
  }

  /// Takes bytes back that will be counted again.
  public func uncount(_ bytes: Int) {
    moved.store(moved.load(ordering: .relaxed) &- UInt64(max(0, bytes)), ordering: .relaxed)
  }
}
