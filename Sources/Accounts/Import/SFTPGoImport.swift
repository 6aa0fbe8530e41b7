// Reads what SFTPGo's dumpdata writes: users and groups, with their folders; what single settings become is in SFTPGoSettings.

import YAMLDocument

extension UserImport {
  /// Reads the dump at `path` (up to 64 MiB).
  /// - Throws: `UserTableError` if it cannot be read, or is no dump.
  public static func sftpgo(path: String) throws(UserTableError) -> UserImport {
    try UserImport(sftpgoDump: try TableFile.read(path: path).bytes, source: path)
  }

  /// Reads a dump from bytes. Source: the types BackupData, User, Group and BaseVirtualFolder of SFTPGo 2.
  init(sftpgoDump bytes: [UInt8], source: String) throws(UserTableError) {
    func malformed(_ line: Int, _ message: String) -> UserTableError {
      UserTableError(source: source, problems: [.init(line: line, message: message)])
    }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw malformed(1, "is not UTF-8 text") }
    let root: YAMLNode?
    do throws(YAMLError) {
      root = try YAMLNode.document(in: bytes)  // JSON is YAML, and libyaml keeps the lines
    } catch {
      throw malformed(error.line, "is not valid JSON: \(error.reason)")
    }
    guard let root, let users = root["users"] else {
      throw malformed(1, "is no dump of SFTPGo: expected an object with \"users\", as `sftpgo` writes for dumpdata")
    }
    self.init(.sftpgo)
    var folders: [String: YAMLNode] = [:]
    for folder in root["folders"]?.items ?? [] { folders[folder["name"]?.text ?? ""] = folder }
    var settings: [String: SFTPGoSettings] = [:]
    for group in root["groups"]?.items ?? [] {
      let name = group["name"]?.text ?? ""
      if let problem = AccountGroup.problem(ofName: name) {
        skipped.append(.init(line: group.line, message: "group \(Account.display(name.utf8)): the name \(problem)"))
        continue
      }
      var read = SFTPGoSettings(folders: folders)
      if let own = group["user_settings"] { read.read(own, virtualFolders: group["virtual_folders"]) }
      settings[name] = read
      let home = read.home.map { $0.replacing("%username%", with: "%u") }
      groups.append(
        AccountGroup(
          name: name, home: home.flatMap { UserEntry.problem(ofHome: $0) == nil ? $0 : nil },
          permissions: read.isAccessGiven ? read.permissions.isReadOnly ? .readOnly : .readAndWrite : nil,
          options: read.options, line: group.line))
      warnings += read.imported.losses.map {
        .init(line: group.line, message: "group \(Account.display(name.utf8)): \($0)")
      }
    }
    for user in users.items { add(sftpgo: user, folders: folders, groups: settings) }
  }

  private mutating func add(sftpgo user: YAMLNode, folders: [String: YAMLNode], groups: [String: SFTPGoSettings]) {
    let name = user["username"]?.text ?? ""
    func skip(_ message: String) {
      skipped.append(.init(line: user.line, message: "\(Account.display(name.utf8)): \(message)"))
    }
    var settings = SFTPGoSettings(folders: folders)
    settings.read(user, virtualFolders: user["virtual_folders"])
    if let store = settings.foreignStore {
      return skip("the files are in \(store), which is no directory of this host")
    }
    // 1 is the primary group, 2 a secondary one; a membership, 3, hands nothing on.
    let memberships = (user["groups"]?.items ?? []).sorted { ($0.number("type") ?? 3) < ($1.number("type") ?? 3) }
    var names: [String] = []
    for membership in memberships {
      let group = membership["name"]?.text ?? ""
      guard let inherited = groups[group] else { continue }
      if membership.number("type") == 1, let home = inherited.home { settings.home = home }
      guard membership.number("type") != 3 else {
        settings.imported.lose("mere membership in the group \(Account.display(group.utf8))")
        continue
      }
      if membership.number("type") == 2, !inherited.imported.options.isEmpty {
        settings.imported.note(
          "the group \(Account.display(group.utf8)) is a secondary one there and hands on only lists; here it hands on all"
        )
      }
      settings.add(listsOf: inherited)
      names.append(group)
    }
    var hash = user["password"]?.text
    if let problem = hash.map(PasswordHash.problem) ?? "is not in the dump" {
      settings.imported.note("the password \(problem): locked until `weftpd user password` sets one")
      hash = nil
    }
    let home = (settings.home ?? "").replacing("%username%", with: name)
    add(
      name: Array(name.utf8), hash: hash.map { Array($0.utf8) }, home: Array(home.utf8),
      isReadOnly: settings.permissions.isReadOnly, groups: names, line: user.line, settings.finished(for: name))
  }
}

extension YAMLNode {
  /// The items of a sequence; none if it is something else.
  var items: [YAMLNode] {
    if case .sequence(let items) = content { return items }
    return []
  }

  /// The number at `key`, unless it is 0.
  func number(_ key: String) -> Int64? {
    guard let number = self[key]?.text.flatMap({ Int64($0) }), number != 0 else { return nil }
    return number
  }

  /// The texts in the list at `key`.
  func texts(_ key: String) -> [String] { self[key]?.items.compactMap(\.text) ?? [] }

  /// Whether `true` stands at `key`.
  func isTrue(_ key: String) -> Bool { self[key]?.text == "true" }
}
