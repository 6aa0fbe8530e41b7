// Edits the user table file, of lines or YAML: adds, changes and removes users, keeping every other byte as it is.

import Glibc

/// Edits one table file. Every edit locks the file, reads it whole, and replaces it atomically, so that editors that run
/// at the same time do not lose each other's work and the daemon never reads half a table. A table that cannot be
/// understood is never changed.
public struct UserTableEditor: Sendable {
  /// The table file.
  public let path: String

  /// An editor of the table file at `path`, which need not exist yet: `add` and `importUsers` make it, mode 0600.
  public init(path: String) { self.path = path }

  /// Reads the table.
  public func load() throws(UserTableError) -> UserTable { try UserTable.load(path: path) }

  /// The user of that name. Throws `.unknownUser` if there is none.
  public func entry(named name: [UInt8]) throws(UserTableError) -> UserEntry {
    guard let entry = try load().entry(named: name) else { throw unknownUser(name) }
    return entry
  }

  /// Throws what `add` would throw for these, except what depends on the password: to ask for the password only when
  /// it has a purpose.
  public func checkAdd(name: [UInt8], home: String, replacing: Bool = false) throws(UserTableError) {
    try check(UserEntry(name: name, hash: "*", home: home, permissions: .readOnly))
    let table: UserTable
    do throws(UserTableError) {
      table = try load()
    } catch {
      if error.code == .missingFile { return }  // `add` makes it, or says why it cannot
      throw error
    }
    if let entry = table.entry(named: name), !replacing { throw userExists(entry) }
  }

  /// Adds a user at the end of the table, or changes the one there is.
  /// - Parameters:
  ///   - hash: a crypt(3) hash this system verifies, or a locked one (`*`).
  ///   - isReadOnly: nil keeps what a user has who is there already; a new one may read and write.
  ///   - replacing: if there is a user of that name, give it this hash, home and access instead of failing. Its options stay.
  /// - Returns: warnings, one sentence each: a weak hash kind, a home that is not there, a name that looks like another.
  /// - Throws: `.userExists`, `.invalidEntry`, or what reading and writing throws.
  @discardableResult
  public func add(
    name: [UInt8], hash: String, home: String, isReadOnly: Bool? = nil, replacing: Bool = false
  ) throws(UserTableError) -> [String] {
    let entry = UserEntry(
      name: name, hash: hash, home: home, permissions: isReadOnly ?? false ? .readOnly : .readAndWrite)
    try check(entry)
    var warnings = Self.warnings(for: entry)
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      try checkForm(text.form, name)
      if let existing = text.table.entry(named: name) {
        guard replacing else { throw userExists(existing) }
        try text.replace(
          existing,
          with: existing.with(hash: hash, home: home, permissions: isReadOnly == nil ? nil : entry.permissions))
      } else {
        if let twin = text.table.entries.first(where: { Self.looksAlike($0.name, name) }) {
          warnings.append(
            "the name looks like that of the user in line \(twin.line), but is encoded differently in Unicode: "
              + "these are two users")
        }
        text.append(entry)
      }
      return try text.bytes()
    }
    return warnings
  }

  /// Gives a user another password hash and leaves the rest of the entry as it is.
  /// - Returns: warnings, as `add` does.
  @discardableResult
  public func changePassword(of name: [UInt8], hash: String) throws(UserTableError) -> [String] {
    try checkHash(hash)
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.entry(named: name) else { throw unknownUser(name) }
      try text.replace(old, with: old.with(hash: hash))
      return try text.bytes()
    }
    return PasswordHash.weakness(of: hash).map { [$0] } ?? []
  }

  /// Removes a user.
  public func remove(_ name: [UInt8]) throws(UserTableError) {
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let entry = text.table.entry(named: name) else { throw unknownUser(name) }
      text.remove(entry)
      return try text.bytes()
    }
  }

  // MARK: - Checks

  /// YAML is UTF-8, and so are the names in it.
  func checkForm(_ form: TableForm, _ name: [UInt8]) throws(UserTableError) {
    if form == .yaml, String(validating: name, as: UTF8.self) == nil {
      throw invalid("the name is not UTF-8, as all of a YAML table is.")
    }
  }

  func check(_ entry: UserEntry) throws(UserTableError) {
    if let problem = UserEntry.problem(ofName: entry.name) {
      throw invalid("the name \(problem). Choose 1 to \(UserEntry.nameLimit) bytes without ':' or controls.")
    }
    if let problem = UserEntry.problem(ofHome: entry.home) {
      throw invalid("the home \(problem). Give an absolute path.")
    }
    try checkHash(entry.hash)
  }

  private func checkHash(_ hash: String) throws(UserTableError) {
    if hash.isEmpty {
      throw invalid("the hash is empty: nobody may log in without a password. Give * to lock the user.")
    }
    let isPlain = hash.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    if PasswordHash.isLocked(hash), isPlain { return }
    if let problem = PasswordHash.problem(of: hash) {
      throw invalid("the hash \(problem). Give a crypt(3) hash, or leave it out and type a password.")
    }
  }

  func invalid(_ message: String) -> UserTableError {
    UserTableError(.invalidEntry, source: path, message: message)
  }

  func unknownUser(_ name: [UInt8]) -> UserTableError {
    UserTableError(
      .unknownUser, source: path,
      message: "there is no user \(Account.display(name)). `weftpd user list` shows the names.")
  }

  func userExists(_ entry: UserEntry) -> UserTableError {
    UserTableError(
      .userExists, source: path,
      message: "the user \(Account.display(entry.name)) is already in line \(entry.line). "
        + "Use `weftpd user password` for a new password, `weftpd user set` for its home and options, or --replace.")
  }

  /// True for two names that differ as bytes but read the same (NFC and NFD).
  static func looksAlike(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left != right, let left = String(validating: left, as: UTF8.self),
      let right = String(validating: right, as: UTF8.self)
    else { return false }
    return left == right  // String equality is canonical equivalence
  }

  static func warnings(for entry: UserEntry) -> [String] {
    var warnings: [String] = []
    if let weakness = PasswordHash.weakness(of: entry.hash) { warnings.append(weakness) }
    var status = stat()
    if stat(entry.home, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
      let home = Account.display(entry.home.utf8)
      warnings.append("the home \(home) is not a directory yet: make it before the first login")
    }
    return warnings
  }
}
