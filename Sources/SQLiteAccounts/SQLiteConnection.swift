// One connection to an SQLite file, and statements that are prepared once: the only file that calls SQLite.

import CSQLite
import Glibc

/// What SQLite refused to do.
struct SQLiteError: Error {
  /// The extended result code. Source: sqlite.org/rescode.html.
  let code: Int32
  /// SQLite's words, without any value of a statement.
  let message: String

  /// Whether the file is not there, or cannot be opened.
  var isMissing: Bool { code & 0xFF == SQLITE_CANTOPEN }
}

/// A connection, used by one thread at a time. It closes with its last reference.
final class SQLiteConnection {
  private let handle: OpaquePointer
  private var statements: [String: OpaquePointer] = [:]

  /// How a file is opened.
  enum Mode {
    case reading
    case writing(creating: Bool)
  }

  /// - Parameter patience: how long a call waits while another process writes.
  init(path: String, _ mode: Mode, patience: Duration = .seconds(5)) throws(SQLiteError) {
    let flags =
      switch mode {
      case .reading: SQLITE_OPEN_READONLY
      case .writing(let creating): SQLITE_OPEN_READWRITE | (creating ? SQLITE_OPEN_CREATE : 0)
      }
    var opened: OpaquePointer?
    // SQLITE_OPEN_NOFOLLOW is not asked for: a link to the file is the operator's to make.
    let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw SQLiteError(code: code, message: message)
    }
    handle = opened
    sqlite3_busy_timeout(handle, Int32(clamping: patience.components.seconds * 1000))
    // Functions of the schema are not run for a file that somebody else made.
    try run("PRAGMA trusted_schema = OFF")
    try run("PRAGMA foreign_keys = ON")
  }

  deinit {
    for statement in statements.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(handle)
  }

  /// Runs statements without parameters.
  func run(_ sql: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw error(code) }
  }

  /// Runs one statement, prepared once, with `parameters` for its question marks.
  ///
  /// - Parameter row: called for each row of the result.
  func query(
    _ sql: String, _ parameters: [String?] = [], _ row: (Row) -> Void = { _ in }
  ) throws(SQLiteError) {
    let statement = try prepared(sql)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, parameter) in parameters.enumerated() {
      // Cleared bindings are NULL.
      guard let parameter else { continue }
      // SQLITE_TRANSIENT, a cast that Swift does not import: SQLite copies the text.
      let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      let code = sqlite3_bind_text64(
        statement, Int32(index + 1), parameter, UInt64(parameter.utf8.count), copied, UInt8(SQLITE_UTF8))
      if code != SQLITE_OK { throw error(code) }
    }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: row(Row(statement: statement))
      case SQLITE_DONE: return
      case let code: throw error(code)
      }
    }
  }

  /// The first column of the first row as a number; nil without a row.
  func number(_ sql: String) throws(SQLiteError) -> Int? {
    var number: Int?
    try query(sql) { number = number ?? $0.number(0) }
    return number
  }

  /// A row of a result, while the statement stands on it.
  struct Row {
    fileprivate let statement: OpaquePointer

    /// A column as text; nil for NULL.
    func text(_ column: Int32) -> String? {
      guard let bytes = sqlite3_column_text(statement, column) else { return nil }
      let count = Int(sqlite3_column_bytes(statement, column))
      return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func number(_ column: Int32) -> Int { Int(sqlite3_column_int64(statement, column)) }
  }

  private func prepared(_ sql: String) throws(SQLiteError) -> OpaquePointer {
    if let known = statements[sql] { return known }
    var made: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
    guard code == SQLITE_OK, let made else { throw error(code) }
    statements[sql] = made
    return made
  }

  private func error(_ code: Int32) -> SQLiteError {
    SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)))
  }
}
