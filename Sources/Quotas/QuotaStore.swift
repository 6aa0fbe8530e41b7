// Where counts are kept, whatever keeps them.

/// What is kept of one directory.
public struct StoredTally: Sendable, Hashable {
  /// The directory's real path on the host.
  public let directory: String
  public var usage: QuotaUsage
  /// Files change there, or may have changed since ``usage`` was stored: if the server ends now, it has to count again.
  public var isInUse: Bool
  /// In a ``SharedQuotaStore``: what this server may have there from now on; nil: what it has.
  public var held: QuotaUsage?
  /// It holds no more than it needs: what others have asked for.
  public var isTrimmed: Bool

  public init(
    _ directory: String, _ usage: QuotaUsage, isInUse: Bool, held: QuotaUsage? = nil, isTrimmed: Bool = true
  ) {
    self.directory = directory
    self.usage = usage
    self.isInUse = isInUse
    self.held = held
    self.isTrimmed = isTrimmed
  }
}

/// Bytes that a user has moved in a day or a month.
public struct TrafficKey: Sendable, Hashable {
  public let user: String
  /// `down` or `up`.
  public let direction: String
  /// `2026-11-29` or `2026-11`.
  public let period: String

  public init(user: String, direction: String, period: String) {
    (self.user, self.direction, self.period) = (user, direction, period)
  }
}

/// Keeps counts across the end of the process, however it ends. Its calls block, so the ledger makes them on a thread of its own, one at a
/// time; what was saved when a call returns outlives `kill -9`.
public protocol QuotaStore: Sendable {
  /// What is kept of a directory; nil if it was never counted.
  func tally(of directory: String) throws(QuotaStoreError) -> StoredTally?

  /// Keeps these, all or none.
  func save(_ tallies: [StoredTally]) throws(QuotaStoreError)

  /// Bytes that were moved; 0 if nothing is kept.
  func traffic(_ key: TrafficKey) throws(QuotaStoreError) -> Int64

  /// Adds to what was moved, all or nothing, and returns the sums.
  func add(_ bytes: [TrafficKey: Int64]) throws(QuotaStoreError) -> [TrafficKey: Int64]

  /// Directories that somebody outside this process wants counted again.
  func requests() throws(QuotaStoreError) -> [String]

  /// Such a directory has been counted.
  func fulfilled(_ directory: String) throws(QuotaStoreError)
}

/// Why the store cannot be used, for the operator's log.
public struct QuotaStoreError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// A store that ends with the process: every directory is counted when it is first used.
public struct NoQuotaStore: QuotaStore {
  public init() {}

  public func tally(of directory: String) -> StoredTally? { nil }
  public func save(_ tallies: [StoredTally]) {}
  public func traffic(_ key: TrafficKey) -> Int64 { 0 }
  public func add(_ bytes: [TrafficKey: Int64]) -> [TrafficKey: Int64] { [:] }
  public func requests() -> [String] { [] }
  public func fulfilled(_ directory: String) {}
}
