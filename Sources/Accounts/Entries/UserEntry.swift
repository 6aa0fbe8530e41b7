// One user of the table, the rules a name and a home must keep, and the line the entry is written as.

/// One user of the user table.
public struct UserEntry: Sendable, Hashable {
  /// The name, compared byte for byte.
  public let name: [UInt8]
  /// The password as crypt(5) hash; `*`, or anything that begins with `!` or `*`, locks the account.
  public let hash: String
  /// Absolute path on the host of the directory that becomes the user's `/`.
  public let home: String
  /// What the user may do.
  public let permissions: AccountPermissions
  /// The line of the table the entry stands in, from 1; 0 if it was not read from a table.
  public let line: Int
  /// The groups the user belongs to, the strongest first.
  public let groups: [SharedGroup]
  /// nil where there are none, as in most entries.
  let sharedOptions: Shared<AccountOptions>?
  private let sharedOwnOptions: Shared<AccountOptions>?

  /// What holds for the user: the options of the entry, and those of its groups that the entry does not have itself.
  public var options: AccountOptions { sharedOptions?.value ?? AccountOptions() }

  /// The options that stand in the entry itself.
  public var ownOptions: AccountOptions { sharedOwnOptions?.value ?? AccountOptions() }

  /// Makes an entry without checking it; `UserTable` and `UserTableEditor` check what they read and write.
  ///
  /// - Parameters:
  ///   - options: those of the entry itself.
  ///   - groups: the groups of the user, the strongest first.
  public init(
    name: [UInt8], hash: String, home: String, permissions: AccountPermissions,
    options: AccountOptions = AccountOptions(), groups: [SharedGroup] = [], line: Int = 0
  ) {
    self.name = name
    self.hash = hash
    self.home = home
    self.permissions = permissions
    self.groups = groups
    self.line = line
    let own = options.isEmpty ? nil : Shared(options)
    sharedOwnOptions = own
    if groups.isEmpty {
      sharedOptions = own
    } else {
      let all = groups.reduce(options) { $0.inheriting($1.group.options) }
      sharedOptions = all.isEmpty ? nil : Shared(all)
    }
  }

  /// Makes an entry of options that others may share: `own` are those of the entry, `all` those with the groups' ones.
  init(
    name: [UInt8], hash: String, home: String, permissions: AccountPermissions, own: Shared<AccountOptions>?,
    all: Shared<AccountOptions>?, groups: [SharedGroup], line: Int
  ) {
    self.name = name
    self.hash = hash
    self.home = home
    self.permissions = permissions
    self.groups = groups
    self.line = line
    sharedOwnOptions = own
    sharedOptions = all
  }

  /// True if the user may only list and download.
  public var isReadOnly: Bool { permissions.isReadOnly }

  /// True if no rule lets the user change anything anywhere either.
  public var changesNothing: Bool {
    isReadOnly && options.permissionRules.allSatisfy { $0.permissions.isReadOnly }
  }

  /// The same entry with something else in it.
  public func with(
    name: [UInt8]? = nil, hash: String? = nil, home: String? = nil, permissions: AccountPermissions? = nil,
    options: AccountOptions? = nil, groups: [SharedGroup]? = nil
  ) -> UserEntry {
    UserEntry(
      name: name ?? self.name, hash: hash ?? self.hash, home: home ?? self.home,
      permissions: permissions ?? self.permissions, options: options ?? ownOptions, groups: groups ?? self.groups,
      line: line)
  }

  /// True if no password can ever be right for this entry, because its hash says so.
  public var isLocked: Bool { PasswordHash.isLocked(hash) }

  /// Longest name, in bytes.
  public static let nameLimit = 255
  /// Longest home, in bytes (PATH_MAX without its NUL).
  public static let homeLimit = 4095

  /// What is wrong with `name` as the name of a user, in words that follow "the name"; nil if it may be used.
  public static func problem(ofName name: some Collection<UInt8>) -> String? {
    guard let first = name.first else { return "is empty" }
    if name.count > nameLimit { return "is longer than \(nameLimit) bytes" }
    if name.contains(UInt8(ascii: ":")) { return "contains a colon, which separates the fields of the table" }
    if containsControl(name) { return "contains a control character" }
    if first == UInt8(ascii: "#") { return "begins with '#', which begins a comment" }
    if first == UInt8(ascii: " ") || Array(name).last == UInt8(ascii: " ") { return "begins or ends with a blank" }
    if Account.isAnonymousName(Array(name)) {
      return "is taken by the anonymous login (anonymous and ftp, in upper or lower case)"
    }
    return nil
  }

  /// What is wrong with `home` as a home directory, in words that follow "the home"; nil if it may be used. Whether the
  /// directory exists is not looked at.
  public static func problem(ofHome home: String) -> String? {
    if home.isEmpty { return "is empty" }
    if home.utf8.first != UInt8(ascii: "/") { return "is not an absolute path (it must begin with '/')" }
    if home.utf8.count > homeLimit { return "is longer than \(homeLimit) bytes" }
    if home.utf8.contains(UInt8(ascii: ":")) { return "contains a colon, which separates the fields of the table" }
    if containsControl(home.utf8) { return "contains a control character" }
    // Split only where there is something to find: tables have many homes.
    let hasTwoDots = zip(home.utf8, home.utf8.dropFirst()).contains { $0 == UInt8(ascii: ".") && $1 == $0 }
    if hasTwoDots, home.split(separator: "/").contains("..") { return "contains '..'" }
    return nil
  }

  /// The line of the table that says this entry, without its end.
  var serialized: [UInt8] {
    var line = name
    line.append(UInt8(ascii: ":"))
    line += hash.utf8
    line.append(UInt8(ascii: ":"))
    line += home.utf8
    line += (isReadOnly ? ":ro" : ":rw").utf8
    for (key, value) in ownOptions.texts.sorted(by: { $0.key < $1.key }) { line += ",\(key)=\(value)".utf8 }
    return line
  }

  /// True if `bytes` hold a control of ASCII or, as UTF-8, of Unicode (which a terminal may obey too).
  private static func containsControl(_ bytes: some Collection<UInt8>) -> Bool {
    var isASCII = true
    for byte in bytes {
      if byte < 0x20 || byte == 0x7F { return true }
      if byte >= 0x80 { isASCII = false }
    }
    if isASCII { return false }
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
