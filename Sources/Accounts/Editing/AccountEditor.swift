// What can be done to accounts wherever they are kept: the commands of `weftpd user` know no more than this.

/// Changes accounts in one place: a table file, or a database. Each call is done as a whole or not at all.
///
/// Errors are `UserTableError`, whatever the place; see its codes.
public protocol AccountEditor: Sendable {
  /// Where the accounts are, for messages: a path, or how a database is reached.
  var place: String { get }

  /// All users, in the order they are listed in, and what is unwise about them.
  func listing() throws(UserTableError) -> AccountListing

  /// The user of that name. Throws `.unknownUser` if there is none.
  func entry(named name: [UInt8]) throws(UserTableError) -> UserEntry

  /// Throws what `add` would throw for these, except what depends on the password: to ask for the password only when it has a purpose.
  func checkAdd(name: [UInt8], home: String, replacing: Bool) throws(UserTableError)

  /// Adds a user, or changes the one there is. What keeps the accounts is made if it is not there.
  /// - Parameters:
  ///   - hash: a crypt(3) hash this system verifies, or a locked one (`*`).
  ///   - isReadOnly: nil keeps what a user has who is there already; a new one may read and write.
  ///   - replacing: if there is a user of that name, give it this hash, home and access instead of failing. Its options stay.
  /// - Returns: warnings, one sentence each: a weak hash kind, a home that is not there, a name that looks like another.
  /// - Throws: `.userExists`, `.invalidEntry`, or what reading and writing throws.
  func add(
    name: [UInt8], hash: String, home: String, isReadOnly: Bool?, replacing: Bool
  ) throws(UserTableError) -> [String]

  /// Gives a user another password hash and leaves the rest of the entry as it is.
  /// - Returns: warnings, as `add` does.
  func changePassword(of name: [UInt8], hash: String) throws(UserTableError) -> [String]

  /// Sets parts of a user's entry and takes options away, all at once or, if anything is wrong, nothing.
  ///
  /// - Parameters:
  ///   - set: `home` with an absolute path, `access` with `ro` or `rw`, `groups` with names and `;` between them, or an option with
  ///     its value.
  ///   - unset: options or `groups`; that one was not there is no error.
  /// - Returns: what is different now; empty if nothing.
  /// - Throws: `.invalidEntry` that names all that is wrong, or what reading and writing throws.
  func update(
    _ name: [UInt8], set: [(key: String, value: String)], unset: [String]
  ) throws(UserTableError) -> [EntryChange]

  /// Gives a user another name and leaves the rest of the entry as it is.
  /// - Throws: `.userExists` if the name is taken, `.invalidEntry` if it cannot be one.
  func rename(_ name: [UInt8], to newName: [UInt8]) throws(UserTableError)

  /// Removes a user; the home is left alone.
  func remove(_ name: [UInt8]) throws(UserTableError)

  // MARK: groups

  /// The group of that name. Throws `.unknownUser` if there is none.
  func group(named name: String) throws(UserTableError) -> AccountGroup

  /// Adds a group. What keeps the accounts is made if it is not there.
  ///
  /// - Parameter set: as for ``updateGroup(_:set:unset:)``.
  /// - Throws: `.userExists` if there is one, `.invalidEntry` with all that is wrong, or what reading and writing throws.
  func addGroup(_ name: String, set: [(key: String, value: String)]) throws(UserTableError)

  /// Sets parts of a group and takes others away, all at once or, if anything is wrong, nothing.
  ///
  /// - Parameters:
  ///   - set: `home` with an absolute path, in which `%u` is the name of the user, `access` with `ro` or `rw`, or an option.
  ///   - unset: any of these; that one was not there is no error.
  /// - Returns: what is different now; empty if nothing.
  func updateGroup(
    _ name: String, set: [(key: String, value: String)], unset: [String]
  ) throws(UserTableError) -> [EntryChange]

  /// Removes a group that has no members.
  func removeGroup(_ name: String) throws(UserTableError)

  /// Throws what ``addMember(name:hash:home:isReadOnly:groups:)`` would throw for these, except what depends on the password.
  func checkAddMember(name: [UInt8], home: String?, groups: [String]) throws(UserTableError)

  /// Adds a user who is in groups, from which home and access come where they are nil.
  ///
  /// - Returns: warnings, as ``add(name:hash:home:isReadOnly:replacing:)`` does.
  /// - Throws: `.invalidEntry` if there is no such group, or nobody says home or access, else what `add` throws.
  func addMember(
    name: [UInt8], hash: String, home: String?, isReadOnly: Bool?, groups: [String]
  ) throws(UserTableError) -> [String]

  // MARK: imports

