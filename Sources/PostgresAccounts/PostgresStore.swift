// Edits the accounts in PostgreSQL, for the commands `weftpd user`.

import Accounts
import PostgresClient

/// Accounts in PostgreSQL, as they are edited. Each transaction has a connection of its own.
public struct PostgresStore: AccountStore {
  private let options: PostgresOptions
  public var place: String { options.place }

  /// Connects when something is to be done.
  public init(_ options: PostgresOptions) { self.options = options }

  public func transaction<Result>(
    creating: Bool, _ body: (PostgresTransaction) throws(UserTableError) -> Result
  ) throws(UserTableError) -> Result {
    try transaction { (connection, version) throws(UserTableError) in
      if version == 0, creating {
        try naming { () throws(PostgresError) in try PostgresSchema.migrate(connection, from: 0) }
      } else if let fault = PostgresSchema.fault(version) {
        throw UserTableError(version == 0 ? .missingFile : .schema, source: place, message: fault + ".")
      }
      return try body(PostgresTransaction(connection: connection, place: place))
    }
  }

  public func migrate() throws(UserTableError) -> (from: Int, to: Int) {
    try transaction { (connection, version) throws(UserTableError) in
      if version > PostgresSchema.current, let fault = PostgresSchema.fault(version) {
        throw UserTableError(.schema, source: place, message: fault + ".")
      }
      if version < PostgresSchema.current {
        try naming { () throws(PostgresError) in try PostgresSchema.migrate(connection, from: version) }
      }
      return (version, PostgresSchema.current)
    }
  }

  private func transaction<Result>(
    _ body: (PostgresConnection, Int) throws(UserTableError) -> Result
  ) throws(UserTableError) -> Result {
    let connection: PostgresConnection
    let version: Int
    do throws(PostgresError) {
      connection = try PostgresConnection(options)
      try connection.run("BEGIN")
      try connection.query("SELECT pg_advisory_xact_lock(\(PostgresPart.lock))")
      version = try PostgresSchema.version(connection)
    } catch {
      throw error.named(place)
    }
    // Without COMMIT the server undoes everything when the connection closes.
    let result = try body(connection, version)
    try naming { () throws(PostgresError) in try connection.run("COMMIT") }
    return result
  }

  private func naming<Result>(_ body: () throws(PostgresError) -> Result) throws(UserTableError) -> Result {
    do throws(PostgresError) { return try body() } catch { throw error.named(place) }
  }
}

/// A transaction in PostgreSQL.
public struct PostgresTransaction: AccountTransaction {
  let connection: PostgresConnection
  let place: String

  public func rows() throws(UserTableError) -> [AccountRow] {
    try naming { () throws(PostgresError) in
      AccountRow.joined(try connection.query(AccountRow.selection + " ORDER BY u.name"))
    }
  }

  public func groups() throws(UserTableError) -> [GroupRow] {
    try naming { () throws(PostgresError) in GroupRow.joined(try connection.query(GroupRow.selection)) }
  }

  public func put(_ group: GroupRow) throws(UserTableError) {
    try naming { () throws(PostgresError) in
      try connection.query(
        """
        INSERT INTO weftpd.groups (name, home, access) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET home = EXCLUDED.home, access = EXCLUDED.access
        """, [group.name, group.home, group.access])
      try connection.query("DELETE FROM weftpd.group_options WHERE group_name = $1", [group.name])
      for (key, value) in group.options {
        try connection.query(
          "INSERT INTO weftpd.group_options (group_name, key, value) VALUES ($1, $2, $3)", [group.name, key, value])
      }
    }
  }

  public func removeGroup(_ name: String) throws(UserTableError) {
    try naming { () throws(PostgresError) in
      _ = try connection.query("DELETE FROM weftpd.groups WHERE name = $1", [name])
    }
  }

  public func row(named name: String) throws(UserTableError) -> AccountRow? {
    try naming { () throws(PostgresError) in
      AccountRow.joined(try connection.query(AccountRow.selection + " WHERE u.name = $1", [name])).first
    }
  }

