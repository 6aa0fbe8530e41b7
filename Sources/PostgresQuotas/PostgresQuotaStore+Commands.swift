// What the commands `weftpd quota` ask of the database that servers share.

import PostgresClient
import Quotas

extension PostgresQuotaStore {
  /// What is there of every directory, all servers together, by their paths.
  public func tallies() throws(QuotaStoreError) -> [StoredTally] {
    try ask(serving: false) { (connection) throws(PostgresError) in
      let rows = try connection.query(
        """
        SELECT subject, sum(bytes)::bigint, sum(files)::bigint, bool_or(in_use) FROM weftpd.quota_counts
        WHERE subject ~ '^/' GROUP BY subject ORDER BY subject
        """)
      return (0..<rows.count).map { row in
        StoredTally(
          rows[row, 0] ?? "", QuotaUsage(bytes: rows.number(row, 1), files: rows.number(row, 2)),
          isInUse: rows[row, 3] == "t")
      }
    }
  }

  /// Asks the servers that live to count a directory again: all of them, or one if they see the same files.
  ///
  /// - Returns: how many were asked.
  public func request(_ directory: String) throws(QuotaStoreError) -> Int {
    try ask(serving: false) { (connection) throws(PostgresError) in
      try connection.query(
        """
        INSERT INTO weftpd.quota_requests SELECT $1, server FROM weftpd.quota_servers
        WHERE alive_until > clock_timestamp() ORDER BY server \(areFilesShared ? "LIMIT 1" : "")
        ON CONFLICT DO NOTHING
        """, [directory])
      let rows = try connection.query(
        "SELECT count(*) FROM weftpd.quota_servers WHERE alive_until > clock_timestamp()")
      return Int(rows.number(0, 0))
    }
  }

  /// How many servers that live have not counted it yet.
  public func pending(_ directory: String) throws(QuotaStoreError) -> Int {
    try ask(serving: false) { (connection) throws(PostgresError) in
      let rows = try connection.query(
        "SELECT count(*) FROM weftpd.quota_requests WHERE subject = $1 AND weftpd.quota_alive(server)",
        [directory])
      return Int(rows.number(0, 0))
    }
  }

  /// Forgets what a server has counted that does not live and will not come back.
  ///
  /// - Returns: false if there is no such server, or it lives.
  public func forget(server: String) throws(QuotaStoreError) -> Bool {
    try ask(serving: false) { (connection) throws(PostgresError) in
      let rows = try connection.query(
        """
        DELETE FROM weftpd.quota_servers WHERE host = $1 AND NOT EXISTS (
          SELECT FROM weftpd.quota_servers WHERE host = $1 AND alive_until > clock_timestamp()) RETURNING server
        """, [server])
      return rows.count > 0
    }
  }

  /// The servers, and whether each lives. Processes whose name a successor has are among them as long as they live.
  public func servers() throws(QuotaStoreError) -> [(name: String, isAlive: Bool)] {
    try ask(serving: false) { (connection) throws(PostgresError) in
      let rows = try connection.query(
        """
        SELECT server, alive_until > clock_timestamp() AS lives FROM weftpd.quota_servers
        WHERE server <> '-' AND (server = host OR alive_until > clock_timestamp()) ORDER BY server
        """)
      return (0..<rows.count).map { (rows[$0, 0] ?? "", rows[$0, 1] == "t") }
    }
  }
}
