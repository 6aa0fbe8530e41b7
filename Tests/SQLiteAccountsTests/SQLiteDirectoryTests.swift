// SQLiteDirectory: what it answers, when a change is seen, and what happens when the file goes.

import Accounts
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import SQLiteAccounts

@Suite(.onThreads) struct SQLiteDirectoryTests {
  private let place: TemporaryDirectory
  private let path: String
  private let editor: StoreEditor<SQLiteStore>
  private let directory: SQLiteDirectory
  private let told: Told

  /// What the directory has told.
  private final class Told: Sendable {
    let lines = Mutex<[String]>([])
    let changes = Atomic<Int>(0)
  }

  init() throws {
    place = try TemporaryDirectory()
    path = place.path(of: "users.db")
    editor = StoreEditor(SQLiteStore(path: path))
    _ = try editor.add(name: bytes("a"), hash: quickHash, home: "/a")
    let told = Told()
    self.told = told
    directory = SQLiteDirectory(path: path) { line in told.lines.withLock { $0.append(line) } }
  }

  private func start() { directory.start { [told] _ in told.changes.add(1, ordering: .relaxed) } }

  /// Asks until the answer is as wanted.
  private func wait(_ isWanted: (Result<UserEntry?, AccountDirectoryError>) -> Bool) async -> Bool {
    let deadline = Deadline.after(.seconds(60))
    while !deadline.hasPassed {
      let answer: Result<UserEntry?, AccountDirectoryError>
      do throws(AccountDirectoryError) { answer = .success(try await directory.entry(named: bytes("a"))) } catch {
        answer = .failure(error)
      }
      if isWanted(answer) { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  @Test func usersAreFoundAndKept() async throws {
    defer { directory.end() }
    start()
    #expect(try await directory.entry(named: bytes("a"))?.home == "/a")
    #expect(directory.entryNow(named: bytes("a")) == .known(try editor.entry(named: bytes("a"))))
    #expect(try await directory.entry(named: bytes("b")) == nil)
    #expect(directory.entryNow(named: bytes("b")) == .takesTime)
    #expect(try await directory.entry(named: [0xFF]) == nil)
  }

  @Test func aChangeIsSeen() async throws {
    defer { directory.end() }
    start()
    #expect(try await directory.entry(named: bytes("a"))?.isReadOnly == false)
    _ = try editor.update(bytes("a"), set: [("access", "ro")], unset: [])
    let clock = ContinuousClock.now
    #expect(await wait { (try? $0.get())?.isReadOnly == true })
    // Nobody is told otherwise by the cache, either.
    let seen = ContinuousClock.now - clock
    #expect(Deadline.after(.seconds(60)).until { told.changes.load(ordering: .relaxed) > 0 })
    print("measured: a change in SQLite was seen after \(seen)")
    _ = try editor.update(bytes("a"), set: [("totp", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")], unset: [])
    #expect(Deadline.after(.seconds(60)).until { directory.challengeShare.withSecondFactor == 1 })
    #expect(directory.challengeShare.users == 1)
  }

  @Test func anotherFileInItsPlaceIsTaken() async throws {
    defer { directory.end() }
    start()
    #expect(try await directory.entry(named: bytes("a"))?.home == "/a")
    let other = StoreEditor(SQLiteStore(path: place.path(of: "other.db")))
    _ = try other.add(name: bytes("a"), hash: "*", home: "/other")
    #expect(rename(place.path(of: "other.db"), path) == 0)
    #expect(await wait { (try? $0.get())?.home == "/other" })
  }

  @Test func withoutTheFileNobodyCanTell() async throws {
    defer { directory.end() }
    start()
    #expect(try await directory.entry(named: bytes("a")) != nil)
    #expect(rename(path, path + ".away") == 0)
    #expect(await wait { if case .failure = $0 { true } else { false } })
    #expect(directory.entryNow(named: bytes("a")) == .takesTime)
    #expect(rename(path + ".away", path) == 0)
    #expect(await wait { (try? $0.get())?.home == "/a" })
    let lines = told.lines.withLock { $0 }
    #expect(lines.contains { $0.contains("cannot be read") } && lines.contains { $0.contains("can be read again") })
  }

  @Test func aRowThatIsWrongKeepsItsUserOutAndNobodyElse() async throws {
    defer { directory.end() }
    start()
    let connection = try SQLiteConnection(path: path, .writing(creating: false))
    try connection.query("INSERT INTO users VALUES ('b', 'plain text', '/b', 'rw')")
    await #expect(throws: AccountDirectoryError.self) { try await directory.entry(named: bytes("b")) }
    #expect(try await directory.entry(named: bytes("a")) != nil)
  }

  @Test func manyAskAtOnce() async throws {
    defer { directory.end() }
    start()
    try await withThrowingTaskGroup(of: Bool.self) { [directory] tasks in
      for number in 0..<2000 {
        tasks.addTask { try await directory.entry(named: bytes(number % 2 == 0 ? "a" : "no\(number)")) != nil }
      }
      var found = 0
      for try await isFound in tasks where isFound { found += 1 }
      #expect(found == 1000)
    }
  }
}
