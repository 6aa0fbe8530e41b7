// One connection to PostgreSQL, every wait of which has an end: the only file that calls libpq.

import CPostgres
import Glibc
import LinuxSystem

/// What the database refused, or why it cannot be heard.
package struct PostgresError: Error {
  /// One line; no value of a statement.
  package let message: String
  /// SQLSTATE; empty if the server said nothing. Source: PostgreSQL, "PostgreSQL Error Codes".
  package var state = ""
  /// Whether it happened before anything could be asked: the database cannot be reached, or has no accounts.
  package var isAboutReaching = false

  package init(message: String, state: String = "", isAboutReaching: Bool = false) {
    self.message = message
    self.state = state
    self.isAboutReaching = isAboutReaching
  }
}

/// A connection, used by one thread at a time. It closes with its last reference.
package final class PostgresConnection {
  private let handle: OpaquePointer
  private let patience: Int64

  /// Connects. Names are looked up by the system's resolver, whose time is its own; all else takes no longer than `options.patience`.
  package init(_ options: PostgresOptions) throws(PostgresError) {
    if let why = PostgresOptions.loadLibrary() { throw PostgresError(message: why) }
    let parameters = options.parameters
    let texts = parameters.map { (strdup($0.keyword), strdup($0.value)) }
    defer {
      for (keyword, value) in texts {
        free(keyword)
        // It may be the password.
        if let value { explicit_bzero(value, strlen(value)) }
        free(value)
      }
    }
    let keywords = texts.map { UnsafePointer($0.0) } + [nil]
    let values = texts.map { UnsafePointer($0.1) } + [nil]
    guard let handle = weft_pg_connect_start(keywords, values) else { throw PostgresError(message: "out of memory") }
    self.handle = handle
    patience = options.patience.inNanoseconds
    // Everything is initialised: if this throws, `deinit` closes.
    try finishConnecting()
    weft_pg_ignore_notices(handle)
    _ = weft_pg_set_nonblocking(handle)
  }

  deinit { weft_pg_finish(handle) }

  private func finishConnecting() throws(PostgresError) {
    let deadline = MonotonicTime.now.advanced(by: patience)
    // Source: PQconnectPoll; before the first call it counts as wanting to write.
    var wants = Int32(WEFT_PG_POLL_WRITING)
    while true {
      if weft_pg_socket(handle) < 0 { throw failure }
      try wait(wants == WEFT_PG_POLL_READING ? .readable : .writable, until: deadline)
      wants = weft_pg_connect_poll(handle)
      if wants == WEFT_PG_POLL_OK { return }
      if wants == WEFT_PG_POLL_FAILED { throw failure }
    }
  }

  /// The socket to wait at for notifications.
  package var socket: Int32 { weft_pg_socket(handle) }

  // MARK: statements

  /// The rows of a result.
  package final class Result {
    private let handle: OpaquePointer
    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { weft_pg_clear(handle) }

    package var count: Int { Int(weft_pg_rows(handle)) }

    /// A value as text; nil for NULL.
    package subscript(row: Int, column: Int) -> String? {
      let (row, column) = (Int32(row), Int32(column))
      if weft_pg_is_null(handle, row, column) != 0 { return nil }
      return weft_pg_value(handle, row, column).map { String(cString: $0) }
    }
  }

  /// Runs one statement with `parameters` for `$1` and so on.
  @discardableResult
  package func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> Result {
    let sent = withTexts(parameters) { weft_pg_send(handle, sql, Int32(parameters.count), $0) }
    return try result(sent: sent)
  }

  /// Runs several statements without parameters.
  package func run(_ sql: String) throws(PostgresError) { try result(sent: weft_pg_send_plain(handle, sql)) }

  /// Has the server prepare a statement under a name.
  package func prepare(_ name: String, _ sql: String, parameters: Int) throws(PostgresError) {
    try result(sent: weft_pg_send_prepare(handle, name, sql, Int32(parameters)))
  }

  /// Runs a prepared statement.
  package func execute(_ name: String, _ parameters: [String?] = []) throws(PostgresError) -> Result {
    let sent = withTexts(parameters) { weft_pg_send_prepared(handle, name, Int32(parameters.count), $0) }
    return try result(sent: sent)
  }

  private func withTexts<R>(_ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
    let copies = texts.map { $0.flatMap { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    return body(copies.map { UnsafePointer($0) })
  }

  /// Waits for the last result of what was sent; the first mistake among them is thrown when all have come.
  @discardableResult
  private func result(sent: Int32) throws(PostgresError) -> Result {
    guard sent == 1 else { throw failure }
    let deadline = MonotonicTime.now.advanced(by: patience)
    var last: Result?
    var mistake: PostgresError?
    while true {
      try awaitInput(until: deadline)
      guard let next = weft_pg_next_result(handle) else { break }
      let result = Result(next)
      switch weft_pg_result_status(next) {
      case Int32(WEFT_PG_COMMAND_OK), Int32(WEFT_PG_TUPLES_OK): last = result
      default: mistake = mistake ?? Self.mistake(next)
      }
    }
    if weft_pg_status(handle) != WEFT_PG_CONNECTION_OK { throw failure }
    if let mistake { throw mistake }
    guard let last else { throw failure }
    return last
  }

  private func awaitInput(until deadline: MonotonicTime) throws(PostgresError) {
    while true {
      let left = weft_pg_flush(handle)
      if left < 0 { throw failure }
      if left == 0, weft_pg_is_busy(handle) == 0 { return }
      try wait(left > 0 ? [.readable, .writable] : .readable, until: deadline)
      if weft_pg_consume(handle) == 0 { throw failure }
    }
  }

  private func wait(_ readiness: Readiness, until deadline: MonotonicTime) throws(PostgresError) {
    while true {
      let left = deadline.since(.now) / 1_000_000
      if left <= 0 {
        throw PostgresError(message: "no answer within \(patience / 1_000_000_000) seconds")
      }
      if Poll.wait(weft_pg_socket(handle), readiness, milliseconds: Int32(clamping: left)) { return }
    }
  }

  // MARK: notifications

  /// Takes in what has come without having been asked for; throws if the connection is gone.
  package func consume() throws(PostgresError) {
    if weft_pg_consume(handle) == 0 || weft_pg_status(handle) != WEFT_PG_CONNECTION_OK { throw failure }
  }

  /// The payload of the next notification that has come.
  package func nextNotification() -> [UInt8]? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { buffer in
      let count = weft_pg_next_notification(handle, buffer.baseAddress, buffer.count)
      return count < 0 ? nil : buffer[..<count].map { UInt8(bitPattern: $0) }
    }
  }

  // MARK: errors

  private var failure: PostgresError {
    let text = weft_pg_error(handle).map { PostgresOptions.oneLine(String(cString: $0)) } ?? ""
    return PostgresError(message: text.isEmpty ? "the connection is lost" : text)
  }

  private static func mistake(_ result: OpaquePointer) -> PostgresError {
    let message = weft_pg_result_message(result).map { oneLine(String(cString: $0)) } ?? "a statement failed"
    return PostgresError(message: message, state: weft_pg_result_state(result).map { String(cString: $0) } ?? "")
  }

  private static func oneLine(_ text: String) -> String { PostgresOptions.oneLine(text) }
}
