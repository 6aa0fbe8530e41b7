// What a server has of directories in PostgreSQL, and how it counts them in turn with those who see the same files.

import PostgresClient
import Quotas

extension PostgresQuotaStore {
  public func tally(of directory: String) throws(QuotaStoreError) -> StoredTally? {
    try ask { (connection) throws(PostgresError) in
      let rows = try connection.query(
        """
        SELECT server = $2, bytes, files, in_use, weftpd.quota_alive(server) FROM weftpd.quota_counts
        WHERE subject = $1
          AND weftpd.quota_disk(server, $3::text::boolean) = weftpd.quota_disk($2, $3::text::boolean)
        """, [directory, name, "\(areFilesShared)"])
      var own: StoredTally?
      var isKnown = false
      var isLeft = false
      for row in 0..<rows.count {
        if rows[row, 0] == "t" {
          own = StoredTally(
            directory, QuotaUsage(bytes: rows.number(row, 1), files: rows.number(row, 2)), isInUse: rows[row, 3] == "t")
        } else {
          isKnown = true
          // It died while it changed something there.
          if rows[row, 3] == "t", rows[row, 4] != "t" { isLeft = true }
        }
      }
      if isLeft { return StoredTally(directory, own?.usage ?? QuotaUsage(), isInUse: true) }
      return own ?? (isKnown ? StoredTally(directory, QuotaUsage(), isInUse: false) : nil)
    }
  }

  public func save(_ tallies: [StoredTally]) throws(QuotaStoreError) {
    try ask { (connection) throws(PostgresError) in
      try connection.query(
        """
        INSERT INTO weftpd.quota_counts AS c (subject, server, bytes, files, held_bytes, held_files, in_use)
        SELECT s, $1, b, f, hb, hf, u
        FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
          AS r (s, b, f, hb, hf, u) ORDER BY hashtext(s)
        ON CONFLICT (subject, server) DO UPDATE SET bytes = EXCLUDED.bytes, files = EXCLUDED.files,
          held_bytes = CASE WHEN NOT EXCLUDED.in_use THEN EXCLUDED.held_bytes
            ELSE greatest(EXCLUDED.held_bytes, EXCLUDED.bytes) END,
          held_files = CASE WHEN NOT EXCLUDED.in_use THEN EXCLUDED.held_files
            ELSE greatest(EXCLUDED.held_files, EXCLUDED.files) END,
          in_use = EXCLUDED.in_use, wanted = c.wanted AND c.subject <> ALL ($8::text[]), changed = clock_timestamp()
        """,
        [
          name, PostgresText.array(tallies.map { $0.directory }),
          PostgresText.array(tallies.map(\.usage.bytes)), PostgresText.array(tallies.map(\.usage.files)),
          PostgresText.array(tallies.map { ($0.held ?? $0.usage).bytes }),
          PostgresText.array(tallies.map { ($0.held ?? $0.usage).files }),
          "{" + tallies.map { $0.isInUse ? "t" : "f" }.joined(separator: ",") + "}",
          PostgresText.array(tallies.filter(\.isTrimmed).map(\.directory)),
        ])
    }
  }

  public func mark(_ tally: StoredTally) throws(QuotaStoreError) -> Bool {
    try ask { (connection) throws(PostgresError) in
      try connection.query(
        "SELECT weftpd.quota_mark($1, $2, $3::text::bigint, $4::text::bigint, $5::text::boolean)",
        [name, tally.directory, "\(tally.usage.bytes)", "\(tally.usage.files)", "\(areFilesShared)"])[safely: 0, 0]
        == "t"
    }
  }

  public func beginScan(_ directory: String) throws(QuotaStoreError) -> Bool {
    try ask { (connection) throws(PostgresError) in
      try connection.query(
        "SELECT weftpd.quota_scan_begin($1, $2, $3::text::boolean)",
        [name, directory, "\(areFilesShared)"])[safely: 0, 0] == "t"
    }
  }

  public func endScan(_ directory: String, _ usage: QuotaUsage) throws(QuotaStoreError) -> QuotaUsage {
    try ask { (connection) throws(PostgresError) in
      let rows = try connection.query(
        "SELECT * FROM weftpd.quota_scan_end($1, $2, $3::text::bigint, $4::text::bigint, $5::text::boolean)",
        [name, directory, "\(usage.bytes)", "\(usage.files)", "\(areFilesShared)"])
      return QuotaUsage(bytes: rows.number(0, 0), files: rows.number(0, 1))
    }
  }

  public func cancelScan(_ directory: String) throws(QuotaStoreError) {
    try ask { (connection) throws(PostgresError) in
      try connection.query(
        "DELETE FROM weftpd.quota_scans WHERE subject = $1 AND server = $2", [directory, name])
    }
  }
}
