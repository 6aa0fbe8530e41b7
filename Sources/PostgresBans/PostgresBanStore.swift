// Bans in PostgreSQL, which all servers that share the database keep to.

import Bans
import Glibc
import LinuxSystem
import PostgresClient
import Synchronization

/// The tables of shared bans.
public enum BanSchema {
  package static let part = PostgresPart("bans", contents: "bans", steps: [first])
  /// What changes are told on.
  static let channel = "weftpd_bans"

  private static let first = """
    CREATE TABLE weftpd.bans (
      subject text COLLATE "C" PRIMARY KEY CHECK (subject <> ''),
      since timestamptz NOT NULL DEFAULT now(),
      until timestamptz,
      origin text NOT NULL DEFAULT 'operator' CHECK (origin IN ('operator', 'automatic')),
      reason text NOT NULL DEFAULT ''
    );
    CREATE FUNCTION weftpd.tell_bans() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
    BEGIN
      PERFORM pg_notify('weftpd_bans', '');
      RETURN NULL;
    END $$;
    CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON weftpd.bans
      FOR EACH STATEMENT EXECUTE FUNCTION weftpd.tell_bans();
    """
}

/// The store of bans that many servers share. A change by any of them, or by SQL, is told to all.
public final class PostgresBanStore: BanStore {
  private let options: PostgresOptions
  private let lock = Mutex(())
  // Only with the lock.
  private nonisolated(unsafe) var current: PostgresConnection?

  /// Does not connect yet.
  public init(_ options: PostgresOptions) { self.options = options }

  /// For messages.
  public var place: String { options.place }

  /// Brings the tables up to date. - Returns: their version before and now.
  public static func migrate(_ options: PostgresOptions) throws(BanStoreError) -> (from: Int, to: Int) {
    do throws(PostgresError) { return try BanSchema.part.bringUpToDate(options) } catch {
      throw BanStoreError("\(options.place): \(error.message)")
    }
  }

  public func list() throws(BanStoreError) -> [Ban] {
    try ask { (connection) throws(PostgresError) in
      let rows = try connection.query(
        """
        SELECT subject, floor(extract(epoch FROM since))::bigint, ceil(extract(epoch FROM until))::bigint, origin, reason
        FROM weftpd.bans WHERE until IS NULL OR until > now()
        """)
      return (0..<rows.count).compactMap { row in
        // People may have written anything.
        guard let subject = BanSubject(rows[row, 0] ?? ""), let origin = Ban.Origin(rawValue: rows[row, 3] ?? "") else {
          return nil
        }
        return Ban(
          subject, since: rows[row, 1].flatMap { Int64($0) } ?? 0, until: rows[row, 2].flatMap { Int64($0) },
          origin: origin, reason: rows[row, 4] ?? "")
      }
    }
  }

  public func change(adding added: [Ban], removing removed: [BanSubject]) throws(BanStoreError) {
    try ask { (connection) throws(PostgresError) in
      try connection.run("BEGIN")
      // Servers that write the same in another order would wait for each other.
      try connection.run("LOCK TABLE weftpd.bans IN SHARE ROW EXCLUSIVE MODE")
      try connection.query(
        "DELETE FROM weftpd.bans WHERE subject = ANY ($1::text[]) OR until <= now()",
        [PostgresText.array(removed.map(\.description))])
      if !added.isEmpty {
        try connection.query(
          """
          INSERT INTO weftpd.bans (subject, since, until, origin, reason)
          SELECT s, to_timestamp(b), CASE WHEN e >= 0 THEN to_timestamp(e) END, o, r
          FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS u (s, b, e, o, r)
          ON CONFLICT (subject) DO UPDATE
          SET since = EXCLUDED.since, until = EXCLUDED.until, origin = EXCLUDED.origin, reason = EXCLUDED.reason
          """,
          [
            PostgresText.array(added.map(\.subject.description)),
            PostgresText.array(added.map { min($0.since, Self.latest) }),
            PostgresText.array(added.map { $0.until.map { min(max(0, $0), Self.latest) } ?? -1 }),
            PostgresText.array(added.map(\.origin.rawValue)), PostgresText.array(added.map(\.reason)),
          ])
      }
      try connection.run("COMMIT")
    }
  }

  /// The end of the year 9999.
  private static let latest: Int64 = 253_402_300_799

  // MARK: what others change

  public var changes: Int32 { lock.withLock { _ in current?.socket ?? -1 } }

  public func takeNotice() -> Bool {
    lock.withLock { _ in
      guard let connection = current else { return true }
      do throws(PostgresError) { try connection.consume() } catch {
        // It is made anew when the bans are read.
        current = nil
        return true
      }
      var isNews = false
      while connection.nextNotification() != nil { isNews = true }
      return isNews
    }
  }

  // MARK: access

  private func ask<Value>(
    _ body: (PostgresConnection) throws(PostgresError) -> Value
  ) throws(BanStoreError) -> Value {
    var outcome: Result<Value, BanStoreError> = .failure(BanStoreError(""))
    lock.withLock { _ in
      for isLast in [false, true] {
        do throws(PostgresError) {
          let isNew = current == nil
          let connection: PostgresConnection
          if let current { connection = current } else { connection = try connect() }
          current = connection
          do throws(PostgresError) {
            outcome = .success(try body(connection))
            return
          } catch {
            // Whatever was wrong, a transaction that has begun is over with its connection.
            current = nil
            if isLast || isNew { throw error }
          }
        } catch {
          current = nil
          outcome = .failure(
            BanStoreError("\(options.place) cannot be asked: \(error.message); the bans that are known hold on"))
          return
        }
      }
    }
    return try outcome.get()
  }

  private func connect() throws(PostgresError) -> PostgresConnection {
    let connection = try PostgresConnection(options)
    try BanSchema.part.prepare(connection)
    try connection.run("LISTEN \(BanSchema.channel)")
    return connection
  }
}
