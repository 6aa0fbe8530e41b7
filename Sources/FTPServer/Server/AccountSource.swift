// Who may log in: a directory of users, the one user of the command line, the anonymous login.

import Accounts
import FTPProtocol

/// The accounts a server serves. Replaced as a whole on a reload, which holds for sessions that run, too.
public struct AccountSource: Sendable {
  /// Where users are looked up.
  public var directory: any AccountDirectory
  /// The one user of the command line, who is looked up before the directory.
  public var single: UserEntry?
  /// The directory of the read-only anonymous login; nil refuses it.
  public var anonymousRoot: String?
  /// A directory as anonymous clients see it, where they may leave new files and can neither list, read nor replace any; nil: none.
  public var anonymousDropBox: VirtualPath?
  /// Makes every account read-only.
  public var isReadOnly: Bool
  /// Where homes and mounted trees may be; nil: anywhere. The roots of a server hold for all of its hosts.
  public var roots: AccountRoots?
  /// Why a directory on the host cannot be served although it is there, in words that follow its path; nil when it can.
  public var fault: (@Sendable (_ path: String) -> String?)?
  /// Names that are not here may be local users of the system, where those are served at all.
  public var admitsLocalUsers = true
  /// The accounts of each virtual host, by its name; they take the place of these.
  public var hosts: [String: AccountSource] = [:]

  public init(
    directory: any AccountDirectory = UserTable(), single: UserEntry? = nil, anonymousRoot: String? = nil,
    isReadOnly: Bool = false
  ) {
    self.directory = directory
    self.single = single
    self.anonymousRoot = anonymousRoot
    self.isReadOnly = isReadOnly
  }

  /// What is known of a user without waiting.
  func entryNow(named name: [UInt8]) -> AccountAnswer {
    if let single, single.name == name { return .known(single) }
    return directory.entryNow(named: name)
  }

  func account(for entry: UserEntry) -> Account {
    Account(entry, within: isReadOnly ? .readOnly.union(.siteToSite) : .all)
  }

  /// The account of anonymous clients; nil if there is none.
  var anonymousAccount: Account? {
    guard let anonymousRoot else { return nil }
    var options = AccountOptions()
    if let anonymousDropBox, !isReadOnly { options = AccountOptions(dropBox: anonymousDropBox) }
    return Account(
      name: Array("anonymous".utf8), home: anonymousRoot, permissions: .readOnly, isAnonymous: true, options: options)
  }

  /// What local users of the system may do.
  var localPermissions: AccountPermissions { isReadOnly ? .readOnly : .readAndWrite }
}
