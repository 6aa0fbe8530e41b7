// Keeps counts in a file of SQLite, which outlives kill -9 and power cuts.

import CSQLite
import Glibc
import LinuxSystem
import Quotas
import Synchronization

/// The store of one server. One process at a time owns it; `weftpd quota` reads it meanwhile and leaves requests.
///
/// Source: https://sqlite.org/c3ref/intro.html, https://sqlite.org/wal.html. A commit is synced (`synchronous=FULL`), but there are few: one
/// for all that has changed in a second, and one when a directory is first used after a pause.
public final class SQLiteQuotaStore: QuotaStore {
  private struct Ownership {
    /// The number of a file that is locked as long as a server owns the store; -1 for somebody who only looks.
    var lock: Int32 = -1
    /// It was a server's, which has left it to another.
    var isReleased = false
  }

  private let database: Mutex<SQLiteDatabase>
  private let path: String
  private let ownership: Mutex<Ownership>

  /// The version of the schema; a newer one is not touched.
  private static let version: Int64 = 1
  private static let schema = """
    CREATE TABLE IF NOT EXISTS tally (
      directory TEXT PRIMARY KEY, bytes INTEGER NOT NULL, files INTEGER NOT NULL, in_use INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS traffic (
      user TEXT NOT NULL, direction TEXT NOT NULL, period TEXT NOT NULL, bytes INTEGER NOT NULL,
      PRIMARY KEY (user, direction, period)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS request (directory TEXT PRIMARY KEY) WITHOUT ROWID;
    PRAGMA user_version = 1;
    """

  /// Opens the file, and makes it if there is none.
  ///
  /// - Parameters:
  ///   - path: the file; SQLite makes others beside it (`-wal`, `-shm`), and this `-lock`.
  ///   - owning: for a server: nobody else may own it.
  /// - Throws: also if another process owns it.
  public init(_ path: String, owning: Bool) throws(QuotaStoreError) {
    self.path = path
    if owning {
      ownership = Mutex(Ownership(lock: try Self.lock(path)))
    } else {
      ownership = Mutex(Ownership())
    }
    let database = try SQLiteDatabase(path)
    try database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
    let version = try database.rows("PRAGMA user_version", []) { $0.integer(0) }.first ?? 0
    if version > Self.version {
      throw QuotaStoreError("\(path) is of a newer weftpd (version \(version) of its tables)")
    }
    if version < Self.version { try database.run(Self.schema) }
    self.database = Mutex(database)
  }

  /// Takes a store that was opened without owning it.
  ///
  /// - Throws: if another process owns it.
  public func own() throws(QuotaStoreError) {
    let lock = try Self.lock(path)
    let old = ownership.withLock { ownership in
      defer { ownership.lock = lock }
      return ownership.lock
    }
    if old >= 0 { _ = Descriptor(owning: old) }
  }

  /// Leaves the store to a successor. The counts of directories are the successor's from now on: what changes here, it is asked to count again
  /// when nothing changes here any more. Bytes that users move are added by both.
  public func release() {
    let lock = ownership.withLock { ownership in
      defer { ownership = Ownership(isReleased: true) }
      return ownership.lock
    }
    if lock >= 0 { _ = Descriptor(owning: lock) }
  }

  deinit {
    let lock = ownership.withLock { $0.lock }
    if lock >= 0 { _ = Descriptor(owning: lock) }
  }

  private var isReleased: Bool { ownership.withLock { $0.isReleased } }

  /// Whether a server owns the store.
  public static func isOwned(_ path: String) -> Bool {
    guard let lock = try? File.open(path + "-lock", flags: O_RDONLY) else { return false }
    return flock(lock.number, LOCK_SH | LOCK_NB) != 0
  }

  private static func lock(_ path: String) throws(QuotaStoreError) -> Int32 {
    let file: Descriptor
    do throws(SystemError) {
      file = try File.open(path + "-lock", flags: O_RDWR | O_CREAT, mode: 0o600)
    } catch {
      throw QuotaStoreError("\(path)-lock cannot be opened: \(error.reason)")
    }
    if flock(file.number, LOCK_EX | LOCK_NB) != 0 { throw QuotaStoreError("\(path) belongs to another process") }
    return file.release()
  }

