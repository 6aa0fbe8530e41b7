// The text of a YAML table while it is edited: single keys change, and what came out is read again before it is kept.

import YAMLDocument

/// A YAML table under edit.
struct YAMLTableText {
  private let source: String
  private let before: UserTable
  private let editor: YAMLEditor
  /// What happens to the users and groups there are, by the places of their pairs.
  private var entryChanges: [[UInt8]: YAMLMappingChange] = [:]
  private var groupChanges: [String: YAMLMappingChange] = [:]
  private var userChange = YAMLMappingChange()
  private var groupsChange = YAMLMappingChange()
  /// Where each name stands among the pairs of its section.
  private let userPlaces: [String: Int]
  private let groupPlaces: [String: Int]
  /// What the table has to say afterwards; nil: the user or group is gone.
  private var expected: [[UInt8]: UserEntry?] = [:]
  private var expectedGroups: [String: AccountGroup?] = [:]

  init(_ bytes: [UInt8], table: UserTable, source: String) throws(UserTableError) {
    self.source = source
    before = table
    do throws(YAMLError) {
      editor = try YAMLEditor(bytes)
    } catch {
      throw UserTableError(source: source, problems: [.init(line: error.line, message: error.reason)])
    }
    userPlaces = Self.places(editor.root?["users"])
    groupPlaces = Self.places(editor.root?["groups"])
  }

  private static func places(_ node: YAMLNode?) -> [String: Int] {
    let names = (node?.pairs ?? []).enumerated().map { ($0.element.key.text ?? "", $0.offset) }
    return Dictionary(names) { first, _ in first }
  }

  // MARK: - Users

  /// - Parameter inheriting: keys that come from the groups of the user.
  mutating func append(_ entry: UserEntry, inheriting keys: Set<String> = []) {
    let pairs = Self.pairs(of: entry).filter { !keys.contains($0.key) }
    userChange.added.append(YAMLPair(Self.name(entry.name), .mapping(pairs)))
    expected[entry.name] = entry
  }

  mutating func remove(_ entry: UserEntry) {
    guard let place = userPlaces[Self.name(entry.name)] else { return }
    userChange.removed.insert(place)
    expected[entry.name] = .some(nil)
  }

  mutating func replace(_ old: UserEntry, with new: UserEntry) throws(UserTableError) {
    let name = Self.name(old.name)
    guard let place = userPlaces[name] else { return }
    var wanted: [String: YAMLValue?] = [:]
    if old.hash != new.hash { wanted["password"] = .scalar(new.hash) }
    if old.home != new.home { wanted["home"] = .scalar(new.home) }
    if old.permissions != new.permissions { wanted["access"] = Self.access(new.permissions) }
    if old.groups != new.groups {
      wanted["groups"] = .some(new.groups.isEmpty ? nil : .sequence(new.groups.map { .scalar($0.group.name) }))
    }
    Self.compare(old.ownOptions, new.ownOptions, into: &wanted)
    let node = editor.root?["users"]?.pairs?[place].value
    entryChanges[old.name] = Self.change(of: node, to: wanted, order: YAMLTableReader.userKeys)
    if old.name != new.name {
      userChange.renamed.append((place, Self.name(new.name)))
      expected[old.name] = .some(nil)
    }
    expected[new.name] = new
  }

  // MARK: - Groups

  mutating func append(_ group: AccountGroup) {
    groupsChange.added.append(YAMLPair(group.name, .mapping(Self.pairs(of: group))))
    expectedGroups[group.name] = group
  }

  mutating func remove(_ group: AccountGroup) {
    guard let place = groupPlaces[group.name] else { return }
    groupsChange.removed.insert(place)
    expectedGroups[group.name] = .some(nil)
  }

  mutating func replace(_ old: AccountGroup, with new: AccountGroup) {
    guard let place = groupPlaces[old.name] else { return }
    var wanted: [String: YAMLValue?] = [:]
    if old.home != new.home { wanted["home"] = .some(new.home.map { .scalar($0) }) }
    if old.permissions != new.permissions { wanted["access"] = .some(new.permissions.map(Self.access)) }
    Self.compare(old.options, new.options, into: &wanted)
    let node = editor.root?["groups"]?.pairs?[place].value
    groupChanges[old.name] = Self.change(of: node, to: wanted, order: YAMLTableReader.groupKeys)
    expectedGroups[old.name] = new
  }

  // MARK: - As YAML

  /// A user as a pair of the section `users`.
  static func pairs(of entry: UserEntry) -> [YAMLPair] {
    var pairs = [YAMLPair("password", .scalar(entry.hash)), YAMLPair("home", .scalar(entry.home))]
    pairs.append(YAMLPair("access", access(entry.permissions)))
    if !entry.groups.isEmpty {
      pairs.append(YAMLPair("groups", .sequence(entry.groups.map { .scalar($0.group.name) })))
    }
    return pairs + optionPairs(entry.ownOptions)
  }

  static func pairs(of group: AccountGroup) -> [YAMLPair] {
    var pairs: [YAMLPair] = []
    if let home = group.home { pairs.append(YAMLPair("home", .scalar(home))) }
    if let permissions = group.permissions { pairs.append(YAMLPair("access", access(permissions))) }
    return pairs + optionPairs(group.options)
  }

  private static func optionPairs(_ options: AccountOptions) -> [YAMLPair] {
    options.texts.sorted { $0.key < $1.key }.compactMap { key, text in
      UserAttribute.byKey[key].map { YAMLPair(key, YAMLOptionText.value(text, $0)) }
    }
  }

