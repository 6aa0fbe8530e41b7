// Edits the groups of a YAML table: adds, changes and removes them, and says what has changed.

extension UserTableEditor {
  /// The group of that name. Throws `.unknownUser` if there is none.
  public func group(named name: String) throws(UserTableError) -> AccountGroup {
    guard let group = try load().group(named: name) else { throw rules.unknownGroup(name) }
    return group
  }

  /// Adds a group behind all others. A table that is not there yet is made if its name is that of a YAML table.
  ///
  /// - Parameter set: as for ``updateGroup(_:set:unset:)``.
  /// - Throws: `.userExists` if there is one, `.invalidEntry` with all that is wrong, or what reading and writing throws.
  public func addGroup(_ name: String, set: [(key: String, value: String)]) throws(UserTableError) {
    let group = try rules.group(name, set: set)
    if case .lines = TableForm(of: [], source: path), (try? TableFile.read(path: path)) == nil {
      throw invalid("only a YAML table has groups: choose a name that ends in .yaml.")
    }
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      if let other = text.table.group(named: name) {
        throw rules.groupExists(other)
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
    _ name: String, set: [(key: String, value: String)], unset: [String]
  ) throws(UserTableError) -> [EntryChange] {
    var changes: [EntryChange] = []
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.group(named: name) else { throw rules.unknownGroup(name) }
      let new = try rules.changed(old, set: set, unset: unset)
      changes = EntryRules.differences(old, new)
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
      guard let group = text.table.group(named: name) else { throw rules.unknownGroup(name) }
      let members = text.table.entries.filter { $0.groups.contains { $0.group.name == name } }
      try rules.checkEmpty(group, members: members.map(\.name))
      try text.changeGroups { (yaml) throws(UserTableError) in yaml.remove(group) }
      return try text.bytes()
    }
  }

  // MARK: - Members

  /// Throws what ``addMember(name:hash:home:isReadOnly:groups:)`` would throw for these, except what depends on the password.
  public func checkAddMember(name: [UInt8], home: String?, groups: [String]) throws(UserTableError) {
    let table = try load()
    if let entry = table.entry(named: name) { throw userExists(entry) }
    _ = try rules.member(name, hash: "*", home: home, isReadOnly: nil, groups: groups, of: table.groups)
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
      let entry = try rules.member(
        name, hash: hash, home: home, isReadOnly: isReadOnly, groups: groups, of: text.table.groups)
      warnings = rules.warnings(for: entry)
      var inherited: Set<String> = []
      if home == nil { inherited.insert("home") }
      if isReadOnly == nil, entry.groups.contains(where: { $0.group.permissions != nil }) { inherited.insert("access") }
      try text.changeGroups { (yaml) throws(UserTableError) in yaml.append(entry, inheriting: inherited) }
      return try text.bytes()
    }
    return warnings
  }
}
