// An entry as a database keeps it: texts only, which anybody may have written, so that reading them back is checked.

/// A user's row, with the rows of its options and groups.
public struct AccountRow: Sendable, Equatable {
  public var name: String
  public var hash: String
  /// nil: that of the first group that names one.
  public var home: String?
  /// Names of permissions with `+` between them, such as `rw` or `list+read`; nil: those of the first group that has some.
  public var access: String?
  /// The groups, the strongest first.
  public var groups: [String]
  /// Those of the entry itself by key, as ``UserAttribute`` names them.
  public var options: [String: String]

  /// A row as it was read.
  public init(
    name: String, hash: String, home: String?, access: String?, groups: [String] = [], options: [String: String] = [:]
  ) {
    self.name = name
    self.hash = hash
    self.home = home
    self.access = access
    self.groups = groups
    self.options = options
  }

  /// The rows an entry is written as; nil if its name is not UTF-8, which is all that a text of a database can be.
  ///
  /// - Parameter old: what stands there now, as the entry it says: what it has of its groups it goes on having of them.
  public init?(_ entry: UserEntry, replacing old: (row: AccountRow, entry: UserEntry)? = nil) {
    guard let name = String(validating: entry.name, as: UTF8.self) else { return nil }
    self.init(
      name: name, hash: entry.hash, home: entry.home, access: entry.permissions.names,
      groups: entry.groups.map(\.group.name), options: entry.ownOptions.texts)
    guard let old else { return }
    // In other groups only if those have any.
    if old.row.home == nil, entry.home == old.entry.home,
      entry.groups.contains(where: { $0.group.home(of: entry.name) != nil })
    {
      home = nil
    }
    if old.row.access == nil, entry.permissions == old.entry.permissions,
      entry.groups.contains(where: { $0.group.permissions != nil })
    {
      access = nil
    }
  }

  /// The entry that the rows say.
  ///
  /// - Parameter known: the groups there are, by name.
  /// - Throws: what is wrong with them; it names the user, and neither hash nor secret.
  public func entry(_ known: [String: SharedGroup] = [:]) throws(AccountDirectoryError) -> UserEntry {
    func wrong(_ problem: String) -> AccountDirectoryError {
      AccountDirectoryError("the user \(Account.display(name.utf8)): \(problem)")
    }
    let bytes = Array(name.utf8)
    if let problem = UserEntry.problem(ofName: bytes) { throw wrong("the name \(problem)") }
    // Whoever writes rows by hand has to learn that a hash is none: such a user could only ever be refused.
    if hash.isEmpty { throw wrong("the hash is empty; * locks a user") }
    if !PasswordHash.isLocked(hash), let problem = PasswordHash.problem(of: hash) { throw wrong("the hash \(problem)") }
    var members: [SharedGroup] = []
    for name in groups {
      guard let group = known[name] else { throw wrong("there is no group \(Account.display(name.utf8))") }
      members.append(group)
    }
    guard let home = home ?? members.lazy.compactMap({ $0.group.home(of: bytes) }).first else {
      throw wrong("there is no home, neither here nor in a group")
    }
    if let problem = UserEntry.problem(ofHome: home) { throw wrong("the home \(problem)") }
    let own: AccountPermissions?
    do throws(RowError) { own = try AccountPermissions(access) } catch { throw wrong(error.reason) }
    guard let permissions = own ?? members.lazy.compactMap(\.group.permissions).first else {
      throw wrong("there is no access, neither here nor in a group")
    }
    do throws(RowError) {
      return UserEntry(
        name: bytes, hash: hash, home: home, permissions: permissions,
        options: try AccountOptions(row: options, ofGroup: false), groups: members)
    } catch {
      throw wrong(error.reason)
    }
  }

  /// Whether the row names a group that is not among `known`.
  public func namesGroup(beside known: [String: SharedGroup]) -> Bool { groups.contains { known[$0] == nil } }
}

