// The tables of accounts in an SQLite file, version by version; docs/accounts.md describes them.

/// The steps from one version of the tables to the next. A step that has been released is never changed.
enum SQLiteSchema {
  /// "weft" in ASCII: what makes a file one of these. Source: PRAGMA application_id.
  static let applicationID = 0x7765_6674

  /// What makes version N of version N - 1, N from 1.
  static let steps = [
    """
    CREATE TABLE users (
      name TEXT PRIMARY KEY NOT NULL CHECK (length(name) > 0),
      hash TEXT NOT NULL,
      home TEXT,
      access TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE user_options (
      user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE ON UPDATE CASCADE,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (user_name, key)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE groups (
      name TEXT PRIMARY KEY NOT NULL CHECK (length(name) > 0),
      home TEXT,
      access TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE group_options (
      group_name TEXT NOT NULL REFERENCES groups (name) ON DELETE CASCADE ON UPDATE CASCADE,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (group_name, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE memberships (
      user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE ON UPDATE CASCADE,
      position INTEGER NOT NULL,
      group_name TEXT NOT NULL REFERENCES groups (name) ON UPDATE CASCADE,
      PRIMARY KEY (user_name, position),
      UNIQUE (user_name, group_name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX memberships_of_group ON memberships (group_name);
    """,
  ]

  /// The version this program knows.
  static var current: Int { steps.count }

  /// The version of the tables in a file: 0 without any; nil if the file belongs to another program.
  static func version(_ connection: SQLiteConnection) throws(SQLiteError) -> Int? {
    let version = try connection.number("PRAGMA user_version") ?? 0
    let application = try connection.number("PRAGMA application_id") ?? 0
    if application == applicationID { return version }
    let tables = try connection.number("SELECT count(*) FROM sqlite_schema") ?? 0
    return tables == 0 && application == 0 ? 0 : nil
  }

  /// Makes tables of version `target` of those there are. Within a transaction of the caller's.
  static func migrate(
    _ connection: SQLiteConnection, from version: Int, to target: Int = current
  ) throws(SQLiteError) {
    for step in steps[version..<target] { try connection.run(step) }
    try connection.run("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(target)")
  }

  /// - Throws: why the tables of a file cannot be used.
  static func requireCurrent(_ connection: SQLiteConnection, _ path: String) throws(SQLiteError) {
    switch try version(connection) {
    case current?: return
    case nil: throw SQLiteError(code: 1, message: "it is a file of another program")
    case 0?:
      throw SQLiteError(
        code: 1, message: "there are no accounts in it; `weftpd user add --sqlite \(path)` makes the tables")
    case let found? where found < current:
      throw SQLiteError(code: 1, message: SQLiteStore.older(path, found).message)
    case let found?: throw SQLiteError(code: 1, message: SQLiteStore.newer(path, found).message)
    }
  }
}
