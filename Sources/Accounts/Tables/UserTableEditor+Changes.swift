// Changes single parts of a user's entry, and says what has changed.

import YAMLDocument

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
          key == "groups" ? Self.setGroups(value, in: &new, of: text) : Self.set(key, to: value, in: &new, text.form)
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
              : Self.unknown(key, ["groups"] + UserAttribute.ofUsers.map(\.key)))
        }
      }
      guard problems.isEmpty else { throw invalid(problems.joined(separator: " ")) }
      changes = Self.differences(old, new)
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

  /// Sets one part; returns what is wrong with it.
  private static func set(
    _ key: String, to value: String, in entry: inout UserEntry, _ form: TableForm
  ) -> String? {
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
      var options = entry.ownOptions
      if let problem = set(attribute, to: value, in: &options, form) { return problem }
      entry = entry.with(options: options)
    }
    return nil
  }

  /// Sets one option; returns what is wrong with it.
  static func set(
    _ attribute: UserAttribute, to value: String, in options: inout AccountOptions, _ form: TableForm
  ) -> String? {
    guard isWritable(value, form, allowsLines: attribute.form == .paragraph) else {
      return form == .lines && isWritable(value, .yaml)
        ? "the value of '\(attribute.key)' contains a comma or a colon, which separate options and fields. A YAML table can hold "
          + "it; `weftpd user convert` makes one. Expected \(attribute.expected)."
        : "the value of '\(attribute.key)' contains a control character; expected \(attribute.expected)."
    }
    var changed = options.without(attribute.key)
    guard (try? changed.set(attribute.key, to: value)) != nil else {
      return "the value of '\(attribute.key)' cannot be; expected \(attribute.expected)."
    }
    options = changed
    return nil
  }

  /// Whether `value` can stand in a table of this form: in lines, a comma or a colon would end it and begin something else.
  static func isWritable(_ value: String, _ form: TableForm, allowsLines: Bool = false) -> Bool {
    value.utf8.allSatisfy { byte in
      if byte == 0x0A { return allowsLines && form == .yaml }
      return byte >= 0x20 && byte != 0x7F && (form == .yaml || byte != 0x2C && byte != 0x3A)
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

  static func unknown(_ key: String, _ known: [String]) -> String {
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
    func groups(_ entry: UserEntry) -> String? {
      entry.groups.isEmpty ? nil : entry.groups.map(\.group.name).joined(separator: ";")
    }
    compare("groups", groups(old), groups(new))
    compare("home", old.home, new.home)
    for attribute in UserAttribute.all {
      compare(attribute.key, old.ownOptions.texts[attribute.key], new.ownOptions.texts[attribute.key])
    }
    return changes
  }
}
