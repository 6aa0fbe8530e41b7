// What an operator may set of digests (HASH and its kin).

import Accounts

extension ServerConfiguration {
  /// Bounds on digests, which cost a processor and a disk.
  public struct Digests: Sendable, Equatable {
    /// Digests computed at once by all sessions together; 0 is one for each processor.
    public var concurrent = 0
    /// The most bytes one digest reads; 0 is no limit.
    public var sizeLimit = 0

    public init() {}

    /// How many run at once, at least one.
    var concurrency: Int { concurrent > 0 ? concurrent : PasswordVerifier.processors }
  }
}
