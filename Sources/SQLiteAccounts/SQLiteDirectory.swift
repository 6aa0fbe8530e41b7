// Looks accounts up in an SQLite file, on a thread of its own: reading may have to wait for the disk or for a writer.

import Accounts
import Dispatch
import LinuxSystem
import Synchronization

/// The accounts in an SQLite file. It is only read here.
///
/// Once a second the thread looks whether anybody has changed the file (`PRAGMA data_version`), or put another in its place.
public final class SQLiteDirectory: AccountDirectory {
  private struct State {
    var changed: (@Sendable (AccountChange) -> Void)?
    var share = ChallengeShare([])
    var isEnded = false
    var wantsReopening = false
  }

  private let path: String
  private let cache: EntryCache
  private let line: LookupLine
  private let alarm: DispatchSemaphore
  private let state = Mutex(State())
  private let tell: @Sendable (String) -> Void
  /// How often a change is looked for.
  private static let rhythm = DispatchTimeInterval.milliseconds(250)

  /// Opens nothing yet.
  ///
  /// - Parameters:
  ///   - path: the file; absolute, since the thread opens it again when another file takes its place.
  ///   - cacheCapacity: how many entries are kept in memory.
  ///   - tell: what the operator should know, as one line; called on the directory's thread.
  public init(path: String, cacheCapacity: Int = 10_000, tell: @escaping @Sendable (String) -> Void) {
    self.path = path
    cache = EntryCache(capacity: cacheCapacity)
    let alarm = DispatchSemaphore(value: 0)
    self.alarm = alarm
    line = LookupLine { alarm.signal() }
    self.tell = tell
  }

  /// What a file says, for a check before the start.
  public struct Inspection: Sendable {
    public let entries: [UserEntry]
    public let warnings: [String]
  }

  /// Reads a file as a whole, on this thread.
  /// - Throws: why accounts cannot be had from it.
  public static func inspect(path: String) throws(UserTableError) -> Inspection {
    let isExposed = try SQLiteFile.check(path) ?? false
    let connection: SQLiteConnection
    do throws(SQLiteError) {
      connection = try SQLiteConnection(path: path, .reading)
      try SQLiteSchema.requireCurrent(connection, path)
    } catch {
      throw error.named(path)
    }
    let listing = try SQLiteTransaction(connection: connection, path: path).listing()
    var warnings = listing.warnings
    if isExposed {
      warnings.append("\(path) holds password hashes and can be read by others: run chmod 600 on it")
    }
    return Inspection(entries: listing.entries, warnings: warnings)
  }

  // MARK: asking

  public func entryNow(named name: [UInt8]) -> AccountAnswer {
    if let entry = cache.entry(named: name) { return .known(entry) }
    return .takesTime
  }

  public func entry(named name: [UInt8]) async throws(AccountDirectoryError) -> UserEntry? {
    // No text can be such a name.
    guard String(validating: name, as: UTF8.self) != nil else { return nil }
    return try await line.ask(name)
  }

  public var challengeShare: ChallengeShare { state.withLock { $0.share } }

  // MARK: the thread

  public func start(_ changed: @escaping @Sendable (AccountChange) -> Void) {
    state.withLock { $0.changed = changed }
    let started = DirectoryThread.start(named: "weft-accounts") { self.run() }
    if !started { line.close(AccountDirectoryError("there is no thread that could read \(path)")) }
  }

  /// Opens the file anew.
  public func refresh() {
    state.withLock { $0.wantsReopening = true }
    alarm.signal()
  }

  /// Ends the thread; for tests.
  func end() {
    state.withLock { $0.isEnded = true }
    alarm.signal()
  }

