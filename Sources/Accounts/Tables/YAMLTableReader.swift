// Reads a user table that is YAML: users and groups, every mistake reported with its line and the nearest key.

import YAMLDocument

/// Reads one table. What is wrong is collected, and reading goes on.
struct YAMLTableReader {
  /// The keys of a user, or of a group, beside the options.
  static let userKeys = ["password", "home", "access", "groups"]
  static let groupKeys = ["home", "access"]

  private let source: String
  private var problems: [UserTableError.Problem] = []
  private var warnings: [String] = []
  private var groups: [AccountGroup] = []
  private var sharedGroups: [String: SharedGroup] = [:]
  private var entries: [UserEntry] = []
  private var index: [[UInt8]: Int] = [:]
  private var memberships: [[String]: Membership] = [:]

  /// What the members of the same groups share in memory.
  private struct Membership {
    let groups: [SharedGroup]
    let options: AccountOptions
    let shared: Shared<AccountOptions>?
  }

  private init(source: String) { self.source = source }

  /// Reads the table in `bytes`; `source` is the file name for messages.
  static func read(_ bytes: [UInt8], source: String) throws(UserTableError) -> UserTable {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      let line = 1 + UserTable.lines(of: bytes).prefix { String(validating: $0, as: UTF8.self) != nil }.count
      throw UserTableError(source: source, problems: [.init(line: line, message: "is not UTF-8 text")])
    }
    let root: YAMLNode?
    do throws(YAMLError) {
      root = try YAMLNode.document(in: bytes)
    } catch {
      throw UserTableError(
        source: source, problems: [.init(line: error.line, message: "is not valid YAML: \(error.reason)")])
    }
    var reader = YAMLTableReader(source: source)
    if let root { reader.readRoot(root) }
    guard reader.problems.isEmpty else {
      throw UserTableError(source: source, problems: reader.problems.sorted { $0.line < $1.line })
    }
    return UserTable(entries: reader.entries, groups: reader.groups, warnings: reader.warnings, index: reader.index)
  }

  private mutating func report(_ line: Int, _ message: String) {
    problems.append(.init(line: line, message: message))
  }

  private mutating func readRoot(_ root: YAMLNode) {
    guard let pairs = root.pairs else {
      if !root.isNothing { report(root.line, "expected users: and groups:, each with names beneath it") }
      return
    }
    var seen: [String: Int] = [:]
    // Users name groups, wherever these stand.
    for (key, value) in pairs.sorted(by: { $0.key.text == "groups" && $1.key.text != "groups" }) {
      let name = key.text ?? ""
      if let first = seen[name] {
        report(key.line, "'\(name)' stands here a second time, first in line \(first)")
        continue
      }
      seen[name] = key.line
      switch name {
      case "groups": for (key, value) in named(value, "groups") { readGroup(key, value) }
      case "users":
        let users = named(value, "users")
        entries.reserveCapacity(users.count)
        index.reserveCapacity(users.count)
        for (key, value) in users { readUser(key, value) }
      default: report(key.line, YAMLOptionText.unknownKey(name, among: ["users", "groups"]))
      }
    }
  }

  private mutating func named(_ node: YAMLNode, _ section: String) -> [(key: YAMLNode, value: YAMLNode)] {
    if let pairs = node.pairs { return pairs }
    if !node.isNothing { report(node.line, "\(section): expected names with what they are beneath them") }
    return []
  }

  // MARK: - Groups

  private mutating func readGroup(_ key: YAMLNode, _ node: YAMLNode) {
    guard let name = key.text else { return report(key.line, "the name of a group must be a text") }
    let shown = "group \(Account.display(name.utf8))"
    if let problem = AccountGroup.problem(ofName: name) { return report(key.line, "\(shown): the name \(problem)") }
    if let earlier = sharedGroups[name] {
      return report(key.line, "\(shown): a second group of the name in line \(earlier.group.line): remove one")
    }
    var fields = Fields(shown: shown, keys: Self.groupKeys, isGroup: true)
    read(node, &fields)
    let group = AccountGroup(
      name: name, home: fields.home, permissions: fields.permissions, options: fields.options, line: key.line)
    groups.append(group)
    sharedGroups[name] = SharedGroup(group)
  }

  // MARK: - Users

  private mutating func readUser(_ key: YAMLNode, _ node: YAMLNode) {
    guard let text = key.text else { return report(key.line, "the name of a user must be a text") }
    let name = Array(text.utf8)
    var fields = Fields(shown: Account.display(name), keys: Self.userKeys, isGroup: false)
    let before = problems.count
    if let problem = UserEntry.problem(ofName: name) {
      report(key.line, "\(fields.shown): the name \(problem); expected 1 to \(UserEntry.nameLimit) bytes")
    }
    if let earlier = index[name] {
      report(
        key.line, "a second entry for \(fields.shown), who is already in line \(entries[earlier].line): remove one")
      return
    }
    read(node, &fields)
    let membership = membership(fields.groups)
    let inherited = membership?.groups ?? []
    let home = fields.home ?? inherited.lazy.compactMap { $0.group.home(of: name) }.first
    let permissions = fields.permissions ?? inherited.lazy.compactMap(\.group.permissions).first
    if problems.count == before {
      if fields.hash == nil {
        report(key.line, "\(fields.shown): lacks password: a crypt(3) hash, or '*' in quotes to lock the user")
      }
      if home == nil {
        report(key.line, "\(fields.shown): lacks home: an absolute path, here or in one of the user's groups")
      } else if let home, fields.home == nil, let problem = UserEntry.problem(ofHome: home) {
        report(key.line, "\(fields.shown): the home from the user's group \(problem)")
      }
      if permissions == nil {
        report(key.line, "\(fields.shown): lacks access: ro or rw, here or in one of the user's groups")
      }
    }
    // An entry with mistakes counts, so that a second one of the name is found.
    index[name] = entries.count
    let own = fields.options.isEmpty ? nil : Shared(fields.options)
    let all = membership.map { Self.options(own: own, $0) } ?? own
    entries.append(
      UserEntry(
        name: name, hash: fields.hash ?? "*", home: home ?? "/", permissions: permissions ?? .readOnly, own: own,
        all: all,
        groups: inherited, line: key.line))
    if let hash = fields.hash, let weakness = PasswordHash.weakness(of: hash) {
      warnings.append("\(source):\(key.line): \(fields.shown): \(weakness)")
    }
  }

  /// The options of an entry and its groups together. A member without options of its own shares those of the groups.
  private static func options(own: Shared<AccountOptions>?, _ membership: Membership) -> Shared<AccountOptions>? {
    guard let own else { return membership.shared }
    guard membership.shared != nil else { return own }
    var all = membership.options
    // They have been read before, so they can be read again.
    for (key, text) in own.value.texts { try? all.set(key, to: text) }
    return Shared(all)
  }

  /// What members of the groups `names` share; nil where there are none. Unknown ones have been reported.
  private mutating func membership(_ names: [String]) -> Membership? {
    if names.isEmpty { return nil }
    if let known = memberships[names] { return known }
    let groups = names.compactMap { sharedGroups[$0] }
    let options = groups.reduce(AccountOptions()) { $0.inheriting($1.group.options) }
    let membership = Membership(groups: groups, options: options, shared: options.isEmpty ? nil : Shared(options))
    memberships[names] = membership
    return membership
  }

  // MARK: - Keys

  /// What stands beneath a name.
  private struct Fields {
    let shown: String
    let keys: [String]
    let isGroup: Bool
    var hash: String?
    var home: String?
    var permissions: AccountPermissions?
    var groups: [String] = []
    var options = AccountOptions()
  }

  private mutating func read(_ node: YAMLNode, _ fields: inout Fields) {
    guard let pairs = node.pairs else {
      if !node.isNothing { report(node.line, "\(fields.shown): expected keys such as home: beneath the name") }
      return
    }
    for (position, (key, value)) in pairs.enumerated() {
      guard let name = key.text else {
        report(key.line, "\(fields.shown): a key must be a plain word")
        continue
      }
      if let first = pairs[..<position].first(where: { $0.key.text == name }) {
        report(key.line, "\(fields.shown): '\(name)' is given twice, first in line \(first.key.line)")
        continue
      }
      do throws(YAMLValueError) {
        try read(name, value, &fields)
      } catch {
        report(error.line, "\(fields.shown): \(error.message)")
      }
    }
  }

  private func read(_ name: String, _ value: YAMLNode, _ fields: inout Fields) throws(YAMLValueError) {
    func fail(_ message: String) -> YAMLValueError { YAMLValueError(line: value.line, message: message) }
    switch name {
    case "home":
      guard let home = value.text else { throw fail("'home' is not a text; expected an absolute path") }
      if let problem = UserEntry.problem(ofHome: home) { throw fail("the home \(problem); expected an absolute path") }
      fields.home = home
    case "access":
      guard let access = value.text, access == "ro" || access == "rw" else {
        throw fail("'access' cannot be this; expected ro (read-only) or rw (read and write)")
      }
      fields.permissions = access == "ro" ? .readOnly : .readAndWrite
    case "password" where !fields.isGroup: fields.hash = try Self.hash(value)
    case "groups" where !fields.isGroup: fields.groups = try groupNames(value)
    default:
      guard let attribute = UserAttribute.byKey[name] else {
        let options = (fields.isGroup ? UserAttribute.all : UserAttribute.ofUsers).map(\.key)
        throw fail(YAMLOptionText.unknownKey(name, among: fields.keys + options))
      }
      guard fields.isGroup || !attribute.isForGroups else { throw fail("'\(name)' is for groups only") }
      try Self.read(attribute, value, &fields.options)
    }
  }

  private static func read(
    _ attribute: UserAttribute, _ node: YAMLNode, _ options: inout AccountOptions
  ) throws(YAMLValueError) {
    do throws(YAMLValueError) {
      let text = try YAMLOptionText.text(of: node, attribute)
      do throws(AccountOptionError) {
        try options.set(attribute.key, to: text)
      } catch {
        // What people write in YAML for yes and no.
        if let word = ["true": "yes", "false": "no"][text], (try? options.set(attribute.key, to: word)) != nil {
          return
        }
        let shown = attribute.isSecret ? "" : " (\(Account.display(text.utf8)))"
        throw YAMLValueError(
          line: node.line, message: "has a value that cannot be\(shown); expected \(attribute.expected)")
      }
    } catch {
      throw YAMLValueError(line: error.line, message: "'\(attribute.key)' \(error.message)")
    }
  }

  private static func hash(_ node: YAMLNode) throws(YAMLValueError) -> String {
    func fail(_ what: String) -> YAMLValueError { YAMLValueError(line: node.line, message: "the password \(what)") }
    guard let hash = node.text else { throw fail("is not a text; expected a crypt(3) hash") }
    if hash.isEmpty || node.isNothing {
      throw fail(
        "is empty; expected a crypt(3) hash, or '*' to lock the user (what begins with * or ! needs quotes; nobody may "
          + "log in without a password)")
    }
    let isPlain = hash.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    if PasswordHash.isLocked(hash), isPlain { return hash }
    if let problem = PasswordHash.problem(of: hash) {
      throw fail("\(problem); expected a crypt(3) hash such as `weftpd user password` makes")
    }
    return hash
  }

  private func groupNames(_ node: YAMLNode) throws(YAMLValueError) -> [String] {
    let nodes: [YAMLNode]
    switch node.content {
    case .scalar where node.isNothing: return []
    case .scalar: nodes = [node]
    case .sequence(let items): nodes = items
    case .mapping: throw YAMLValueError(line: node.line, message: "'groups' is a mapping; expected names of groups")
    }
    var names: [String] = []
    for item in nodes {
      guard let name = item.text, sharedGroups[name] != nil else {
        let hint = nearestName(to: item.text ?? "", among: groups.map(\.name)).map { "; did you mean \($0)?" } ?? ""
        let shown = Account.display((item.text ?? "").utf8)
        throw YAMLValueError(line: item.line, message: "there is no group '\(shown)'\(hint)")
      }
      if names.contains(name) {
        throw YAMLValueError(line: item.line, message: "the group '\(name)' stands here twice")
      }
      names.append(name)
    }
    return names
  }
}
