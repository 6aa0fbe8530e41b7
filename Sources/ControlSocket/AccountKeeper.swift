// What the control socket needs of whoever keeps the accounts.

import ControlProtocol

/// Looks accounts up and changes them. Each call is made on a queue of the control socket, one at a time, and may take its time.
public protocol AccountKeeper: Sendable {
  /// Where the accounts are, and why they cannot be changed by operators.
  func place() throws(AccountRefusal) -> AccountPlaceEntry
  /// The users whose name, home or groups contain `pattern`, in the order of the place.
  ///
  /// - Returns: `count` of them from the `first`th on, and how many there are in all.
  func accounts(
    matching pattern: [UInt8], from first: Int, count: Int
  ) throws(AccountRefusal) -> (accounts: [AccountEntry], total: Int)
  /// Every field that a user's entry can have, secrets hidden.
  func fields(of name: [UInt8]) throws(AccountRefusal) -> [AccountFieldEntry]
  /// Changes an entry, for sessions that run too.
  ///
  /// - Returns: what has changed, and what is unwise about it, a line each; no secrets.
  func edit(_ edit: AccountEdit) throws(AccountRefusal) -> [String]
  /// Whether a user may do something, and what decides, a line each.
  func explain(_ question: AccountQuestion) throws(AccountRefusal) -> (isAllowed: Bool, lines: [String])
}

/// Why something cannot be done with accounts, in words that say what to do.
public struct AccountRefusal: Error, Sendable, Equatable {
  public let kind: ControlRefusal
  public let reason: String

  public init(_ kind: ControlRefusal, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }
}
