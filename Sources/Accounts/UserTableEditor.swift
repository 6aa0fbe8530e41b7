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

  /// Adds a user at the end of the table.
  /// - Parameters:
  ///   - hash: a crypt(3) hash this system verifies, or a locked one (`*`).
  ///   - replacing: if there is a user of that name, put this one in its place instead of failing.
  /// - Returns: warnings, one sentence each: a weak hash kind, a home that is not there, a name that looks like another.
  /// - Throws: `.userExists`, `.invalidEntry`, or what reading and writing throws.
  @discardableResult
  public func add(
    name: [UInt8], hash: String, home: String, isReadOnly: Bool, replacing: Bool = false
  ) throws(UserTableError) -> [String] {
    let entry = UserEntry(
      name: name, hash: hash, home: home, permissions: isReadOnly ? .readOnly : .readAndWrite)
    try check(entry)
    var warnings = Self.warnings(for: entry)
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      if let existing = text.table.entry(named: name) {
        guard replacing else { throw userExists(existing) }
        text.replace(line: existing.line, with: entry)
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

  /// Sets an option of a user, or takes it away, and leaves the rest of the entry as it is.
  /// - Parameter value: nil takes the option away; that it was not there is no error.
  /// - Throws: `.invalidEntry` for a key or value ``UserAttribute`` does not know, or what reading and writing throws.
  public func setAttribute(_ key: String, to value: String?, of name: [UInt8]) throws(UserTableError) {
    guard let attribute = UserAttribute.byKey[key] else { throw invalid("there is no option '\(key)'.") }
    // A comma or colon would end the value and begin another option or field.
    if let value,
      !attribute.accepts(value) || value.utf8.contains(where: { $0 < 0x20 || [0x2C, 0x3A, 0x7F].contains($0) })
    {
      throw invalid("the value of '\(key)' cannot be; expected \(attribute.expected).")
    }
    try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      guard let old = text.table.entry(named: name) else { throw unknownUser(name) }
      var options = old.options.without(key)
      if let value { try? options.set(key, to: value) }
      text.replace(line: old.line, with: old.with(options: options))
      return text.bytes
    }
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
  ///   - replacing: put imported users in the place of users of the same name; otherwise those are left alone.
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
          text.replace(line: existing.line, with: entry)
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
    /// Users that were put in the place of others of the same name.
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

  private func invalid(_ message: String) -> UserTableError {
    UserTableError(.invalidEntry, source: path, message: message)
  }

  private func unknownUser(_ name: [UInt8]) -> UserTableError {
    UserTableError(
      .unknownUser, source: path,
      message: "there is no user \(Account.display(name)). `weftpd user list` shows the names.")
  }

  private func userExists(_ entry: UserEntry) -> UserTableError {
    UserTableError(
      .userExists, source: path,
      message: "the user \(Account.display(entry.name)) is already in line \(entry.line). "
        + "Use `weftpd user password` for a new password, or --replace for a new entry.")
  }

  /// True for two names that differ as bytes but read the same (NFC and NFD).
  private static func looksAlike(_ left: [UInt8], _ right: [UInt8]) -> Bool {
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

/// The lines of a table under edit, and the table they say.
private struct TableText {
  private var lines: [[UInt8]?]
  let table: UserTable
  private let endsInCRLF: Bool

  init(_ bytes: [UInt8], source: String) throws(UserTableError) {
    table = try UserTable.parse(bytes, source: source)
    let slices = UserTable.lines(of: bytes)
    endsInCRLF = slices.first?.last == UInt8(ascii: "\r")
    lines = slices.map(Array.init)
  }

  mutating func append(_ entry: UserEntry) { lines.append(entry.serialized + ending) }

  /// `line` counts from 1, as messages do.
  mutating func replace(line: Int, with entry: UserEntry) {
    guard lines.indices.contains(line - 1) else { return }
    lines[line - 1] = entry.serialized + ending
  }

  mutating func remove(line: Int) {
    guard lines.indices.contains(line - 1) else { return }
    lines[line - 1] = nil
  }

  private var ending: [UInt8] { endsInCRLF ? [UInt8(ascii: "\r")] : [] }

  /// The file: every line ends in LF, the last one too.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      guard let line else { continue }
      bytes += line
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
