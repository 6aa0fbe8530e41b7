// Looks accounts up in PostgreSQL and hears of changes there, on one thread with one connection.

import Accounts
import Glibc
import LinuxSystem
import PostgresClient
import Synchronization

/// The accounts in a PostgreSQL database, which many servers may share.
///
/// All names that are asked for while a question is under way go into the next one, so one connection is enough for any number of
/// logins. The same connection listens for changes; what it has told is kept in a cache for as long as the database is heard. When
/// the database cannot be reached, everybody is told at once that nobody can tell, and the thread goes on trying.
public final class PostgresDirectory: AccountDirectory {
  private struct State {
    var options: PostgresOptions
    var changed: (@Sendable (AccountChange) -> Void)?
    var share = ChallengeShare([])
    var isEnded = false
    var wantsAnew = false
  }

  private let cache: EntryCache
  private let line: LookupLine
  private let alarm: WakePipe
  private let state: Mutex<State>
  private let tell: @Sendable (String) -> Void
  /// Asked on a reload: how the database is reached now. nil: as before.
  private let reread: @Sendable () -> PostgresOptions?
  private let place: String
  /// Used by the thread alone, hence the lock is never waited for.
  private let groups = Mutex<[String: SharedGroup]>([:])

  /// The longest pause between two tries to reach the database.
  private static let longestPause: Int32 = 1000
  /// The most names in one question.
  private static let batch = 256

  /// Does not connect yet.
  ///
  /// - Parameters:
  ///   - cacheCapacity: how many entries are kept in memory.
  ///   - reread: asked on a reload, for a new password; nil keeps the old one.
  ///   - tell: what the operator should know, as one line; called on the directory's thread.
  /// - Throws: if there is no pipe to be had.
  public init(
    _ options: PostgresOptions, cacheCapacity: Int = 10_000,
    reread: @escaping @Sendable () -> PostgresOptions? = { nil },
    tell: @escaping @Sendable (String) -> Void
  ) throws(SystemError) {
    state = Mutex(State(options: options))
    cache = EntryCache(capacity: cacheCapacity)
    let alarm = try WakePipe()
    self.alarm = alarm
    line = LookupLine { alarm.ring() }
    self.reread = reread
    self.tell = tell
    place = options.place
  }

  /// Reads all accounts, on this thread: for a check before the start.
  /// - Throws: why they cannot be had.
  public static func inspect(_ options: PostgresOptions) throws(UserTableError) -> AccountListing {
    try StoreEditor(PostgresStore(options)).listing()
  }

  // MARK: asking

  public func entryNow(named name: [UInt8]) -> AccountAnswer {
    if let entry = cache.entry(named: name) { return .known(entry) }
    return .takesTime
  }

  public func entry(named name: [UInt8]) async throws(AccountDirectoryError) -> UserEntry? {
    // No text of the database can be such a name.
    guard String(validating: name, as: UTF8.self) != nil, !name.contains(0) else { return nil }
    return try await line.ask(name)
  }

  public var challengeShare: ChallengeShare { state.withLock { $0.share } }

  public func start(_ changed: @escaping @Sendable (AccountChange) -> Void) {
    state.withLock { $0.changed = changed }
    let started = DirectoryThread.start(named: "weft-accounts") { self.run() }
    if !started { line.close(AccountDirectoryError("there is no thread that could ask \(place)")) }
  }

  /// Takes the password from its file again and connects anew.
  public func refresh() {
    let options = reread()
    state.withLock { state in
      if let options { state.options = options }
      state.wantsAnew = true
    }
    alarm.ring()
  }

  /// Ends the thread; for tests.
  func end() {
    state.withLock { $0.isEnded = true }
    alarm.ring()
  }

  // MARK: the thread

  private var isEnded: Bool { state.withLock { $0.isEnded } }

  private func run() {
    var pause: Int32 = 50
    var told = ""
    var isFirst = true
    while !isEnded {
      do throws(PostgresError) {
        let connection = try connect()
        if !told.isEmpty { tell("\(place) can be asked again") }
        (told, pause) = ("", 50)
        // Whatever changed while nobody listened.
        if !isFirst { state.withLock { $0.changed }?(.all) }
        isFirst = false
        try serve(connection)
      } catch {
        cache.forgetAll()
        if isEnded { break }
        // A connection that broke is made anew at once, and who waits is asked about again. A database that cannot be reached is another
        // matter: nobody shall wait for it.
        guard error.isAboutReaching else { continue }
        let words = "\(place) cannot be asked: \(error.message)"
        if told != words { tell(words + "; nobody can log in by it until it can, and it is tried again and again") }
        told = words
        line.close(AccountDirectoryError(words))
        alarm.wait(with: -1, milliseconds: pause)
        alarm.silence()
        pause = min(pause * 2, Self.longestPause)
      }
    }
    line.close(AccountDirectoryError("the server ends"))
  }

