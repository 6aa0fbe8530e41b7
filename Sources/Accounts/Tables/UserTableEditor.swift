// Edits the user table file: adds, changes and removes users, keeping every other byte of the file as it is.

import Glibc

/// Edits one table file. Every edit locks the file, reads it whole, and replaces it atomically, so that editors that run
/// at the same time do not lose each other's work and the daemon never reads half a table. A table that cannot be
/// understood is never changed.
public struct UserTableEditor: AccountEditor {
  /// The table file.
  public let path: String
  public var place: String { path }
  private var rules: EntryRules { EntryRules(place: path) }

  /// An editor of the table file at `path`, which need not exist yet: `add` and imports make it, mode 0600.
  public init(path: String) { self.path = path }

  /// Reads the table.
  public func load() throws(UserTableError) -> UserTable { try UserTable.load(path: path) }

  public func listing() throws(UserTableError) -> AccountListing {
    let table = try load()
    return AccountListing(entries: table.entries, warnings: table.warnings)
  }

  public func entry(named name: [UInt8]) throws(UserTableError) -> UserEntry {
    guard let entry = try load().entry(named: name) else { throw rules.unknownUser(name) }
    return entry
  }

  public func checkAdd(name: [UInt8], home: String, replacing: Bool = false) throws(UserTableError) {
    try rules.check(UserEntry(name: name, hash: "*", home: home, permissions: .readOnly))
    let table: UserTable
    do throws(UserTableError) {
      table = try load()
    } catch {
      if error.code == .missingFile { return }  // `add` makes it, or says why it cannot
      throw error
    }
    if let entry = table.entry(named: name), !replacing { throw rules.userExists(entry) }
  }

  /// A new user goes to the end of the table.
  @discardableResult
  public func add(
    name: [UInt8], hash: String, home: String, isReadOnly: Bool? = nil, replacing: Bool = false
  ) throws(UserTableError) -> [String] {
    let entry = UserEntry(
      name: name, hash: hash, home: home, permissions: isReadOnly ?? false ? .readOnly : .readAndWrite)
    try rules.check(entry)
    var warnings = rules.warnings(for: entry)
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      if let existing = text.table.entry(named: name) {
        guard replacing else { throw rules.userExists(existing) }
        text.replace(
          line: existing.line,
          with: existing.with(hash: hash, home: home, permissions: isReadOnly == nil ? nil : entry.permissions))
      } else {
        if let twin = text.table.entries.first(where: { EntryRules.looksAlike($0.name, name) }) {
          warnings.append(
            "the name looks like that of the user in line \(twin.line), but is encoded differently in Unicode: "
              + "these are two users")
        }
        text.append(entry)
      }
      return text.bytes
    }
    return warnings
  }

  @discardableResult
  public func changePassword(of name: [UInt8], hash: String) throws(UserTableError) -> [String] {
    try rules.checkHash(hash)
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.entry(named: name) else { throw rules.unknownUser(name) }
      text.replace(line: old.line, with: old.with(hash: hash))
      return text.bytes
    }
    return PasswordHash.weakness(of: hash).map { [$0] } ?? []
  }

  public func update(
    _ name: [UInt8], set: [(key: String, value: String)] = [], unset: [String] = []
  ) throws(UserTableError) -> [EntryChange] {
    var changes: [EntryChange] = []
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.entry(named: name) else { throw rules.unknownUser(name) }
      let new = try rules.changed(old, set: set, unset: unset)
      changes = EntryRules.differences(old, new)
      if changes.isEmpty, old == new { return nil }
      text.replace(line: old.line, with: new)
      return text.bytes
    }
    return changes
  }

  public func rename(_ name: [UInt8], to newName: [UInt8]) throws(UserTableError) {
    try rules.checkName(newName)
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.entry(named: name) else { throw rules.unknownUser(name) }
      if name == newName { return nil }
      if let other = text.table.entry(named: newName) { throw rules.userExists(other) }
      text.replace(line: old.line, with: old.with(name: newName))
      return text.bytes
    }
  }

  /// Removes a user's line.
  public func remove(_ name: [UInt8]) throws(UserTableError) {
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let entry = text.table.entry(named: name) else { throw rules.unknownUser(name) }
      text.remove(line: entry.line)
      return text.bytes
    }
  }

  public func takeOver(
    _ entries: [UserEntry], groups: [AccountGroup], replacingGroups: Bool,
    merging: (_ existing: UserEntry, _ new: UserEntry) -> UserEntry?
  ) throws(UserTableError) -> ImportReport {
    var report = ImportReport()
    if entries.isEmpty { return report }
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      for entry in entries {
        try requireWritable(entry)
        guard let existing = text.table.entry(named: entry.name) else {
          text.append(entry)
          report.added.append(entry.name)
          continue
        }
        guard let merged = merging(existing, entry) else {
          report.kept.append(entry.name)
          continue
        }
        text.replace(line: existing.line, with: merged)
        report.replaced.append(entry.name)
      }
      return report.added.isEmpty && report.replaced.isEmpty ? nil : text.bytes
    }
    return report
  }

  /// A database can hold what a line cannot: an option with a comma in its value.
  private func requireWritable(_ entry: UserEntry) throws(UserTableError) {
    let name = Account.display(entry.name)
    if !entry.groups.isEmpty {
      throw rules.invalid("\(name) belongs to a group, and a table of lines has none.")
    }
    do throws(UserTableError) {
      let read = try UserTable.parse(entry.serialized, source: path).entries.first
      if read == entry.at(line: 1) { return }
    } catch {
      throw rules.invalid("\(name) cannot be written into a table: \(error.problems.first?.message ?? error.message)")
    }
    throw rules.invalid(
      "\(name) cannot be written into a table: an option holds a comma or a colon, or the access is neither ro nor rw.")
  }
}
