// Edits the accounts in an SQLite file, for the commands `weftpd user`.

import Accounts
import Glibc

/// Accounts in an SQLite file, as they are edited. Each transaction has a connection of its own.
public struct SQLiteStore: AccountStore {
  /// The path of the file.
  public let path: String
  public var place: String { path }

  /// The file need not exist yet: whoever may make it does so, mode 0600.
  public init(path: String) { self.path = path }

  public func transaction<Result>(
    creating: Bool, _ body: (SQLiteTransaction) throws(UserTableError) -> Result
  ) throws(UserTableError) -> Result {
    try transaction(creating: creating) { (connection, version) throws(UserTableError) in
      let tables = try usable(version, creating: creating)
      if tables == 0 {
        try naming { () throws(SQLiteError) in try SQLiteSchema.migrate(connection, from: 0) }
      }
      return try body(SQLiteTransaction(connection: connection, path: path))
    }
  }

  public func migrate() throws(UserTableError) -> (from: Int, to: Int) {
    try transaction(creating: true) { (connection, version) throws(UserTableError) in
      guard let version else { throw foreign }
      guard version <= SQLiteSchema.current else { throw Self.newer(path, version) }
      try naming { () throws(SQLiteError) in try SQLiteSchema.migrate(connection, from: version) }
      return (version, SQLiteSchema.current)
    }
  }

  private func transaction<Result>(
    creating: Bool, _ body: (SQLiteConnection, Int?) throws(UserTableError) -> Result
  ) throws(UserTableError) -> Result {
    try SQLiteFile.check(path, mayBeMissing: creating)
    // What SQLite creates would be readable for all where the umask lets it. Journals take the file's mode. The umask itself is left
    // alone: it is that of every thread.
    if creating { SQLiteFile.makePrivate(path) }
    let connection: SQLiteConnection
    let version: Int?
    do throws(SQLiteError) {
      connection = try SQLiteConnection(path: path, .writing(creating: creating))
      // Whoever only reads with a plain BEGIN could be refused when it begins to write.
      try connection.run("BEGIN IMMEDIATE")
      version = try SQLiteSchema.version(connection)
    } catch {
      throw named(error)
    }
    do throws(UserTableError) {
      let result = try body(connection, version)
      try naming { () throws(SQLiteError) in try connection.run("COMMIT") }
      return result
    } catch {
      try? connection.run("ROLLBACK")
      throw error
    }
  }

  /// The version of tables that can be worked with: this program's, or 0 if they may be made.
  private func usable(_ version: Int?, creating: Bool) throws(UserTableError) -> Int {
    switch version {
    case nil: throw foreign
    case SQLiteSchema.current?: return SQLiteSchema.current
    case 0? where creating: return 0
    case 0?:
      throw UserTableError(
        .missingFile, source: path, message: "there are no accounts in it yet: `weftpd user add` makes the tables.")
    case let version? where version < SQLiteSchema.current: throw Self.older(path, version)
    case let version?: throw Self.newer(path, version)
    }
  }

  private func naming<Result>(_ body: () throws(SQLiteError) -> Result) throws(UserTableError) -> Result {
    do throws(SQLiteError) { return try body() } catch { throw named(error) }
  }

  private func named(_ error: SQLiteError) -> UserTableError { error.named(path) }

  private var foreign: UserTableError {
    UserTableError(.schema, source: path, message: "is an SQLite file of another program. Name another file.")
  }

  static func older(_ path: String, _ version: Int) -> UserTableError {
    UserTableError(
      .schema, source: path,
      message: "its tables are of version \(version), and this weftpd needs \(SQLiteSchema.current). "
        + "Run `weftpd user migrate --sqlite \(path)`.")
  }

  static func newer(_ path: String, _ version: Int) -> UserTableError {
    UserTableError(
      .schema, source: path,
      message: "its tables are of version \(version), and this weftpd knows only \(SQLiteSchema.current). "
        + "Use a newer weftpd.")
  }
}

/// A transaction on an SQLite file.
public struct SQLiteTransaction: AccountTransaction {
  let connection: SQLiteConnection
  let path: String

  public func rows() throws(UserTableError) -> [AccountRow] {
    try naming { () throws(SQLiteError) in
      var rows: [AccountRow] = []
      var index: [String: Int] = [:]
      try connection.query("SELECT name, hash, home, access FROM users ORDER BY name") { row in
        guard let user = row.user else { return }
        index[user.name] = rows.count
        rows.append(user)
      }
      try connection.query("SELECT user_name, key, value FROM user_options") { row in
        guard let user = row.text(0), let key = row.text(1), let value = row.text(2), let place = index[user] else {
          return
        }
        rows[place].options[key] = value
      }
      try connection.query("SELECT user_name, group_name FROM memberships ORDER BY user_name, position") { row in
        guard let user = row.text(0), let group = row.text(1), let place = index[user] else { return }
        rows[place].groups.append(group)
      }
      return rows
    }
  }

