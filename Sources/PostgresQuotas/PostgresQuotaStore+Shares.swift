// What servers hold of quotas in PostgreSQL, and what they want of each other.

import PostgresClient
import Quotas

extension PostgresQuotaStore {
  public func hold(_ ask: QuotaAsk) throws(QuotaStoreError) -> QuotaAnswer {
    var positions: [String: Int] = [:]
    for (index, holding) in ask.holdings.enumerated() { positions[holding.subject] = index + 1 }
    let bounds = ask.bounds.map { bound in
      bound.directories.compactMap { positions[$0].map(String.init) }.joined(separator: " ")
    }
    func limits(_ limit: (QuotaBound) -> UInt64?) -> String {
      PostgresText.array(ask.bounds.map { Int64(clamping: limit($0) ?? UInt64(Int64.max)) })
    }
    return try self.ask { (connection) throws(PostgresError) in
      let rows = try connection.query(
        """
        SELECT * FROM weftpd.quota_hold($1, $2::text[], $3::bigint[], $4::bigint[], $5::boolean[],
          $6::text::bigint, $7::text::bigint, $8::text::bigint, $9::text::bigint,
          $10::text[], $11::bigint[], $12::bigint[], $13::text::boolean)
        """,
        [
          name, PostgresText.array(ask.holdings.map { $0.subject }),
          PostgresText.array(ask.holdings.map(\.has.bytes)), PostgresText.array(ask.holdings.map(\.has.files)),
          "{" + ask.holdings.map { $0.grows ? "t" : "f" }.joined(separator: ",") + "}",
          "\(ask.need.bytes)", "\(ask.need.files)", "\(ask.extra.bytes)", "\(ask.extra.files)",
          PostgresText.array(bounds), limits(\.bytes), limits(\.files), "\(ask.isFirst)",
        ])
      var shares: [String: QuotaShare] = [:]
      for row in 0..<rows.count {
        shares[rows[row, 1] ?? ""] = QuotaShare(
          held: QuotaUsage(bytes: rows.number(row, 2), files: rows.number(row, 3)),
          others: QuotaUsage(bytes: rows.number(row, 4), files: rows.number(row, 5)),
          othersHeld: QuotaUsage(bytes: rows.number(row, 6), files: rows.number(row, 7)))
      }
      return QuotaAnswer(QuotaAnswer.Verdict(rawValue: rows[safely: 0, 0] ?? "") ?? .short, shares)
    }
  }

  public func shares(of subjects: [String]) throws(QuotaStoreError) -> [String: QuotaShare] {
    try others("SELECT * FROM weftpd.quota_others($1, $2::text[])", [PostgresText.array(subjects)])
  }

  public func changedShares() throws(QuotaStoreError) -> [String: QuotaShare] {
    try others(
      """
      SELECT * FROM weftpd.quota_others($1, ARRAY(SELECT DISTINCT subject FROM weftpd.quota_counts
        WHERE changed > clock_timestamp() - interval '10 seconds' AND server <> $1))
      """, [])
  }

  private func others(_ statement: String, _ parameters: [String]) throws(QuotaStoreError) -> [String: QuotaShare] {
    try ask { (connection) throws(PostgresError) in
      let rows = try connection.query(statement, [name] + parameters)
      var shares: [String: QuotaShare] = [:]
      for row in 0..<rows.count {
        shares[rows[row, 0] ?? ""] = QuotaShare(
          others: QuotaUsage(bytes: rows.number(row, 1), files: rows.number(row, 2)),
          othersHeld: QuotaUsage(bytes: rows.number(row, 3), files: rows.number(row, 4)))
      }
      return shares
    }
  }

  public func wishes() throws(QuotaStoreError) -> QuotaWishes {
    try ask { (connection) throws(PostgresError) in
      let rows = try connection.query(
        """
        SELECT subject, false FROM weftpd.quota_counts WHERE server = $1 AND wanted
        UNION ALL
        SELECT s.subject, true FROM weftpd.quota_scans s WHERE s.server <> $1 AND weftpd.quota_alive(s.server)
          AND s.disk = weftpd.quota_disk($1, $2::text::boolean)
        """, [name, "\(areFilesShared)"])
      var wishes = QuotaWishes()
      for row in 0..<rows.count {
        let subject = rows[row, 0] ?? ""
        if rows[row, 1] == "t" { wishes.quiet.insert(subject) } else { wishes.trimmed.insert(subject) }
      }
      return wishes
    }
  }
}
