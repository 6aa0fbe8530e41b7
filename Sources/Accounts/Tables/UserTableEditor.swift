// Edits the user table file: adds, changes and removes users, keeping every other byte of the file as it is.

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
      if let existing = text.table.entry(named: name) {
        guard replacing else { throw userExists(existing) }
        text.replace(
          line: existing.line,
          with: existing.with(hash: hash, home: home, permissions: isReadOnly == nil ? nil : entry.permissions))
      } else {
        if let twin = text.table.entries.first(where: { Self.looksAlike($0.name, name) }) {
          warnings.append(
            "the name looks like that of the user in line \(twin.line), but is encoded differently in Unicode: "
              + "these are two users")
        }
        text.append(entry)
      }
      return text.bytes
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
      text.replace(line: old.line, with: old.with(hash: hash))
      return text.bytes
    }
    return PasswordHash.weakness(of: hash).map { [$0] } ?? []
  }

  /// Removes a user's line.
  public func remove(_ name: [UInt8]) throws(UserTableError) {
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let entry = text.table.entry(named: name) else { throw unknownUser(name) }
      text.remove(line: entry.line)
      return text.bytes
    }
  }

  /// Takes over the users of an imported file in one step: all that can be, or none if the table cannot be written.
  /// - Parameters:
  ///   - replacing: give users of the same name the imported password, home and access, and keep their options; otherwise those users are
  ///     left alone.
  ///   - readOnly: make all imported users read-only.
  /// - Returns: who was added, replaced and left alone; to be shown with `source.skipped` and `source.warnings`.
  public func importUsers(
    _ source: UserImport, replacing: Bool = false, readOnly: Bool = false
  ) throws(UserTableError) -> ImportReport {
    var report = ImportReport()
    if source.users.isEmpty { return report }
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      for user in source.users {
        let entry = UserEntry(
          name: user.name, hash: user.hash, home: user.home,
          permissions: user.isReadOnly || readOnly ? .readOnly : .readAndWrite)
        if let existing = text.table.entry(named: user.name) {
          guard replacing else {
            report.kept.append(user.name)
            continue
          }
          // The imported file knows nothing of the options.
          text.replace(
            line: existing.line, with: existing.with(hash: entry.hash, home: entry.home, permissions: entry.permissions)
          )
          report.replaced.append(user.name)
        } else {
          text.append(entry)
          report.added.append(user.name)
        }
      }
      return report.added.isEmpty && report.replaced.isEmpty ? nil : text.bytes
    }
    return report
  }

  /// What an import did. Names in the order of the imported file.
  public struct ImportReport: Sendable, Equatable {
    /// Users the table did not have.
    public var added: [[UInt8]] = []
    /// Users the table had, who got the imported password, home and access.
    public var replaced: [[UInt8]] = []
    /// Users left out because the table has the name already.
    public var kept: [[UInt8]] = []
  }

  // MARK: - Checks

  private func check(_ entry: UserEntry) throws(UserTableError) {
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

  private static func warnings(for entry: UserEntry) -> [String] {
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
