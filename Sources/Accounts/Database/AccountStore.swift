// What an editor needs of a database that keeps accounts: transactions over rows of users and their options.

/// A database of accounts, as it is edited. Its methods block.
public protocol AccountStore: Sendable {
  associatedtype Transaction: AccountTransaction

  /// How the database is reached, for messages; without a password.
  var place: String { get }

  /// Runs `body` in a transaction: what it did is there as a whole when this returns, or not at all.
  ///
  /// - Parameter creating: makes the tables if there are none; otherwise that is `.missingFile`.
  /// - Throws: `.schema` if the tables are of another version, `.system` if the database fails, or what `body` throws.
  func transaction<Result>(
    creating: Bool, _ body: (Transaction) throws(UserTableError) -> Result
  ) throws(UserTableError) -> Result

  /// Makes the tables if there are none, and those of an older version new.
  /// - Returns: the version there was (0: none) and the one there is.
  func migrate() throws(UserTableError) -> (from: Int, to: Int)
}

/// What can be done in a transaction.
public protocol AccountTransaction {
  /// All users by name.
  func rows() throws(UserTableError) -> [AccountRow]
  /// All groups by name.
  func groups() throws(UserTableError) -> [GroupRow]
  /// The user of exactly that name.
  func row(named name: String) throws(UserTableError) -> AccountRow?
  /// Adds a group, or replaces one of that name, options and all.
  func put(_ group: GroupRow) throws(UserTableError)
  /// Removes a group with all options. It has no members.
  func removeGroup(_ name: String) throws(UserTableError)
  /// Adds a user who is not there. The groups have to be there.
  func insert(_ row: AccountRow) throws(UserTableError)
  /// Replaces a user, options and all; the name may be a new one.
  func replace(_ name: String, with row: AccountRow) throws(UserTableError)
  /// Removes a user with all options.
  func remove(_ name: String) throws(UserTableError)
}
