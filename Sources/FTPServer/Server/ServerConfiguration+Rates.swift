// What an operator may set of bandwidth, beside what the entries of users and groups say.

import Accounts

extension ServerConfiguration {
  /// Bytes per second of data connections; listings count, too.
  public struct Rates: Sendable, Equatable {
    /// Of all sessions together, to clients.
    public var down = ByteRate.unlimited
    /// Of all sessions together, from clients.
    public var up = ByteRate.unlimited
    /// Of all sessions from one address together, to it.
    public var downPerAddress = ByteRate.unlimited
    public var upPerAddress = ByteRate.unlimited
    /// Of each session whose user's entry says nothing else.
    public var downPerSession = ByteRate.unlimited
    public var upPerSession = ByteRate.unlimited

    public init() {}
  }
}
