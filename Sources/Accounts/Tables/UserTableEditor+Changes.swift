// Changes single parts of a user's entry, and says what has changed.

/// A part of an entry that was changed.
public struct EntryChange: Sendable, Equatable {
  /// `home`, `access`, `name`, or the key of an option.
  public let key: String
  /// As people may see it, secrets hidden; nil: there was nothing.
  public let before: String?
  /// The same, for now.
  public let after: String?
}

extension UserTableEditor {
  /// The keys that ``update(_:set:unset:)`` knows beside those of ``UserAttribute``.
  public static let fieldKeys = ["access", "home"]

  /// Sets parts of a user's entry and takes options away, all at once or, if anything is wrong, nothing.
  ///
  /// - Parameters:
  ///   - set: `home` with an absolute path, `access` with `ro` or `rw`, or an option with its value.
  ///   - unset: options; that one was not there is no error.
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
        if let problem = Self.set(key, to: value, in: &new) { problems.append(problem) }
      }
      for key in unset {
        if UserAttribute.byKey[key] != nil {
          new = new.with(options: new.options.without(key))
        } else {
          problems.append(
            Self.fieldKeys.contains(key)
              ? "every user has '\(key)': it can be set, not taken away."
              : Self.unknown(key, UserAttribute.all.map(\.key)))
        }
      }
      guard problems.isEmpty else { throw invalid(problems.joined(separator: " ")) }
      changes = Self.differences(old, new)
      if changes.isEmpty, old == new { return nil }
      text.replace(line: old.line, with: new)
      return text.bytes
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
      text.replace(line: old.line, with: old.with(name: newName))
      return text.bytes
    }
  }

  /// Sets one part; returns what is wrong with it.
  private static func set(_ key: String, to value: String, in entry: inout UserEntry) -> String? {
    switch key {
    case "home":
      if let problem = UserEntry.problem(ofHome: value) { return "the home \(problem). Give an absolute path." }
      entry = entry.with(home: value)
    case "access":
      guard value == "ro" || value == "rw" else { return "'access' is ro (read-only) or rw (read and write)." }
      entry = entry.with(permissions: value == "ro" ? .readOnly : .readAndWrite)
    default:
      guard let attribute = UserAttribute.byKey[key], !attribute.isForGroups else {
        return unknown(key, fieldKeys + UserAttribute.ofUsers.map(\.key))
      }
      var options = entry.ownOptions.without(key)
      // A comma or colon would end the value and begin another option or field.
      let isPlain = !value.utf8.contains { $0 < 0x20 || [0x2C, 0x3A, 0x7F].contains($0) }
      guard isPlain, (try? options.set(key, to: value)) != nil else {
        return "the value of '\(key)' cannot be; expected \(attribute.expected)."
      }
      entry = entry.with(options: options)
    }
    return nil
  }

  private static func unknown(_ key: String, _ known: [String]) -> String {
    "there is no option '\(key)'; there are \(known.sorted().joined(separator: ", "))."
  }

  private static func differences(_ old: UserEntry, _ new: UserEntry) -> [EntryChange] {
    var changes: [EntryChange] = []
    func compare(_ key: String, _ before: String?, _ after: String?) {
      if before == after { return }
      let isSecret = UserAttribute.byKey[key]?.isSecret ?? false
      func shown(_ text: String?) -> String? { isSecret ? text.map { _ in "********" } : text }
      changes.append(EntryChange(key: key, before: shown(before), after: shown(after)))
    }
    compare("access", old.isReadOnly ? "ro" : "rw", new.isReadOnly ? "ro" : "rw")
    compare("home", old.home, new.home)
    for attribute in UserAttribute.all {
      compare(attribute.key, old.ownOptions.texts[attribute.key], new.ownOptions.texts[attribute.key])
    }
    return changes
  }
}
