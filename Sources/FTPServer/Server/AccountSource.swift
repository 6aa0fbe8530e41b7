// Who may log in: the user table, the one user of the command line, the anonymous login.

import Accounts

/// The accounts a server serves. Replaced as a whole on a reload; running sessions keep what they logged in with.
public struct AccountSource: Sendable {
  /// The users of the table file.
  public var table: UserTable
  /// The one user of the command line, who is looked up before the table.
  public var single: UserEntry?
  /// The directory of the read-only anonymous login; nil refuses it.
  public var anonymousRoot: String?
  /// Makes every account read-only.
  public var isReadOnly: Bool
  /// Names that are not here may be local users of the system, where those are served at all.
  public var admitsLocalUsers = true
  /// The accounts of each virtual host, by its name; they take the place of these.
  public var hosts: [String: AccountSource] = [:]

  public init(
    table: UserTable = UserTable(), single: UserEntry? = nil, anonymousRoot: String? = nil, isReadOnly: Bool = false
  ) {
    self.table = table
    self.single = single
    self.anonymousRoot = anonymousRoot
    self.isReadOnly = isReadOnly
  }

  func entry(named name: [UInt8]) -> UserEntry? {
    if let single, single.name == name { return single }
    return table.entry(named: name)
  }

  func account(for entry: UserEntry) -> Account {
    Account(entry, within: isReadOnly ? .readOnly : .all)
  }

  /// What local users of the system may do.
  var localPermissions: AccountPermissions { isReadOnly ? .readOnly : .readAndWrite }
}
