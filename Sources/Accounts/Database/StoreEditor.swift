// Edits accounts in any database: the same rules, warnings and messages as for a table file.

/// The commands on accounts over a store. Each call is one transaction, so editors that run at once lose nothing.
public struct StoreEditor<Store: AccountStore>: AccountEditor {
  let store: Store
  var rules: EntryRules { EntryRules(place: store.place) }
  public var place: String { store.place }

  /// An editor of what `store` keeps.
  public init(_ store: Store) { self.store = store }

  public func listing() throws(UserTableError) -> AccountListing {
    let place = place
    return try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      AccountListing(try transaction.rows(), groups: try transaction.groups(), place: place)
    }
  }

  public func entry(named name: [UInt8]) throws(UserTableError) -> UserEntry {
    try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      try existing(name, transaction).entry
    }
  }

  public func checkAdd(name: [UInt8], home: String, replacing: Bool) throws(UserTableError) {
    try rules.check(UserEntry(name: name, hash: "*", home: home, permissions: .readOnly))
    _ = try text(name)
    do throws(UserTableError) {
      let entry = try entry(named: name)
      if !replacing { throw rules.userExists(entry) }
    } catch {
      // `add` makes what is missing, or says why it cannot.
      if error.code != .unknownUser, error.code != .missingFile { throw error }
    }
  }

  public func add(
    name: [UInt8], hash: String, home: String, isReadOnly: Bool?, replacing: Bool
  ) throws(UserTableError) -> [String] {
    let entry = UserEntry(
      name: name, hash: hash, home: home, permissions: isReadOnly ?? false ? .readOnly : .readAndWrite)
    try rules.check(entry)
    let (row, rules) = (try row(entry, nil), rules)
    var warnings = rules.warnings(for: entry)
    try store.transaction(creating: true) { (transaction) throws(UserTableError) in
      guard let old = try transaction.row(named: row.name) else {
        let twin = try transaction.rows().first { EntryRules.looksAlike(Array($0.name.utf8), name) }
        if twin != nil {
          warnings.append(
            "the name looks like that of another user, but is encoded differently in Unicode: these are two users")
        }
        return try transaction.insert(row)
      }
      let existing = try read(old, transaction)
      guard replacing else { throw rules.userExists(existing.entry) }
      let new = existing.entry.with(hash: hash, home: home, permissions: isReadOnly == nil ? nil : entry.permissions)
      try transaction.replace(row.name, with: try self.row(new, existing))
    }
    return warnings
  }

  public func changePassword(of name: [UInt8], hash: String) throws(UserTableError) -> [String] {
    try rules.checkHash(hash)
    try change(name) { (old) throws(UserTableError) in old.with(hash: hash) }
    return PasswordHash.weakness(of: hash).map { [$0] } ?? []
  }

  public func update(
    _ name: [UInt8], set: [(key: String, value: String)], unset: [String]
  ) throws(UserTableError) -> [EntryChange] {
    let rules = rules
    return try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      let old = try existing(name, transaction)
      let new = try rules.changed(old.entry, set: set, unset: unset, known: try known(transaction))
      if new != old.entry { try transaction.replace(old.row.name, with: try row(new, old)) }
      return EntryRules.differences(old.entry, new)
    }
  }

  public func rename(_ name: [UInt8], to newName: [UInt8]) throws(UserTableError) {
    try rules.checkName(newName)
    let (rules, newText) = (rules, try text(newName))
    try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      let old = try existing(name, transaction)
      if name == newName { return }
      if let other = try transaction.row(named: newText) { throw rules.userExists(try read(other, transaction).entry) }
      try transaction.replace(old.row.name, with: try row(old.entry.with(name: newName), old))
    }
  }

  public func remove(_ name: [UInt8]) throws(UserTableError) {
    // A row that cannot be read can be removed all the same.
    let (name, bytes, rules) = (String(validating: name, as: UTF8.self), name, rules)
    try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      guard let name, try transaction.row(named: name) != nil else { throw rules.unknownUser(bytes) }
      try transaction.remove(name)
    }
  }

  public func takeOver(
    _ entries: [UserEntry], groups: [AccountGroup], replacingGroups: Bool,
    merging: (_ existing: UserEntry, _ new: UserEntry) -> UserEntry?
  ) throws(UserTableError) -> ImportReport {
    if entries.isEmpty, groups.isEmpty { return ImportReport() }
    return try store.transaction(creating: true) { (transaction) throws(UserTableError) in
      let known = Set(try transaction.groups().map(\.name))
      var taken: Set<String> = []
      for group in groups + entries.flatMap({ $0.groups.map(\.group) }) where taken.insert(group.name).inserted {
        if replacingGroups || !known.contains(group.name) { try transaction.put(GroupRow(group)) }
      }
      let shared = try transaction.groups().shared().groups
      let rows = Dictionary(try transaction.rows().map { ($0.name, $0) }) { first, _ in first }
      var report = ImportReport()
      for entry in entries {
        let row = try row(entry, nil)
        guard let old = rows[row.name] else {
          try transaction.insert(row)
          report.added.append(entry.name)
          continue
        }
        let existing = try read(old, shared)
        guard let merged = merging(existing.entry, entry) else {
          report.kept.append(entry.name)
          continue
        }
        try transaction.replace(row.name, with: try self.row(merged, existing))
        report.replaced.append(entry.name)
      }
      return report
    }
  }

  // MARK: pieces

  /// What stands in the database, and what it says.
  typealias Existing = (row: AccountRow, entry: UserEntry)

  private func change(
    _ name: [UInt8], _ body: (UserEntry) throws(UserTableError) -> UserEntry
  ) throws(UserTableError) {
    try store.transaction(creating: false) { (transaction) throws(UserTableError) in
      let old = try existing(name, transaction)
      let new = try body(old.entry)
      if new != old.entry { try transaction.replace(old.row.name, with: try row(new, old)) }
    }
  }

  private func existing(_ name: [UInt8], _ transaction: Store.Transaction) throws(UserTableError) -> Existing {
    guard let text = String(validating: name, as: UTF8.self), let row = try transaction.row(named: text) else {
      throw rules.unknownUser(name)
    }
    return try read(row, transaction)
  }

  func read(_ row: AccountRow, _ transaction: Store.Transaction) throws(UserTableError) -> Existing {
    try read(row, row.groups.isEmpty ? [:] : try transaction.groups().shared().groups)
  }

  private func read(_ row: AccountRow, _ groups: [String: SharedGroup]) throws(UserTableError) -> Existing {
    do throws(AccountDirectoryError) { return (row, try row.entry(groups)) } catch {
      throw UserTableError(.malformed, source: place, message: "\(error). Correct the row, or remove the user.")
    }
  }

  func row(_ entry: UserEntry, _ old: Existing?) throws(UserTableError) -> AccountRow {
    guard let row = AccountRow(entry, replacing: old) else { throw notText }
    return row
  }

  func text(_ name: [UInt8]) throws(UserTableError) -> String {
    guard let text = String(validating: name, as: UTF8.self) else { throw notText }
    return text
  }

  private var notText: UserTableError {
    rules.invalid("the name is not UTF-8. A database keeps texts; a table file takes any bytes.")
  }
}