  private func connect() throws(PostgresError) -> PostgresConnection {
    do throws(PostgresError) {
      let options = state.withLock { state in
        state.wantsAnew = false
        return state.options
      }
      let connection = try PostgresConnection(options)
      if let fault = PostgresSchema.fault(try PostgresSchema.version(connection)) {
        throw PostgresError(message: fault)
      }
      // Before anything is read: what changes from here on is heard of.
      try connection.run("LISTEN \(PostgresSchema.channel)")
      try connection.prepare("entries", AccountRow.selection + " WHERE u.name = ANY ($1::text[])", parameters: 1)
      try connection.prepare(
        "share",
        """
        SELECT (SELECT count(*) FROM weftpd.users), count(*), min(value) FROM weftpd.user_options WHERE key = 'totp'
        """, parameters: 0)
      try connection.prepare("groups", GroupRow.selection, parameters: 0)
      try takeGroups(connection)
      try takeShare(connection)
      cache.forgetAll()
      cache.vouch()
      line.open()
      return connection
    } catch {
      throw PostgresError(message: error.message, state: error.state, isAboutReaching: true)
    }
  }

  /// Answers questions and hears changes, until the connection breaks, the settings change or the end.
  private func serve(_ connection: PostgresConnection) throws(PostgresError) {
    var isShareOld = false
    var shareTaken = MonotonicTime.now
    while !state.withLock({ $0.isEnded || $0.wantsAnew }) {
      if line.isEmpty {
        // For the second factor a share that is some seconds old will do; it is not counted anew for every change of a long import.
        let untilShare = isShareOld ? max(0, 5_000 - MonotonicTime.now.since(shareTaken) / 1_000_000) : -1
        alarm.wait(with: connection.socket, milliseconds: Int32(clamping: untilShare))
        alarm.silence()
        try connection.consume()
      }
      try answer(connection)
      if try hear(connection) != nil { isShareOld = true }
      if isShareOld, MonotonicTime.now.since(shareTaken) > 5_000_000_000 {
        try takeShare(connection)
        (isShareOld, shareTaken) = (false, .now)
      }
    }
  }

  private func answer(_ connection: PostgresConnection) throws(PostgresError) {
    let questions = line.take(Self.batch)
    if questions.isEmpty { return }
    let names = questions.map { String(decoding: $0.name, as: UTF8.self) }
    let rows: [AccountRow]
    var news: AccountChange?
    do throws(PostgresError) {
      rows = AccountRow.joined(try connection.execute("entries", [PostgresText.array(names)]))
      // What has been told until now may have happened after the database looked.
      news = try hear(connection)
      // Such as a user and the group of that user, made at once.
      if rows.contains(where: { row in groups.withLock { row.namesGroup(beside: $0) } }) { try takeGroups(connection) }
    } catch {
      line.putBack(questions, AccountDirectoryError("\(place) cannot be asked: \(error.message)"))
      throw error
    }
    cache.vouch()
    let known = groups.withLock { $0 }
    let found = Dictionary(rows.map { ($0.name, $0) }) { first, _ in first }
    for (name, question) in zip(names, questions) {
      guard let row = found[name] else {
        question.answer(.success(nil))
        continue
      }
      do throws(AccountDirectoryError) {
        let entry = try row.entry(known)
        if news == nil { cache.keep(entry) }
        question.answer(.success(entry))
      } catch {
        question.answer(.failure(error))
      }
    }
  }

  /// Takes in what has changed; nil if nothing.
  @discardableResult
  private func hear(_ connection: PostgresConnection) throws(PostgresError) -> AccountChange? {
    var users: Set<[UInt8]> = []
    var isAll = false
    while let payload = connection.nextNotification() {
      if payload.first == UInt8(ascii: "u") { users.insert(Array(payload.dropFirst())) } else { isAll = true }
    }
    guard isAll || !users.isEmpty else { return nil }
    if isAll {
      try takeGroups(connection)
      cache.forgetAll()
    } else {
      for user in users { cache.forget(user) }
    }
    cache.vouch()
    let change: AccountChange = isAll ? .all : .users(users)
    state.withLock { $0.changed }?(change)
    return change
  }

  private func takeGroups(_ connection: PostgresConnection) throws(PostgresError) {
    let (read, problems) = GroupRow.joined(try connection.execute("groups")).shared()
    for problem in problems { tell("\(place): \(problem); none of its members can log in") }
    groups.withLock { $0 = read }
  }

  private func takeShare(_ connection: PostgresConnection) throws(PostgresError) {
    let row = try connection.execute("share")
    guard row.count == 1, let users = row[0, 0].flatMap({ Int($0) }), let count = row[0, 1].flatMap({ Int($0) }) else {
      return
    }
    let share = ChallengeShare(users: users, withSecondFactor: count, key: Array((row[0, 2] ?? "").utf8))
    state.withLock { $0.share = share }
  }
}