  public func groups() throws(UserTableError) -> [GroupRow] {
    try naming { () throws(SQLiteError) in try connection.groups() }
  }

  public func put(_ group: GroupRow) throws(UserTableError) {
    try naming { () throws(SQLiteError) in
      try connection.query(
        """
        INSERT INTO groups (name, home, access) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET home = excluded.home, access = excluded.access
        """, [group.name, group.home, group.access])
      try connection.query("DELETE FROM group_options WHERE group_name = ?", [group.name])
      for (key, value) in group.options {
        try connection.query(
          "INSERT INTO group_options (group_name, key, value) VALUES (?, ?, ?)", [group.name, key, value])
      }
    }
  }

  public func removeGroup(_ name: String) throws(UserTableError) {
    try naming { () throws(SQLiteError) in try connection.query("DELETE FROM groups WHERE name = ?", [name]) }
  }

  /// Everything, as entries.
  func listing() throws(UserTableError) -> AccountListing {
    AccountListing(try rows(), groups: try groups(), place: path)
  }

  public func row(named name: String) throws(UserTableError) -> AccountRow? {
    try naming { () throws(SQLiteError) in try connection.row(named: name) }
  }

  public func insert(_ row: AccountRow) throws(UserTableError) {
    try naming { () throws(SQLiteError) in
      try connection.query(
        "INSERT INTO users (name, hash, home, access) VALUES (?, ?, ?, ?)", [row.name, row.hash, row.home, row.access])
      try writeRest(row)
    }
  }

  public func replace(_ name: String, with row: AccountRow) throws(UserTableError) {
    try naming { () throws(SQLiteError) in
      try connection.query("DELETE FROM user_options WHERE user_name = ?", [name])
      try connection.query("DELETE FROM memberships WHERE user_name = ?", [name])
      try connection.query(
        "UPDATE users SET name = ?, hash = ?, home = ?, access = ? WHERE name = ?",
        [row.name, row.hash, row.home, row.access, name])
      try writeRest(row)
    }
  }

  public func remove(_ name: String) throws(UserTableError) {
    try naming { () throws(SQLiteError) in try connection.query("DELETE FROM users WHERE name = ?", [name]) }
  }

  private func writeRest(_ row: AccountRow) throws(SQLiteError) {
    for (position, group) in row.groups.enumerated() {
      try connection.query(
        "INSERT INTO memberships (user_name, position, group_name) VALUES (?, CAST(? AS INTEGER), ?)",
        [row.name, "\(position)", group])
    }
    for (key, value) in row.options {
      try connection.query("INSERT INTO user_options (user_name, key, value) VALUES (?, ?, ?)", [row.name, key, value])
    }
  }

  private func naming<Result>(_ body: () throws(SQLiteError) -> Result) throws(UserTableError) -> Result {
    do throws(SQLiteError) { return try body() } catch { throw error.named(path) }
  }
}

extension SQLiteConnection {
  /// A user with its options.
  func row(named name: String) throws(SQLiteError) -> AccountRow? {
    var found: AccountRow?
    try query("SELECT name, hash, home, access FROM users WHERE name = ?", [name]) { found = $0.user }
    guard var user = found else { return nil }
    try query("SELECT key, value FROM user_options WHERE user_name = ?", [name]) { row in
      if let key = row.text(0), let value = row.text(1) { user.options[key] = value }
    }
    try query("SELECT group_name FROM memberships WHERE user_name = ? ORDER BY position", [name]) { row in
      if let group = row.text(0) { user.groups.append(group) }
    }
    return user
  }

  /// All groups by name, with their options.
  func groups() throws(SQLiteError) -> [GroupRow] {
    var rows: [GroupRow] = []
    var index: [String: Int] = [:]
    try query("SELECT name, home, access FROM groups ORDER BY name") { row in
      guard let name = row.text(0) else { return }
      index[name] = rows.count
      rows.append(GroupRow(name: name, home: row.text(1), access: row.text(2)))
    }
    try query("SELECT group_name, key, value FROM group_options") { row in
      guard let group = row.text(0), let key = row.text(1), let value = row.text(2), let place = index[group] else {
        return
      }
      rows[place].options[key] = value
    }
    return rows
  }
}

extension SQLiteConnection.Row {
  fileprivate var user: AccountRow? {
    guard let name = text(0), let hash = text(1) else { return nil }
    return AccountRow(name: name, hash: hash, home: text(2), access: text(3))
  }
}

extension SQLiteError {
  /// As the commands tell it.
  func named(_ path: String) -> UserTableError {
    isMissing
      ? UserTableError(.missingFile, source: path, message: "cannot open it: \(message). Check the path.")
      : UserTableError(.system, source: path, message: "SQLite: \(message).")
  }
}
