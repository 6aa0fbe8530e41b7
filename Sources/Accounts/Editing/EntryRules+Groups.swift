// What every editor of accounts asks of a group, how a change to one is made and told, and how users become members.

import YAMLDocument

extension EntryRules {
  /// A new group.
  ///
  /// - Throws: `.invalidEntry` that names all that is wrong.
  func group(_ name: String, set: [(key: String, value: String)]) throws(UserTableError) -> AccountGroup {
    if let problem = AccountGroup.problem(ofName: name) { throw invalid("the name \(problem).") }
    return try changed(AccountGroup(name: name), set: set, unset: [])
  }

  /// A group with parts set and others taken away.
  ///
  /// - Throws: `.invalidEntry` that names all that is wrong.
  func changed(
    _ group: AccountGroup, set: [(key: String, value: String)], unset: [String]
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
          problems.append(Self.unknown(key, Self.fieldKeys + UserAttribute.all.map(\.key)))
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
          problems.append(Self.unknown(key, Self.fieldKeys + UserAttribute.all.map(\.key)))
        }
        options = options.without(key)
      }
    }
    guard problems.isEmpty else { throw invalid(problems.joined(separator: " ")) }
    return AccountGroup(name: group.name, home: home, permissions: permissions, options: options, line: group.line)
  }

  /// What differs between two groups, secrets hidden.
  static func differences(_ old: AccountGroup, _ new: AccountGroup) -> [EntryChange] {
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

  /// Throws `.invalidEntry` if there are members.
  func checkEmpty(_ group: AccountGroup, members: [[UInt8]]) throws(UserTableError) {
    if members.isEmpty { return }
    let names = members.prefix(5).map { Account.display($0) }.joined(separator: ", ") + (members.count > 5 ? ", …" : "")
    throw invalid(
      "the group \(Account.display(group.name.utf8)) has \(members.count) \(members.count == 1 ? "member" : "members") (\(names)). "
        + "Take them out of it first: `weftpd user set NAME groups=…`.")
  }

  // MARK: members

  /// A new user who is in groups, from which home and access come where they are nil.
  func member(
    _ name: [UInt8], hash: String, home: String?, isReadOnly: Bool?, groups: [String], of known: [AccountGroup]
  ) throws(UserTableError) -> UserEntry {
    var shared: [SharedGroup] = []
    for group in groups {
      guard let found = known.first(where: { $0.name == group }) else { throw unknownGroup(group) }
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

  /// Puts a user into the groups that `value` names, with `;` between them, and into no others; returns what is wrong with it.
  static func setGroups(_ value: String, in entry: inout UserEntry, of known: [AccountGroup]) -> String? {
    var groups: [SharedGroup] = []
    for name in value.split(separator: ";").map(String.init) {
      guard let group = known.first(where: { $0.name == name }) else {
        let hint = nearestName(to: name, among: known.map(\.name)).map { "; did you mean \($0)?" } ?? "."
        return "there is no group '\(Account.display(name.utf8))'\(hint)"
      }
      if groups.contains(where: { $0.group.name == name }) { return "the group '\(name)' is named twice." }
      groups.append(SharedGroup(group))
    }
    entry = entry.with(groups: groups)
    return nil
  }

  // MARK: words

  func unknownGroup(_ name: String) -> UserTableError {
    UserTableError(
      .unknownUser, source: place,
      message: "there is no group \(Account.display(name.utf8)). `weftpd group list` shows the names.")
  }

  func groupExists(_ group: AccountGroup) -> UserTableError {
    let place = group.line > 0 ? "already in line \(group.line)" : "there already"
    return UserTableError(
      .userExists, source: self.place,
      message: "the group \(Account.display(group.name.utf8)) is \(place). Use `weftpd group set` to change it.")
  }
}
