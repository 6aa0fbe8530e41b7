// Where bans are kept beyond the process: the interface that a file and a database have in common.

/// Keeps bans, and may share them with other servers.
///
/// One thread of the daemon calls all of it, so a call may take its time; sessions never wait for a store. While a store cannot be
/// reached, the book goes on with what it has and tries again every second.
public protocol BanStore: Sendable {
  /// All bans that are kept, those that have run out included or not.
  func list() throws(BanStoreError) -> [Ban]

  /// Keeps `added`, each in place of an earlier one of the same subject, and forgets those of `removed`; all of it or nothing.
  func change(adding added: [Ban], removing removed: [BanSubject]) throws(BanStoreError)

  /// A descriptor that becomes readable when others may have changed something; -1 when there is none, and then the book asks
  /// ``list()`` once a second. It may be another one after each call of ``takeNotice()``.
  var changes: Int32 { get }

  /// Takes what ``changes`` has to say, without waiting.
  ///
  /// - Returns: whether ``list()`` may give something new.
  func takeNotice() -> Bool
}

/// Why bans could not be read or kept.
public struct BanStoreError: Error, Equatable, CustomStringConvertible {
  /// One sentence for people, with the place of the bans and what to do.
  public let description: String
  /// The contents cannot be understood, which does not get better by trying again.
  public let isMalformed: Bool

  public init(_ description: String, isMalformed: Bool = false) {
    self.description = description
    self.isMalformed = isMalformed
  }
}
