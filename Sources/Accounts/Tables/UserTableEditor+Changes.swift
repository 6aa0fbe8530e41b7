// Changes single parts of a user's entry, and says what has changed.

extension UserTableEditor {
  /// Sets parts of a user's entry and takes options away, all at once or, if anything is wrong, nothing.
  ///
  /// - Parameters:
  ///   - set: `home` with an absolute path, `access` with `ro` or `rw`, `groups` with names and `;` between them, or an option with
  ///     its value.
  ///   - unset: options or `groups`; that one was not there is no error.
  /// - Returns: what is different now; empty if nothing.
  /// - Throws: `.invalidEntry` that names all that is wrong, or what reading and writing throws.
  public func update(
    _ name: [UInt8], set: [(key: String, value: String)] = [], unset: [String] = []
  ) throws(UserTableError) -> [EntryChange] {
    var changes: [EntryChange] = []
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.entry(named: name) else { throw unknownUser(name) }
      let new = try rules.changed(
        old, set: set, unset: unset, text.form, known: text.form == .yaml ? text.table.groups : nil)
      changes = EntryRules.differences(old, new)
      if changes.isEmpty, old == new { return nil }
      try text.replace(old, with: new)
      return try text.bytes()
    }
    return changes
  }

  /// Gives a user another name and leaves the rest of the entry as it is.
  /// - Throws: `.userExists` if the name is taken, `.invalidEntry` if it cannot be one.
  public func rename(_ name: [UInt8], to newName: [UInt8]) throws(UserTableError) {
    if let problem = UserEntry.problem(ofName: newName) {
      throw invalid("the name \(problem). Choose 1 to \(UserEntry.nameLimit) bytes without ':' or controls.")
    }
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.entry(named: name) else { throw unknownUser(name) }
      if name == newName { return nil }
      if let other = text.table.entry(named: newName) { throw userExists(other) }
      try checkForm(text.form, newName)
      try text.replace(old, with: old.with(name: newName))
      return try text.bytes()
    }
  }
}