/// A group's row, with the rows of its options.
public struct GroupRow: Sendable, Equatable {
  public var name: String
  public var home: String?
  public var access: String?
  public var options: [String: String]

  /// A row as it was read.
  public init(name: String, home: String?, access: String?, options: [String: String] = [:]) {
    self.name = name
    self.home = home
    self.access = access
    self.options = options
  }

  /// The rows a group is written as.
  public init(_ group: AccountGroup) {
    self.init(name: group.name, home: group.home, access: group.permissions?.names, options: group.options.texts)
  }

  /// The group that the rows say.
  /// - Throws: what is wrong with them; it names the group.
  public func group() throws(AccountDirectoryError) -> AccountGroup {
    func wrong(_ problem: String) -> AccountDirectoryError {
      AccountDirectoryError("the group \(Account.display(name.utf8)): \(problem)")
    }
    if let problem = AccountGroup.problem(ofName: name) { throw wrong("the name \(problem)") }
    if let home, let problem = UserEntry.problem(ofHome: home) { throw wrong("the home \(problem)") }
    do throws(RowError) {
      return AccountGroup(
        name: name, home: home, permissions: try AccountPermissions(access),
        options: try AccountOptions(row: options, ofGroup: true))
    } catch {
      throw wrong(error.reason)
    }
  }
}

extension [GroupRow] {
  /// The groups by name, each shared by its members, and what is wrong with those that cannot be read: their members cannot log in.
  public func shared() -> (groups: [String: SharedGroup], problems: [AccountDirectoryError]) {
    var (groups, problems): ([String: SharedGroup], [AccountDirectoryError]) = ([:], [])
    for row in self {
      do throws(AccountDirectoryError) { groups[row.name] = SharedGroup(try row.group()) } catch {
        problems.append(error)
      }
    }
    return (groups, problems)
  }
}

/// What is wrong with a row, in words that follow its name.
private struct RowError: Error {
  let reason: String
}

extension AccountPermissions {
  /// - Throws: if `names` are not names of permissions.
  fileprivate init?(_ names: String?) throws(RowError) {
    guard let names else { return nil }
    guard let permissions = AccountPermissions(names: names) else {
      throw RowError(
        reason: "the access names no permissions; there are ro, rw, all, none, and "
          + AccountPermissions.named.map(\.name).joined(separator: ", "))
    }
    self = permissions
  }
}

extension AccountOptions {
  fileprivate init(row options: [String: String], ofGroup isGroup: Bool) throws(RowError) {
    for key in options.keys where !isGroup && UserAttribute.byKey[key]?.isForGroups == true {
      throw RowError(reason: "the option '\(key)' is for groups only")
    }
    do throws(AccountOptionError) { try self.init(options) } catch {
      switch error {
      case .unknownKey(let key): throw RowError(reason: "there is no option '\(Account.display(key.utf8))'")
      case .badValue(let attribute):
        throw RowError(
          reason: "the option '\(attribute.key)' has a value that cannot be; expected \(attribute.expected)")
      }
    }
  }
}

extension AccountListing {
  /// What `rows` and `groupRows` say. One row that somebody wrote by hand and got wrong does not hide all others; a warning names it.
  public init(_ rows: [AccountRow], groups groupRows: [GroupRow], place: String) {
    var (entries, warnings): ([UserEntry], [String]) = ([], [])
    let (groups, problems) = groupRows.shared()
    for problem in problems { warnings.append("\(place): \(problem); none of its members can log in") }
    for row in rows {
      do throws(AccountDirectoryError) {
        let entry = try row.entry(groups)
        entries.append(entry)
        if let weakness = PasswordHash.weakness(of: entry.hash) {
          warnings.append("\(place): \(Account.display(entry.name)): \(weakness)")
        }
      } catch {
        warnings.append("\(place): \(error); nobody can log in as this user")
      }
    }
    self.init(
      entries: entries, groups: groups.values.map(\.group).sorted { $0.name < $1.name }, warnings: warnings)
  }
}
