// What every editor of accounts asks of an entry before it is written, and how a change to one is made and told.

import Glibc

/// The rules of entries, with the words for what breaks them; `place` is where the entries are kept, for messages.
struct EntryRules {
  let place: String

  /// What every user has, and a group may have, beside what ``UserAttribute`` knows.
  static let fieldKeys = ["access", "home"]

  // MARK: checks

  /// Throws `.invalidEntry` if name, home or hash cannot be.
  func check(_ entry: UserEntry) throws(UserTableError) {
    try checkName(entry.name)
    if let problem = UserEntry.problem(ofHome: entry.home) {
      throw invalid("the home \(problem). Give an absolute path.")
    }
    try checkHash(entry.hash)
  }

  /// Throws `.invalidEntry` if `name` cannot be the name of a user.
  func checkName(_ name: [UInt8]) throws(UserTableError) {
    guard let problem = UserEntry.problem(ofName: name) else { return }
    throw invalid("the name \(problem). Choose 1 to \(UserEntry.nameLimit) bytes without ':' or controls.")
  }

  /// Throws `.invalidEntry` if no password could ever be held against `hash` here and it does not lock either.
  func checkHash(_ hash: String) throws(UserTableError) {
    if hash.isEmpty {
      throw invalid("the hash is empty: nobody may log in without a password. Give * to lock the user.")
    }
    let isPlain = hash.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    if PasswordHash.isLocked(hash), isPlain { return }
    if let problem = PasswordHash.problem(of: hash) {
      throw invalid("the hash \(problem). Give a crypt(3) hash, or leave it out and type a password.")
    }
  }

  /// What is unwise about a new entry, one sentence each.
  func warnings(for entry: UserEntry) -> [String] {
    var warnings: [String] = []
    if let weakness = PasswordHash.weakness(of: entry.hash) { warnings.append(weakness) }
    var status = stat()
    if stat(entry.home, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
      let home = Account.display(entry.home.utf8)
      warnings.append("the home \(home) is not a directory yet: make it before the first login")
    }
    return warnings
  }

  /// True for two names that differ as bytes but read the same (NFC and NFD).
  static func looksAlike(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left != right, let left = String(validating: left, as: UTF8.self),
      let right = String(validating: right, as: UTF8.self)
    else { return false }
    return left == right  // String equality is canonical equivalence
  }

  // MARK: changes

  /// `old` with parts set and options taken away.
  ///
  /// - Parameter known: the groups there are; nil: there cannot be any.
  /// - Throws: `.invalidEntry` that names all that is wrong.
  func changed(
    _ old: UserEntry, set: [(key: String, value: String)], unset: [String], _ form: TableForm = .yaml,
    known: [AccountGroup]?
  ) throws(UserTableError) -> UserEntry {
    var new = old
    var problems: [String] = []
    for (key, value) in set {
      let problem: String?
      if key != "groups" {
        problem = Self.set(key, to: value, in: &new, form)
      } else if let known {
        problem = Self.setGroups(value, in: &new, of: known)
      } else {
        problem = "only a YAML table has groups; `weftpd user convert` makes one of this."
      }
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
    return new
  }

  /// Sets `home`, `access` or an option; returns what is wrong with it.
  static func set(
    _ key: String, to value: String, in entry: inout UserEntry, _ form: TableForm = .yaml
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
        return unknown(key, fieldKeys + ["groups"] + UserAttribute.ofUsers.map(\.key))
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

  /// Whether `value` can stand in a table of this form: in lines, a comma or a colon would end it and begin something else. A database
  /// holds what a YAML table holds.
  static func isWritable(_ value: String, _ form: TableForm, allowsLines: Bool = false) -> Bool {
    value.utf8.allSatisfy { byte in
      if byte == 0x0A { return allowsLines && form == .yaml }
      return byte >= 0x20 && byte != 0x7F && (form == .yaml || byte != 0x2C && byte != 0x3A)
    }
  }

  static func unknown(_ key: String, _ known: [String]) -> String {
    "there is no option '\(key)'; there are \(known.sorted().joined(separator: ", "))."
  }

  /// What differs between two entries, secrets hidden.
  static func differences(_ old: UserEntry, _ new: UserEntry) -> [EntryChange] {
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

  // MARK: words

  func invalid(_ message: String) -> UserTableError {
    UserTableError(.invalidEntry, source: place, message: message)
  }

  func unknownUser(_ name: [UInt8]) -> UserTableError {
    UserTableError(
      .unknownUser, source: place,
      message: "there is no user \(Account.display(name)). `weftpd user list` shows the names.")
  }

  func userExists(_ entry: UserEntry) -> UserTableError {
    let place = entry.line > 0 ? "already in line \(entry.line)" : "there already"
    return UserTableError(
      .userExists, source: self.place,
      message: "the user \(Account.display(entry.name)) is \(place). "
        + "Use `weftpd user password` for a new password, `weftpd user set` for its home and options, or --replace.")
  }
}

/// A part of an entry that was changed.
public struct EntryChange: Sendable, Equatable {
  /// `home`, `access`, `name`, or the key of an option.
  public let key: String
  /// As people may see it, secrets hidden; nil: there was nothing.
  public let before: String?
  /// The same, for now.
  public let after: String?
}
