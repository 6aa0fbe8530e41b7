// One open database of SQLite: statements with values, and rows.

import CSQLite
import Quotas

/// A value of a statement.
enum SQLiteValue {
  case text(String)
  case integer(Int64)
}

/// A row of a result, valid while it is read.
struct SQLiteRow {
  fileprivate let statement: OpaquePointer

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(statement, column) else { return "" }
    let count = Int(sqlite3_column_bytes(statement, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }
}

/// A connection, closed with its end. One thread at a time uses it.
struct SQLiteDatabase: ~Copyable, @unchecked Sendable {
  // Sendable: whoever has it, has it alone; SQLite keeps nothing of the thread.
  private let handle: OpaquePointer
  private let path: String
  /// How long another process may hold the lock, in milliseconds.
  private static let patience: Int32 = 5000

  init(_ path: String) throws(QuotaStoreError) {
    var handle: OpaquePointer?
    let code = sqlite3_open_v2(
      path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nil)
    guard code == SQLITE_OK, let handle else {
      let reason = String(cString: sqlite3_errstr(code))
      sqlite3_close_v2(handle)
      throw QuotaStoreError("\(path) cannot be opened: \(reason)")
    }
    sqlite3_busy_timeout(handle, Self.patience)
    self.handle = handle
    self.path = path
  }

  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that have no values and whose rows nobody wants.
  func run(_ statements: String) throws(QuotaStoreError) {
    if sqlite3_exec(handle, statements, nil, nil, nil) != SQLITE_OK { throw failure }
  }

  func execute(_ statement: String, _ values: [SQLiteValue]) throws(QuotaStoreError) {
    _ = try rows(statement, values) { _ in }
  }

  func rows<Value>(
    _ text: String, _ values: [SQLiteValue], _ read: (SQLiteRow) -> Value
  ) throws(QuotaStoreError) -> [Value] {
    var prepared: OpaquePointer?
    guard sqlite3_prepare_v2(handle, text, -1, &prepared, nil) == SQLITE_OK, let statement = prepared else {
      throw failure
    }
    defer { sqlite3_finalize(statement) }
    for (index, value) in values.enumerated() {
      let place = Int32(index) + 1
      switch value {
      case .integer(let number): sqlite3_bind_int64(statement, place, number)
      case .text(let text):
        // SQLITE_TRANSIENT: it copies the text, which does not live as long as the statement.
        sqlite3_bind_text(statement, place, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
      }
    }
    var rows: [Value] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: rows.append(read(SQLiteRow(statement: statement)))
      case SQLITE_DONE: return rows
      default: throw failure
      }
    }
  }

  private var failure: QuotaStoreError {
    QuotaStoreError("\(path): \(String(cString: sqlite3_errmsg(handle)))")
  }
}
