// Edits the groups of a YAML table: adds, changes and removes them, and says what has changed.

extension UserTableEditor {
  /// The keys that ``updateGroup(_:set:unset:)`` knows beside those of ``UserAttribute``.
  public static let groupFieldKeys = ["access", "home"]

  /// The group of that name. Throws `.unknownUser` if there is none.
  public func group(named name: String) throws(UserTableError) -> AccountGroup {
    guard let group = try load().group(named: name) else { throw unknownGroup(name) }
    return group
  }

  /// Adds a group behind all others. A table that is not there yet is made if its name is that of a YAML table.
  ///
  /// - Parameter set: as for ``updateGroup(_:set:unset:)``.
  /// - Throws: `.userExists` if there is one, `.invalidEntry` with all that is wrong, or what reading and writing throws.
  public func addGroup(_ name: String, set: [(key: String, value: String)] = []) throws(UserTableError) {
    if let problem = AccountGroup.problem(ofName: name) { throw invalid("the name \(problem).") }
    let group = try Self.changed(AccountGroup(name: name), set: set, unset: [], failing: invalid)
    if case .lines = TableForm(of: [], source: path), (try? TableFile.read(path: path)) == nil {
      throw invalid("only a YAML table has groups: choose a name that ends in .yaml.")
    }
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      if let other = text.table.group(named: name) {
        throw UserTableError(
          .userExists, source: path,
          message: "the group \(Account.display(name.utf8)) is already in line \(other.line). "
            + "Use `weftpd group set` to change it.")
      }
      try text.changeGroups { (yaml) throws(UserTableError) in yaml.append(group) }
      return try text.bytes()
    }
  }

  /// Sets parts of a group and takes others away, all at once or, if anything is wrong, nothing.
  ///
  /// - Parameters:
  ///   - set: `home` with an absolute path, in which `%u` is the name of the user, `access` with `ro` or `rw`, or an option.
  ///   - unset: any of these; that one was not there is no error.
  /// - Returns: what is different now; empty if nothing.
  public func updateGroup(
    _ name: String, set: [(key: String, value: String)] = [], unset: [String] = []
  ) throws(UserTableError) -> [EntryChange] {
    var changes: [EntryChange] = []
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.group(named: name) else { throw unknownGroup(name) }
      let new = try Self.changed(old, set: set, unset: unset, failing: invalid)
      changes = Self.differences(old, new)
      if changes.isEmpty, old == new { return nil }
      try text.changeGroups { (yaml) throws(UserTableError) in yaml.replace(old, with: new) }
      return try text.bytes()
    }
    return changes
  }

  /// Removes a group that has no members.
  public func removeGroup(_ name: String) throws(UserTableError) {
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let group = text.table.group(named: name) else { throw unknownGroup(name) }
      let members = text.table.entries.filter { $0.groups.contains { $0.group.name == name } }
      guard members.isEmpty else {
        let names = members.prefix(5).map { Account.display($0.name) }.joined(separator: ", ")
        throw invalid(
          "the group \(Account.display(name.utf8)) has \(members.count) \(members.count == 1 ? "member" : "members") (\(names)\(members.count > 5 ? ", …" : "")). "
            + "Take them out of it first: `weftpd user set NAME groups=…`.")
      }
      try text.changeGroups { (yaml) throws(UserTableError) in yaml.remove(group) }
      return try text.bytes()
    }
  }

  // MARK: - Members

  /// Throws what ``addMember(name:hash:home:isReadOnly:groups:)`` would throw for these, except what depends on the password.
  public func checkAddMember(name: [UInt8], home: String?, groups: [String]) throws(UserTableError) {
    let table = try load()
    if let entry = table.entry(named: name) { throw userExists(entry) }
    _ = try member(name, hash: "*", home: home, isReadOnly: nil, groups: groups, of: table)
  }

  /// Adds a user of a YAML table who is in groups, from which home and access come where they are nil.
  ///
  /// - Returns: warnings, as ``add(name:hash:home:isReadOnly:replacing:)`` does.
  /// - Throws: `.invalidEntry` if there is no such group, or nobody says home or access, else what `add` throws.
  @discardableResult
  public func addMember(
    name: [UInt8], hash: String, home: String?, isReadOnly: Bool?, groups: [String]
  ) throws(UserTableError) -> [String] {
    var warnings: [String] = []
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      try checkForm(text.form, name)
      if let existing = text.table.entry(named: name) { throw userExists(existing) }
      let entry = try member(name, hash: hash, home: home, isReadOnly: isReadOnly, groups: groups, of: text.table)
      warnings = Self.warnings(for: entry)
      var inherited: Set<String> = []
      if home == nil { inherited.insert("home") }
      if isReadOnly == nil, entry.groups.contains(where: { $0.group.permissions != nil }) { inherited.insert("access") }
      try text.changeGroups { (yaml) throws(UserTableError) in yaml.append(entry, inheriting: inherited) }
      return try text.bytes()
    }
    return warnings
  }

  private func member(
    _ name: [UInt8], hash: String, home: String?, isReadOnly: Bool?, groups: [String], of table: UserTable
  ) throws(UserTableError) -> UserEntry {
    var shared: [SharedGroup] = []
    for group in groups {
      guard let found = table.group(named: group) else { throw unknownGroup(group) }
      shared.append(SharedGroup(found))
    }
    guard let home = home ?? shared.lazy.compactMap({ $0.group.home(of: name) }).first else {
      throw invalid("none of the groups has a home: give one with --home.")
    }
    let inherited = shared.lazy.compactMap(\.group.permissions).first ?? .readAndWrite
    let permissions = isReadOnly.map { $0 ? AccountPermissions.readOnly : .readAndWrite } ?? inherited
    let entry = UserEntry(name: name, hash: hash, home: home, permissions: permissions, groups: shared)
    try check(entry)
    return entry
  }

  private static func changed(
    _ group: AccountGroup, set: [(key: String, value: String)], unset: [String],
    failing: (String) -> UserTableError
  ) throws(UserTableError) -> AccountGroup {
    var (home, permissions, options) = (group.home, group.permissions, group.options)
    var problems: [String] = []
    for (key, value) in set {
      switch key {
      case "home":
        if let problem = UserEntry.problem(ofHome: value) {
          problems.append("the home \(problem). Give an absolute path.")
        }
        home = value
      case "access":
        if value != "ro", value != "rw" { problems.append("'access' is ro (read-only) or rw (read and write).") }
        permissions = value == "ro" ? .readOnly : .readAndWrite
      default:
        guard let attribute = UserAttribute.byKey[key] else {
          problems.append(unknown(key, groupFieldKeys + UserAttribute.all.map(\.key)))
          continue
        }
        if let problem = Self.set(attribute, to: value, in: &options, .yaml) { problems.append(problem) }
      }
    }
    for key in unset {
      switch key {
      case "home": home = nil
      case "access": permissions = nil
      default:
        if UserAttribute.byKey[key] == nil {
          problems.append(unknown(key, groupFieldKeys + UserAttribute.all.map(\.key)))
        }
        options = options.without(key)
      }
    }
    guard problems.isEmpty else { throw failing(problems.joined(separator: " ")) }
    return AccountGroup(name: group.name, home: home, permissions: permissions, options: options, line: group.line)
  }

  private static func differences(_ old: AccountGroup, _ new: AccountGroup) -> [EntryChange] {
    func access(_ group: AccountGroup) -> String? { group.permissions.map { $0.isReadOnly ? "ro" : "rw" } }
    var changes = [
      EntryChange(key: "access", before: access(old), after: access(new)),
      EntryChange(key: "home", before: old.home, after: new.home),
    ].filter { $0.before != $0.after }
    for attribute in UserAttribute.all {
      let (before, after) = (old.options.texts[attribute.key], new.options.texts[attribute.key])
      if before == after { continue }
      func shown(_ text: String?) -> String? { attribute.isSecret ? text.map { _ in "********" } : text }
      changes.append(EntryChange(key: attribute.key, before: shown(before), after: shown(after)))
    }
    return changes
  }

  func unknownGroup(_ name: String) -> UserTableError {
    UserTableError(
      .unknownUser, source: path,
      message: "there is no group \(Account.display(name.utf8)). `weftpd group list` shows the names.")
  }
}
