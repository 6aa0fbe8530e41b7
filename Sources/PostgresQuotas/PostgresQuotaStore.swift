// Keeps the counts of many servers in PostgreSQL.

import Glibc
import LinuxSystem
import PostgresClient
import Quotas
import Synchronization

/// The store of one server among those that share a database.
///
/// One thread at a time asks it something. A connection that broke is made anew; a database that cannot be reached is tried again after a
/// pause, and meanwhile everything fails at once.
public final class PostgresQuotaStore: SharedQuotaStore {
  private struct State {
    var connection: PostgresConnection?
    /// When to try again, and what was wrong.
    var nextTry = MonotonicTime(nanoseconds: 0)
    var fault = ""
    var options: PostgresOptions
    /// Whether the server has got its name with this connection.
    var isServing = false
    /// The name of this server; nil for somebody who only looks.
    var server: String?
    /// The name it had before a successor took it.
    var left: String?
  }

  private let lock = Mutex(())
  // Only with the lock.
  private nonisolated(unsafe) var state: State
  /// Tells this process from others of the name.
  private let run = String(UInt64.random(in: .min ... .max), radix: 36)
  let areFilesShared: Bool
  /// Until when what is held is this server's own, by the monotonic clock.
  private let trustedUntil = Atomic<Int64>(0)
  private let lease: Int
  private let place: String

  /// Seconds for which a server counts as alive that has not been heard. It trusts what it holds for less.
  public static let standardLease = 60
  /// What a server trusts its lease less than others do: a call may be under way.
  private static let margin = 4

  /// Does not connect yet.
  ///
  /// - Parameters:
  ///   - server: the name of this server among those that share the database; nil for somebody who only looks.
  ///   - areFilesShared: all servers see the same files; else each has files of its own, and a quota bounds the sum.
  ///   - lease: seconds for which a server counts as alive that is not heard.
  public init(
    _ options: PostgresOptions, server: String?, areFilesShared: Bool, lease: Int = PostgresQuotaStore.standardLease
  ) {
    state = State(options: options, server: server)
    (self.areFilesShared, self.lease) = (areFilesShared, lease)
    place = options.place
  }

  /// Brings the tables up to date. - Returns: their version before and now.
  public static func migrate(_ options: PostgresOptions) throws(QuotaStoreError) -> (from: Int, to: Int) {
    do throws(PostgresError) { return try QuotaSchema.part.bringUpToDate(options) } catch {
      throw QuotaStoreError("\(options.place): \(error.message)")
    }
  }

  // MARK: access

  /// Does something with a connection. What fails because it broke is tried once more with a new one: every statement may be repeated.
  @discardableResult
  func ask<Value>(
    serving: Bool = true, _ body: (PostgresConnection) throws(PostgresError) -> Value
  ) throws(QuotaStoreError) -> Value {
    var outcome: Result<Value, QuotaStoreError> = .failure(QuotaStoreError(""))
    lock.withLock { _ in
      if state.connection == nil, MonotonicTime.now < state.nextTry {
        outcome = .failure(QuotaStoreError(state.fault))
        return
      }
      for isLast in [false, true] {
        do throws(PostgresError) {
          let isNew = state.connection == nil
          let connection = try connect(&state)
          if serving { try serve(connection, &state) }
          do throws(PostgresError) {
            outcome = .success(try body(connection))
            return
          } catch {
            // What the database refuses, it refuses again.
            if !error.state.isEmpty, !Self.isAboutConnection(error.state) {
              outcome = .failure(QuotaStoreError("\(place): \(error.message)"))
              return
            }
            (state.connection, state.isServing) = (nil, false)
            if isLast || isNew { throw error }
          }
        } catch {
          (state.connection, state.isServing) = (nil, false)
          state.fault = "\(place) cannot be asked: \(error.message)"
          state.nextTry = MonotonicTime.now.advanced(by: 500_000_000)
          outcome = .failure(QuotaStoreError(state.fault))
          return
        }
      }
    }
    return try outcome.get()
  }

  /// The server ends, or has ended the connection. Source: PostgreSQL, "PostgreSQL Error Codes", classes 08 and 57.
  private static func isAboutConnection(_ state: String) -> Bool { state.hasPrefix("08") || state.hasPrefix("57P") }

  private func connect(_ state: inout State) throws(PostgresError) -> PostgresConnection {
    if let connection = state.connection { return connection }
    let connection = try PostgresConnection(state.options)
    try QuotaSchema.part.prepare(connection)
    state.connection = connection
    return connection
  }

