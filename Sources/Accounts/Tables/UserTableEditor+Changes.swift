// Changes single parts of a user's entry, and says what has changed.

import YAMLDocument

extension UserTableEditor {
  /// The keys that ``update(_:set:unset:)`` knows beside those of ``UserAttribute``; only a YAML table has `groups`.
  public static let fieldKeys = ["access", "groups", "home"]

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
      var new = old
      var problems: [String] = []
      for (key, value) in set {
        let problem =
          key == "groups"
          ? Self.setGroups(value, in: &new, of: text) : EntryRules.set(key, to: value, in: &new, text.form)
        if let problem { problems.append(problem) }
      }
      for key in unset {
        if UserAttribute.byKey[key] != nil {
          new = new.with(options: new.ownOptions.without(key))
        } else if key == "groups" {
          new = new.with(groups: [])
        } else {
          problems.append(
            Self.fieldKeys.contains(key)
              ? "every user has '\(key)': it can be set, not taken away."
              : EntryRules.unknown(key, ["groups"] + UserAttribute.ofUsers.map(\.key)))
        }
      }
      guard problems.isEmpty else { throw invalid(problems.joined(separator: " ")) }
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

  private static func setGroups(_ value: String, in entry: inout UserEntry, of text: TableText) -> String? {
    guard text.form == .yaml else {
      return "only a YAML table has groups; `weftpd user convert` makes one of this."
    }
    var groups: [SharedGroup] = []
    for name in value.split(separator: ";").map(String.init) {
      guard let group = text.table.group(named: name) else {
        let hint = nearestName(to: name, among: text.table.groups.map(\.name)).map { "; did you mean \($0)?" } ?? "."
        return "there is no group '\(Account.display(name.utf8))'\(hint)"
      }
      if groups.contains(where: { $0.group.name == name }) { return "the group '\(name)' is named twice." }
      groups.append(SharedGroup(group))
    }
    entry = entry.with(groups: groups)
    return nil
  }
}