  // MARK: counts

  public func tally(of directory: String) throws(QuotaStoreError) -> StoredTally? {
    try rows("SELECT directory, bytes, files, in_use FROM tally WHERE directory = ?", [.text(directory)], Self.tally)
      .first
  }

  /// All that are kept, by their paths.
  public func tallies() throws(QuotaStoreError) -> [StoredTally] {
    try rows("SELECT directory, bytes, files, in_use FROM tally ORDER BY directory", [], Self.tally)
  }

  private static func tally(_ row: SQLiteRow) -> StoredTally {
    StoredTally(
      row.text(0), QuotaUsage(bytes: row.integer(1), files: row.integer(2)), isInUse: row.integer(3) != 0)
  }

  public func save(_ tallies: [StoredTally]) throws(QuotaStoreError) {
    if isReleased {
      for tally in tallies where !tally.isInUse { try request(tally.directory) }
      return
    }
    try transaction { (database) throws(QuotaStoreError) in
      for tally in tallies {
        try database.execute(
          """
          INSERT INTO tally VALUES (?, ?, ?, ?) ON CONFLICT (directory)
          DO UPDATE SET bytes = excluded.bytes, files = excluded.files, in_use = excluded.in_use
          """,
          [
            .text(tally.directory), .integer(tally.usage.bytes), .integer(tally.usage.files),
            .integer(tally.isInUse ? 1 : 0),
          ])
      }
    }
  }

  // MARK: traffic

  public func traffic(_ key: TrafficKey) throws(QuotaStoreError) -> Int64 {
    try rows(
      "SELECT bytes FROM traffic WHERE user = ? AND direction = ? AND period = ?",
      [.text(key.user), .text(key.direction), .text(key.period)]
    ) { $0.integer(0) }.first ?? 0
  }

  public func add(_ bytes: [TrafficKey: Int64]) throws(QuotaStoreError) -> [TrafficKey: Int64] {
    var sums: [TrafficKey: Int64] = [:]
    try transaction { (database) throws(QuotaStoreError) in
      for (key, count) in bytes {
        let sum = try database.rows(
          """
          INSERT INTO traffic VALUES (?, ?, ?, ?) ON CONFLICT (user, direction, period)
          DO UPDATE SET bytes = bytes + excluded.bytes RETURNING bytes
          """, [.text(key.user), .text(key.direction), .text(key.period), .integer(count)]
        ) { $0.integer(0) }
        sums[key] = sum.first ?? count
      }
    }
    return sums
  }

  // MARK: requests

  public func requests() throws(QuotaStoreError) -> [String] {
    if isReleased { return [] }
    return try rows("SELECT directory FROM request", []) { $0.text(0) }
  }

  public func fulfilled(_ directory: String) throws(QuotaStoreError) {
    if isReleased { return }
    try transaction { (database) throws(QuotaStoreError) in
      try database.execute("DELETE FROM request WHERE directory = ?", [.text(directory)])
    }
  }

  /// Asks the server that owns the store to count a directory again.
  public func request(_ directory: String) throws(QuotaStoreError) {
    try transaction { (database) throws(QuotaStoreError) in
      try database.execute("INSERT OR IGNORE INTO request VALUES (?)", [.text(directory)])
    }
  }

  // MARK: access

  private func rows<Value: Sendable>(
    _ statement: String, _ values: [SQLiteValue], _ read: @Sendable (SQLiteRow) -> Value
  ) throws(QuotaStoreError) -> [Value] {
    let result = database.withLock { database -> Result<[Value], QuotaStoreError> in
      do throws(QuotaStoreError) { return .success(try database.rows(statement, values, read)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func transaction(
    _ body: (borrowing SQLiteDatabase) throws(QuotaStoreError) -> Void
  ) throws(QuotaStoreError) {
    let failure = database.withLock { database -> QuotaStoreError? in
      do throws(QuotaStoreError) {
        try database.run("BEGIN IMMEDIATE")
        do throws(QuotaStoreError) {
          try body(database)
          try database.run("COMMIT")
        } catch {
          try? database.run("ROLLBACK")
          throw error
        }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }
}
