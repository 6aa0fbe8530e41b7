// One part of the schema `weftpd`, such as accounts or quotas, and the way from one version of its tables to the next.

/// The tables of one part, version by version. A step that has been released is never changed.
///
/// Each part has a version of its own in `weftpd.components`.
package struct PostgresPart: Sendable {
  /// Its name in `weftpd.components`.
  package let name: String
  /// What makes version N of version N - 1, N from 1.
  package let steps: [String]
  /// What there is none of without tables, for messages.
  private let contents: String

  /// Everybody who changes tables or accounts waits for the others by this advisory lock: "weft" in ASCII.
  package static let lock = 0x7765_6674

  package init(_ name: String, contents: String, steps: [String]) {
    (self.name, self.contents, self.steps) = (name, contents, steps)
  }

  /// The version this program knows.
  package var current: Int { steps.count }

  /// The version of the tables; 0 without any.
  package func version(_ connection: PostgresConnection) throws(PostgresError) -> Int {
    // A name that is not there would break the transaction off. `to_regclass` would not see what another server has just made.
    let tables = try connection.query(
      """
      SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'weftpd' AND c.relname = 'components'
      """)
    guard tables.count > 0 else { return 0 }
    let found = try connection.query("SELECT version FROM weftpd.components WHERE name = $1", [name])
    return found.count == 0 ? 0 : found[0, 0].flatMap { Int($0) } ?? 0
  }

  /// Makes tables of version `target` of those there are. Within a transaction of the caller's.
  package func migrate(
    _ connection: PostgresConnection, from version: Int, to target: Int? = nil
  ) throws(PostgresError) {
    let target = target ?? current
    try connection.run(
      """
      CREATE SCHEMA IF NOT EXISTS weftpd;
      CREATE TABLE IF NOT EXISTS weftpd.components (name text PRIMARY KEY, version integer NOT NULL);
      """)
    for step in steps[version..<target] { try connection.run(step) }
    try connection.query(
      """
      INSERT INTO weftpd.components (name, version) VALUES ($1, $2::text::integer)
      ON CONFLICT (name) DO UPDATE SET version = EXCLUDED.version
      """, [name, "\(target)"])
  }

  /// Why tables of `version` cannot be used; nil when they can.
  package func fault(_ version: Int) -> String? {
    switch version {
    case current: nil
    case 0: "there are no \(contents) in it yet: `weftpd user migrate` makes the tables"
    case ..<current:
      "its tables are of version \(version), and this weftpd needs \(current): run `weftpd user migrate`"
    default: "its tables are of version \(version), and this weftpd knows only \(current): use a newer weftpd"
    }
  }

  /// Makes the tables if there are none, as a daemon does that may; throws if those there are cannot be used.
  package func prepare(_ connection: PostgresConnection) throws(PostgresError) {
    if try version(connection) == current { return }
    try connection.run("BEGIN; SELECT pg_advisory_xact_lock(\(Self.lock))")
    do throws(PostgresError) {
      // Another server may have been quicker.
      let found = try version(connection)
      if found == 0 {
        try migrate(connection, from: 0)
      } else if let fault = fault(found) {
        throw PostgresError(message: fault)
      }
      try connection.run("COMMIT")
    } catch {
      try? connection.run("ROLLBACK")
      if error.state == Self.insufficientPrivilege, let fault = fault(0) { throw PostgresError(message: fault) }
      throw error
    }
  }

  /// Brings the tables up to date, for `weftpd user migrate`.
  ///
  /// - Returns: their version before and now.
  package func bringUpToDate(_ options: PostgresOptions) throws(PostgresError) -> (from: Int, to: Int) {
    let connection = try PostgresConnection(options)
    try connection.run("BEGIN; SELECT pg_advisory_xact_lock(\(Self.lock))")
    let found = try version(connection)
    if found > current, let fault = fault(found) { throw PostgresError(message: fault) }
    if found < current { try migrate(connection, from: found) }
    try connection.run("COMMIT")
    return (found, current)
  }

  /// SQLSTATE insufficient_privilege.
  private static let insufficientPrivilege = "42501"
}