  private func run() {
    var reader: Reader?
    var fault = ""
    var isFirst = true
    while !state.withLock({ $0.isEnded }) {
      let wantsReopening = state.withLock { state in
        defer { state.wantsReopening = false }
        return state.wantsReopening
      }
      do throws(SQLiteError) {
        var current = reader
        if wantsReopening || reader?.isReplaced ?? true { current = nil }
        let open: Reader
        if let current { open = current } else { open = try Reader(path) }
        let news = try open.news()
        if open !== reader || news {
          cache.forgetAll()
          for problem in try open.takeGroups() { tell("\(path): \(problem); none of its members can log in") }
          try takeShare(open)
          // Nobody had logged in before the first time.
          if !isFirst { state.withLock { $0.changed }?(.all) }
        }
        reader = open
        isFirst = false
        cache.vouch()
        line.open()
        if !fault.isEmpty {
          fault = ""
          tell("\(path) can be read again")
        }
        try answer(open)
      } catch {
        reader = nil
        cache.forgetAll()
        let words = "\(path) cannot be read: \(error.message)"
        if fault != words { tell(words + "; nobody can log in until it can") }
        fault = words
        line.close(AccountDirectoryError(words))
      }
      guard line.isEmpty, alarm.wait(timeout: .now() + Self.rhythm) == .success else { continue }
      // One batch answers all who have rung.
      while alarm.wait(timeout: .now()) == .success {}
    }
    line.close(AccountDirectoryError("the server ends"))
  }

  private func answer(_ reader: Reader) throws(SQLiteError) {
    var questions = line.take(64)[...]
    if questions.isEmpty { return }
    do throws(SQLiteError) {
      // One look at the file for all of them, and a user's row is of the same moment as its options.
      try reader.connection.run("BEGIN")
      while let question = questions.first {
        let row = try reader.connection.row(named: String(decoding: question.name, as: UTF8.self))
        questions.removeFirst()
        question.answer(answer(row, reader.groups))
      }
      try reader.connection.run("COMMIT")
    } catch {
      // They are asked once more, of the file opened anew.
      line.putBack(Array(questions), AccountDirectoryError("\(path) cannot be read: \(error.message)"))
      throw error
    }
  }

  private func answer(_ row: AccountRow?, _ groups: [String: SharedGroup]) -> LookupLine.Answer {
    guard let row else { return .success(nil) }
    do throws(AccountDirectoryError) {
      let entry = try row.entry(groups)
      cache.keep(entry)
      return .success(entry)
    } catch {
      return .failure(error)
    }
  }

  private func takeShare(_ reader: Reader) throws(SQLiteError) {
    let users = try reader.connection.number("SELECT count(*) FROM users") ?? 0
    var (count, secret) = (0, "")
    try reader.connection.query("SELECT count(*), min(value) FROM user_options WHERE key = 'totp'") { row in
      (count, secret) = (row.number(0), row.text(1) ?? "")
    }
    let share = ChallengeShare(users: users, withSecondFactor: count, key: Array(secret.utf8))
    state.withLock { $0.share = share }
  }
}

/// A connection and what tells that the file has changed since.
private final class Reader {
  let connection: SQLiteConnection
  private let path: String
  private let identity: SQLiteFile.Identity?
  private var version = 0
  private(set) var groups: [String: SharedGroup] = [:]

  init(_ path: String) throws(SQLiteError) {
    self.path = path
    identity = SQLiteFile.identity(path)
    connection = try SQLiteConnection(path: path, .reading)
    try SQLiteSchema.requireCurrent(connection, path)
    version = try connection.number("PRAGMA data_version") ?? 0
  }

  /// Reads the groups, and says what is wrong with any.
  func takeGroups() throws(SQLiteError) -> [AccountDirectoryError] {
    let (read, problems) = try connection.groups().shared()
    groups = read
    return problems
  }

  /// Whether another file has the path now.
  var isReplaced: Bool { SQLiteFile.identity(path) != identity }

  /// Whether somebody has written since this was asked last.
  func news() throws(SQLiteError) -> Bool {
    let now = try connection.number("PRAGMA data_version") ?? 0
    defer { version = now }
    return now != version
  }
}
