// A store that several servers share: each holds a part of what quotas allow, and writes only within that.

/// What a server has of one directory, or of the bytes a user may move in one period, and what it wants.
public struct QuotaHolding: Sendable, Hashable {
  /// The directory, or ``TrafficKey/subject``.
  public let subject: String
  /// What it has, reservations included.
  public var has: QuotaUsage
  /// Whether it wants more of it.
  public var grows: Bool
}

/// A question for more.
public struct QuotaAsk: Sendable {
  /// All subjects of ``bounds``, and those that grow.
  public var holdings: [QuotaHolding]
  /// What is needed of each subject that grows, and what would be welcome beside, so as not to ask soon again.
  public var need: QuotaUsage
  public var extra: QuotaUsage
  public var bounds: [QuotaBound]
  /// Others shall be asked if there is too little; not if they have been for the same.
  public var isFirst = true
}

/// How a subject is shared now.
public struct QuotaShare: Sendable, Hashable {
  /// This server may have so much.
  public var held: QuotaUsage
  /// What is there of the others, and what they may have.
  public var others: QuotaUsage
  public var othersHeld: QuotaUsage

  public init(held: QuotaUsage = QuotaUsage(), others: QuotaUsage = QuotaUsage(), othersHeld: QuotaUsage = QuotaUsage())
  {
    (self.held, self.others, self.othersHeld) = (held, others, othersHeld)
  }
}

/// What a question led to.
public struct QuotaAnswer: Sendable {
  public enum Verdict: String, Sendable {
    case granted
    /// There is no room, whoever gives back what.
    case short
    /// There is no room, but others have been asked to give back what they do not use.
    case asked
  }
  public var verdict: Verdict
  /// Of every subject that was asked about.
  public var shares: [String: QuotaShare]

  public init(_ verdict: Verdict, _ shares: [String: QuotaShare]) { (self.verdict, self.shares) = (verdict, shares) }
}

/// What others want of this server.
public struct QuotaWishes: Sendable {
  /// Subjects of which it shall give back what it does not use.
  public var trimmed: Set<String> = []
  /// Directories that another server wants to count: nothing shall change there until it has.
  public var quiet: Set<String> = []

  public init(trimmed: Set<String> = [], quiet: Set<String> = []) { (self.trimmed, self.quiet) = (trimmed, quiet) }
}

/// A store for several servers. All that they hold of a quota is never more than it allows, also when one of them is killed.
///
/// A server's right to what it holds ends when the store has not been reached for some time (``isTrusted``): others may count then what it
/// has left behind.
public protocol SharedQuotaStore: QuotaStore {
  /// Whether what this server holds is still its own. It does not wait.
  var isTrusted: Bool { get }

  /// Says that this server lives.
  ///
  /// - Returns: false if others may have taken it for dead since the last time: nothing it holds is its own any more.
  func renew() throws(QuotaStoreError) -> Bool

  /// Asks for more, or tells what is there.
  func hold(_ ask: QuotaAsk) throws(QuotaStoreError) -> QuotaAnswer

  /// How these are shared; nothing of what this server holds.
  func shares(of subjects: [String]) throws(QuotaStoreError) -> [String: QuotaShare]

  /// The same of all that others have changed in the last seconds.
  func changedShares() throws(QuotaStoreError) -> [String: QuotaShare]

  /// Notes that files are going to change in a directory.
  ///
  /// - Returns: false while another server counts it.
  func mark(_ tally: StoredTally) throws(QuotaStoreError) -> Bool

  /// Wants to count a directory.
  ///
  /// - Returns: false if others still change it; they have been asked to pause.
  func beginScan(_ directory: String) throws(QuotaStoreError) -> Bool

  /// Takes what was counted.
  ///
  /// - Returns: what of it is to be counted as this server's.
  func endScan(_ directory: String, _ usage: QuotaUsage) throws(QuotaStoreError) -> QuotaUsage

  /// Does not want to count it any more.
  func cancelScan(_ directory: String) throws(QuotaStoreError)

  /// What others want.
  func wishes() throws(QuotaStoreError) -> QuotaWishes

  /// The server has ended, and all it has is saved.
  func retire() throws(QuotaStoreError)
}

extension TrafficKey {
  /// The key as the name of something that is shared, which no directory has.
  public var subject: String { "\(direction) \(period) \(user)" }
}