  public func insert(_ row: AccountRow) throws(UserTableError) {
    try naming { () throws(PostgresError) in
      try connection.query(
        "INSERT INTO weftpd.users (name, hash, home, access) VALUES ($1, $2, $3, $4)",
        [row.name, row.hash, row.home, row.access])
      try writeRest(row)
    }
  }

  public func replace(_ name: String, with row: AccountRow) throws(UserTableError) {
    try naming { () throws(PostgresError) in
      try connection.query("DELETE FROM weftpd.user_options WHERE user_name = $1", [name])
      try connection.query("DELETE FROM weftpd.memberships WHERE user_name = $1", [name])
      try connection.query(
        "UPDATE weftpd.users SET name = $1, hash = $2, home = $3, access = $4 WHERE name = $5",
        [row.name, row.hash, row.home, row.access, name])
      try writeRest(row)
    }
  }

  public func remove(_ name: String) throws(UserTableError) {
    try naming { () throws(PostgresError) in
      _ = try connection.query("DELETE FROM weftpd.users WHERE name = $1", [name])
    }
  }

  private func writeRest(_ row: AccountRow) throws(PostgresError) {
    for (position, group) in row.groups.enumerated() {
      try connection.query(
        "INSERT INTO weftpd.memberships (user_name, position, group_name) VALUES ($1, $2::text::integer, $3)",
        [row.name, "\(position)", group])
    }
    for (key, value) in row.options {
      try connection.query(
        "INSERT INTO weftpd.user_options (user_name, key, value) VALUES ($1, $2, $3)", [row.name, key, value])
    }
  }

  private func naming<Result>(_ body: () throws(PostgresError) -> Result) throws(UserTableError) -> Result {
    do throws(PostgresError) { return try body() } catch { throw error.named(place) }
  }
}

extension AccountRow {
  /// Users, each with its groups (names have no control characters) and its options, one option a row.
  static let selection = """
    SELECT u.name, u.hash, u.home, u.access,
      array_to_string(ARRAY(SELECT m.group_name FROM weftpd.memberships m WHERE m.user_name = u.name
        ORDER BY m.position), E'\\n'), o.key, o.value
    FROM weftpd.users u LEFT JOIN weftpd.user_options o ON o.user_name = u.name
    """

  /// The users that a ``selection`` found, in its order.
  static func joined(_ result: PostgresConnection.Result) -> [AccountRow] {
    var rows: [AccountRow] = []
    var index: [String: Int] = [:]
    for number in 0..<result.count {
      guard let name = result[number, 0] else { continue }
      let place = index[name] ?? rows.count
      if place == rows.count {
        index[name] = place
        rows.append(
          AccountRow(
            name: name, hash: result[number, 1] ?? "", home: result[number, 2], access: result[number, 3],
            groups: (result[number, 4] ?? "").split(separator: "\n").map(String.init)))
      }
      if let key = result[number, 5], let value = result[number, 6] { rows[place].options[key] = value }
    }
    return rows
  }
}

extension GroupRow {
  /// Groups, each with its options, one option a row.
  static let selection = """
    SELECT g.name, g.home, g.access, o.key, o.value FROM weftpd.groups g
    LEFT JOIN weftpd.group_options o ON o.group_name = g.name ORDER BY g.name
    """

  /// The groups that a ``selection`` found.
  static func joined(_ result: PostgresConnection.Result) -> [GroupRow] {
    var rows: [GroupRow] = []
    for number in 0..<result.count {
      guard let name = result[number, 0] else { continue }
      if rows.last?.name != name {
        rows.append(GroupRow(name: name, home: result[number, 1], access: result[number, 2]))
      }
      if let key = result[number, 3], let value = result[number, 4] { rows[rows.count - 1].options[key] = value }
    }
    return rows
  }
}

extension PostgresError {
  /// As the commands tell it.
  func named(_ place: String) -> UserTableError {
    UserTableError(.system, source: place, message: "\(message).")
  }
}
