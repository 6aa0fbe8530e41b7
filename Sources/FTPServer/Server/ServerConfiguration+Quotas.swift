// What an operator may set of quotas, beside what the entries of users say.

extension ServerConfiguration {
  /// Quotas of users whose entries name none. Anonymous users have none.
  public struct Quotas: Sendable, Equatable {
    /// Bytes of all files of a user; 0 is no limit.
    public var bytes: UInt64 = 0
    /// How many files; 0 is no limit.
    public var files: UInt64 = 0

    public init() {}
  }
}
