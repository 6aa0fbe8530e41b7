// Edits the groups in a database.

extension StoreEditor {
  public func group(named name: String) throws(UserTableError) -> AccountGroup {
    try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      try existingGroup(name, transaction)
    }
  }

  public func addGroup(_ name: String, set: [(key: String, value: String)]) throws(UserTableError) {
    let group = try rules.group(name, set: set)
    let rules = rules
    try store.transaction(creating: true) { (transaction) throws(UserTableError) in
      if try transaction.groups().contains(where: { $0.name == name }) { throw rules.groupExists(group) }
      try transaction.put(GroupRow(group))
    }
  }

  public func updateGroup(
    _ name: String, set: [(key: String, value: String)], unset: [String]
  ) throws(UserTableError) -> [EntryChange] {
    let rules = rules
    return try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      let old = try existingGroup(name, transaction)
      let new = try rules.changed(old, set: set, unset: unset)
      if new == old { return [] }
      // What members have of the group and cannot do without must not be taken away.
      for row in try transaction.rows() where row.groups.contains(name) {
        let before = try known(transaction)
        let after = before.map { $0.name == name ? new : $0 }
        guard (try? row.entry(Self.shared(before))) != nil else { continue }
        do throws(AccountDirectoryError) { _ = try row.entry(Self.shared(after)) } catch {
          throw rules.invalid("\(error), if that is taken from the group.")
        }
      }
      try transaction.put(GroupRow(new))
      return EntryRules.differences(old, new)
    }
  }

  public func removeGroup(_ name: String) throws(UserTableError) {
    let rules = rules
    try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      guard try transaction.groups().contains(where: { $0.name == name }) else { throw rules.unknownGroup(name) }
      let members = try transaction.rows().filter { $0.groups.contains(name) }.map { Array($0.name.utf8) }
      try rules.checkEmpty(AccountGroup(name: name), members: members)
      try transaction.removeGroup(name)
    }
  }

  // MARK: members

  public func checkAddMember(name: [UInt8], home: String?, groups: [String]) throws(UserTableError) {
    let rules = rules
    let text = try text(name)
    try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      if let other = try transaction.row(named: text) { throw rules.userExists(try read(other, transaction).entry) }
      _ = try rules.member(
        name, hash: "*", home: home, isReadOnly: nil, groups: groups, of: try known(transaction))
    }
  }

  @discardableResult
  public func addMember(
    name: [UInt8], hash: String, home: String?, isReadOnly: Bool?, groups: [String]
  ) throws(UserTableError) -> [String] {
    let rules = rules
    let text = try text(name)
    return try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      if let other = try transaction.row(named: text) { throw rules.userExists(try read(other, transaction).entry) }
      let entry = try rules.member(
        name, hash: hash, home: home, isReadOnly: isReadOnly, groups: groups, of: try known(transaction))
      var row = try row(entry, nil)
      if home == nil { row.home = nil }
      if isReadOnly == nil, entry.groups.contains(where: { $0.group.permissions != nil }) { row.access = nil }
      try transaction.insert(row)
      return rules.warnings(for: entry)
    }
  }

  // MARK: pieces

  /// The groups that can be read.
  func known(_ transaction: Store.Transaction) throws(UserTableError) -> [AccountGroup] {
    try transaction.groups().compactMap { try? $0.group() }
  }

  private static func shared(_ groups: [AccountGroup]) -> [String: SharedGroup] {
    Dictionary(groups.map { ($0.name, SharedGroup($0)) }) { first, _ in first }
  }

  private func existingGroup(_ name: String, _ transaction: Store.Transaction) throws(UserTableError) -> AccountGroup {
    guard let row = try transaction.groups().first(where: { $0.name == name }) else { throw rules.unknownGroup(name) }
    do throws(AccountDirectoryError) { return try row.group() } catch {
      throw UserTableError(.malformed, source: place, message: "\(error). Correct the row.")
    }
  }
}