  /// Takes over entries, options and all, in one step: all of them, or none.
  /// - Parameters:
  ///   - groups: groups that are taken over besides those of the entries. One that is there already is left alone.
  ///   - replacingGroups: such a group becomes what is taken over.
  ///   - merging: what becomes of a user who is there already: the entry to keep; nil leaves that user alone.
  /// - Returns: who was added, replaced and left alone.
  func takeOver(
    _ entries: [UserEntry], groups: [AccountGroup], replacingGroups: Bool,
    merging: (_ existing: UserEntry, _ new: UserEntry) -> UserEntry?
  ) throws(UserTableError) -> ImportReport

  /// Takes over the users of another server's files, and the groups they are in, in one step.
  /// - Parameters:
  ///   - replacing: give users of the same name the imported password, home, access and options, and keep their other options; otherwise
  ///     those users are left alone. Groups of the same name are always left alone.
  ///   - readOnly: make all imported users read-only.
  /// - Returns: who was added, replaced and left alone; to be shown with `source.skipped` and `source.warnings`.
  func importUsers(_ source: UserImport, replacing: Bool, readOnly: Bool) throws(UserTableError) -> ImportReport
}

/// The users of a place.
public struct AccountListing: Sendable {
  public let entries: [UserEntry]
  /// The groups by name; none in a table of lines, which has none.
  public let groups: [AccountGroup]
  /// What is allowed but unwise, one sentence each.
  public let warnings: [String]

  public init(entries: [UserEntry], groups: [AccountGroup] = [], warnings: [String]) {
    self.entries = entries
    self.groups = groups
    self.warnings = warnings
  }
}

/// What an import did. Names in the order of what was imported.
public struct ImportReport: Sendable, Equatable {
  /// Users who were not there.
  public var added: [[UInt8]]
  /// Users who were there and got what was imported.
  public var replaced: [[UInt8]]
  /// Users left out because the name was there already.
  public var kept: [[UInt8]]
  /// Groups that were not there.
  public var groups: [String] = []
  /// What the place cannot hold, one sentence each that names the user.
  public var losses: [String] = []

  public init(added: [[UInt8]] = [], replaced: [[UInt8]] = [], kept: [[UInt8]] = []) {
    self.added = added
    self.replaced = replaced
    self.kept = kept
  }
}

extension AccountEditor {
  /// Adds a group.
  public func addGroup(_ name: String) throws(UserTableError) { try addGroup(name, set: []) }

  /// Sets parts of a group.
  public func updateGroup(
    _ name: String, set: [(key: String, value: String)]
  ) throws(UserTableError) -> [EntryChange] {
    try updateGroup(name, set: set, unset: [])
  }

  /// Takes parts of a group away.
  public func updateGroup(_ name: String, unset: [String]) throws(UserTableError) -> [EntryChange] {
    try updateGroup(name, set: [], unset: unset)
  }

  /// Adds a user who must not be there yet.
  @discardableResult
  public func add(
    name: [UInt8], hash: String, home: String, isReadOnly: Bool? = nil
  ) throws(UserTableError) -> [String] {
    try add(name: name, hash: hash, home: home, isReadOnly: isReadOnly, replacing: false)
  }

  /// Takes over all that another place has.
  /// - Parameter replacing: users and groups that are there already become what the other place says; otherwise they are left alone.
  public func takeOver(_ other: AccountListing, replacing: Bool) throws(UserTableError) -> ImportReport {
    try takeOver(other.entries, groups: other.groups, replacingGroups: replacing) { _, new in replacing ? new : nil }
  }

  public func importUsers(
    _ source: UserImport, replacing: Bool, readOnly: Bool
  ) throws(UserTableError) -> ImportReport {
    let groups = Dictionary(source.groups.map { ($0.name, SharedGroup($0)) }) { first, _ in first }
    let withoutPassword = Set(source.users.filter(\.lacksPassword).map(\.name))
    let entries = source.users.map { user in
      UserEntry(
        name: user.name, hash: user.hash, home: user.home,
        permissions: user.isReadOnly || readOnly ? .readOnly : .readAndWrite, options: user.options,
        groups: user.groups.compactMap { groups[$0] })
    }
    return try takeOver(entries, groups: source.groups, replacingGroups: false) { existing, new in
      guard replacing else { return nil }
      var options = existing.ownOptions
      for (key, text) in new.ownOptions.texts {
        options = options.without(key)
        // It has been read before.
        try? options.set(key, to: text)
      }
      let hash = withoutPassword.contains(new.name) ? existing.hash : new.hash
      let entry = existing.with(hash: hash, home: new.home, permissions: new.permissions, options: options)
      return new.groups.isEmpty ? entry : entry.with(groups: new.groups)
    }
  }
}