  private static func access(_ permissions: AccountPermissions) -> YAMLValue {
    .scalar(permissions.isReadOnly ? "ro" : "rw")
  }

  /// A name of a table that is UTF-8, as all of YAML is.
  private static func name(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func compare(_ old: AccountOptions, _ new: AccountOptions, into wanted: inout [String: YAMLValue?]) {
    for attribute in UserAttribute.all where old.texts[attribute.key] != new.texts[attribute.key] {
      wanted[attribute.key] = .some(new.texts[attribute.key].map { YAMLOptionText.value($0, attribute) })
    }
  }

  /// The change after which the mapping `node` has the values `wanted`.
  private static func change(
    of node: YAMLNode?, to wanted: [String: YAMLValue?], order: [String]
  ) -> YAMLMappingChange {
    var change = YAMLMappingChange()
    let keys = wanted.keys.sorted {
      (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1)
    }
    for key in keys {
      let place = node?.pairs?.firstIndex { $0.key.text == key }
      switch (place, wanted[key] ?? nil) {
      case (let place?, let value?): change.replaced.append((place, value))
      case (let place?, nil): change.removed.insert(place)
      case (nil, let value?): change.added.append(YAMLPair(key, value))
      case (nil, nil): break
      }
    }
    return change
  }

  // MARK: - The result

  /// The file: read again, it says what it said before and what was changed, and nothing else.
  func bytes() throws(UserTableError) -> [UInt8] {
    var editor = editor
    do throws(YAMLEditError) {
      // What is new stands behind what is there: users would else be put behind a section of groups that has just been made.
      let groupsAreNew = editor.root?["groups"] == nil && editor.root?["users"] != nil
      for section in groupsAreNew ? ["users", "groups"] : ["groups", "users"] {
        if section == "groups" {
          try apply(section, groupsChange, groupChanges.map { (groupPlaces[$0.key], $0.value) }, to: &editor)
        } else {
          try apply(
            section, userChange, entryChanges.map { (userPlaces[Self.name($0.key)], $0.value) }, to: &editor)
        }
      }
    } catch {
      throw cannot("line \(error.line): \(error.reason)")
    }
    let bytes = editor.changed
    let after: UserTable
    do throws(UserTableError) {
      after = try UserTable.parse(bytes, source: source)
    } catch {
      throw cannot(error.problems.first?.message ?? error.message)
    }
    try check(after)
    return bytes
  }

  private func apply(
    _ section: String, _ change: YAMLMappingChange, _ entries: [(place: Int?, change: YAMLMappingChange)],
    to editor: inout YAMLEditor
  ) throws(YAMLEditError) {
    if change.isEmpty, entries.isEmpty { return }
    guard let pair = editor.root?.pairs?.first(where: { $0.key.text == section }) else {
      editor.append(YAMLPair(section, .mapping(change.added)))
      return
    }
    for (place, change) in entries {
      guard let place, let entry = pair.value.pairs?[place] else { continue }
      try editor.change(entry.value, of: entry.key, change)
    }
    try editor.change(pair.value, of: pair.key, change)
  }

  /// Compares what the new text says with what it has to say.
  private func check(_ after: UserTable) throws(UserTableError) {
    let gone = expected.values.count { $0 == nil }
    let new = expected.count { $0.value != nil && before.entry(named: $0.key) == nil }
    guard after.entries.count == before.entries.count - gone + new else { throw cannot("users would be lost") }
    for entry in before.entries where expected[entry.name] == nil {
      guard let now = after.entry(named: entry.name), Self.isSame(now, entry, inherits: !expectedGroups.isEmpty) else {
        throw cannot("\(Account.display(entry.name)) would change, too")
      }
    }
    for case (let name, let entry?) in expected {
      let inherits = before.entry(named: name).map { $0.groups != entry.groups } ?? true
      guard let now = after.entry(named: name), Self.isSame(now, entry, inherits: inherits) else {
        throw cannot("\(Account.display(name)) would be another one")
      }
    }
    for group in before.groups where expectedGroups[group.name] == nil {
      guard let now = after.group(named: group.name), Self.isSame(now, group) else {
        throw cannot("the group \(Account.display(group.name.utf8)) would change, too")
      }
    }
    for (name, group) in expectedGroups {
      let now = after.group(named: name)
      let isRight = group.map { group in now.map { Self.isSame($0, group) } ?? false } ?? (now == nil)
      guard isRight else { throw cannot("the group \(Account.display(name.utf8)) would be another one") }
    }
  }

  /// - Parameter inherits: what comes from groups may have changed.
  private static func isSame(_ left: UserEntry, _ right: UserEntry, inherits: Bool) -> Bool {
    left.hash == right.hash && left.ownOptions.texts == right.ownOptions.texts
      && left.groups.map(\.group.name) == right.groups.map(\.group.name)
      && (inherits || left.home == right.home && left.permissions == right.permissions)
  }

  private static func isSame(_ left: AccountGroup, _ right: AccountGroup) -> Bool {
    left.home == right.home && left.permissions == right.permissions && left.options.texts == right.options.texts
  }

  private func cannot(_ why: String) -> UserTableError {
    UserTableError(
      .invalidEntry, source: source,
      message: "cannot be edited this way as it is written (\(why)). Nothing was changed; use a text editor.")
  }
}