  /// Takes this server's name, which another process may still have.
  private func serve(_ connection: PostgresConnection, _ state: inout State) throws(PostgresError) {
    guard let server = state.server, !state.isServing else { return }
    if let left = state.left {
      try connection.query("SELECT weftpd.quota_leave($1, $2, $3)", [left, run, server])
      try connection.query("SELECT pg_advisory_unlock(2003133805, hashtext($1))", [left])
    }
    // Held as long as the connection; when the process is killed, the database sees that.
    let found = try connection.query("SELECT pg_try_advisory_lock(2003133805, hashtext($1))", [server])
    guard found[0, 0] == "t" else {
      throw PostgresError(message: "another server has the name \(server): give each its own (quotas.server)")
    }
    let before = try connection.query("SELECT run FROM weftpd.quota_servers WHERE server = $1", [server])
    if before.count == 0 || before[0, 0] != run {
      if areFilesShared { try connection.run("SELECT weftpd.quota_fold()") }
      try connection.query(
        """
        INSERT INTO weftpd.quota_servers
        VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3::text::integer), $1)
        ON CONFLICT (server) DO UPDATE SET run = EXCLUDED.run, alive_until = EXCLUDED.alive_until
        """, [server, run, "\(lease)"])
      if !areFilesShared { try connection.query("SELECT weftpd.quota_join($1)", [server]) }
      // What another run of this name has held and not used.
      try connection.query(
        """
        UPDATE weftpd.quota_counts SET held_bytes = bytes, held_files = files, wanted = false,
          changed = clock_timestamp() WHERE server = $1 AND NOT in_use
        """, [server])
      try connection.query("DELETE FROM weftpd.quota_scans WHERE server = $1", [server])
      // Days and months that nobody counts any more.
      try connection.run(
        """
        DELETE FROM weftpd.quota_counts WHERE subject !~ '^/'
          AND left(split_part(subject, ' ', 2), 7) < to_char(now() - interval '70 days', 'YYYY-MM')
        """)
    }
    state.isServing = true
  }

  /// To be used by what ``ask(serving:_:)`` does.
  var name: String { state.server ?? "" }

  // MARK: life

  public var isTrusted: Bool { MonotonicTime.now.nanoseconds < trustedUntil.load(ordering: .relaxed) }

  public func renew() throws(QuotaStoreError) -> Bool {
    let start = MonotonicTime.now
    let isKept = try ask { (connection) throws(PostgresError) in
      try connection.query(
        """
        WITH old AS (SELECT alive_until > clock_timestamp() AS alive FROM weftpd.quota_servers
          WHERE server = $1 AND run = $2 FOR UPDATE)
        UPDATE weftpd.quota_servers s SET alive_until = clock_timestamp() + make_interval(secs => $3::text::integer)
        FROM old WHERE s.server = $1 RETURNING old.alive
        """, [name, run, "\(lease)"])[safely: 0, 0] == "t"
    }
    let trust = max(1, lease - Self.margin)
    trustedUntil.store(start.advanced(by: Int64(trust) * 1_000_000_000).nanoseconds, ordering: .relaxed)
    return isKept
  }

  public func retire() throws(QuotaStoreError) {
    try ask { (connection) throws(PostgresError) in
      try connection.query(
        "UPDATE weftpd.quota_servers SET alive_until = clock_timestamp() WHERE server = $1 AND run = $2", [name, run])
    }
    // The name is free with the end of the connection.
    lock.withLock { _ in (state.connection, state.isServing) = (nil, false) }
  }

  /// Leaves the name to a successor and goes on under another one, as a server beside it that changes the same files. What it has and
  /// holds goes along. If the database cannot be reached, that is done when it can.
  public func release() {
    lock.withLock { _ in
      guard let server = state.server, state.left == nil else { return }
      (state.left, state.server) = (server, "\(server) \(run)")
      state.isServing = false
    }
    do throws(QuotaStoreError) { try ask { (_) throws(PostgresError) in } } catch {
      // The ledger tells the operator, since it asks again in a moment.
    }
  }

  // MARK: traffic

  /// Bytes that this server has counted.
  public func traffic(_ key: TrafficKey) throws(QuotaStoreError) -> Int64 {
    try ask { (connection) throws(PostgresError) in
      let rows = try connection.query(
        "SELECT bytes FROM weftpd.quota_counts WHERE subject = $1 AND server = $2", [key.subject, name])
      return rows.count > 0 ? rows.number(0, 0) : 0
    }
  }

  /// Not used: what is shared is saved like a directory.
  public func add(_ bytes: [TrafficKey: Int64]) throws(QuotaStoreError) -> [TrafficKey: Int64] {
    throw QuotaStoreError("bytes that are shared are saved as holdings")
  }

  // MARK: requests

  public func requests() throws(QuotaStoreError) -> [String] {
    try ask { (connection) throws(PostgresError) in
      let rows = try connection.query("SELECT subject FROM weftpd.quota_requests WHERE server = $1", [name])
      return (0..<rows.count).map { rows[$0, 0] ?? "" }
    }
  }

  public func fulfilled(_ directory: String) throws(QuotaStoreError) {
    try ask { (connection) throws(PostgresError) in
      try connection.query(
        "DELETE FROM weftpd.quota_requests WHERE subject = $1 AND server = $2", [directory, name])
    }
  }
}

extension PostgresConnection.Result {
  func number(_ row: Int, _ column: Int) -> Int64 { self[row, column].flatMap { Int64($0) } ?? 0 }
  subscript(safely row: Int, column: Int) -> String? { row < count ? self[row, column] : nil }
}
