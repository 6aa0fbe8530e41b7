// PostgresDirectory against a real server: look-ups, changes that are heard of, and the server's death and return.

import Accounts
import Glibc
import PostgresClient
import Synchronization
import TestSupport
import Testing

@testable import PostgresAccounts

extension PostgresTests {
  @Suite struct PostgresDirectoryTests {
    /// What a directory has told.
    private final class Told: Sendable {
      let lines = Mutex<[String]>([])
      let changes = Mutex<[AccountChange]>([])

      func has(_ change: AccountChange) -> Bool { changes.withLock { $0.contains(change) } }
      func has(_ words: String) -> Bool { lines.withLock { $0.contains { $0.contains(words) } } }
    }

    private static func directory(_ connection: String, _ told: Told, patience: Duration = .seconds(5)) throws
      -> PostgresDirectory
    {
      let directory = try PostgresDirectory(PostgresOptions(connection, patience: patience)) { line in
        told.lines.withLock { $0.append(line) }
      }
      directory.start { change in told.changes.withLock { $0.append(change) } }
      return directory
    }

    /// A server with the user `a`.
    private static func server() async throws -> PostgresServer {
      nonisolated(unsafe) var made: PostgresServer?
      try await Blocking.run {
        let server = try PostgresServer()
        let editor = StoreEditor(PostgresStore(PostgresOptions(server.socketConnection)))
        _ = try editor.add(name: bytes("a"), hash: quickHash, home: "/a")
        made = server
      }
      return try #require(made)
    }

    private static func ask(_ directory: PostgresDirectory, _ name: String = "a") async -> Result<
      UserEntry?, AccountDirectoryError
    > {
      do throws(AccountDirectoryError) { return .success(try await directory.entry(named: bytes(name))) } catch {
        return .failure(error)
      }
    }

    /// Asks until the answer is as wanted; what it answered at last.
    private static func wait(
      _ directory: PostgresDirectory, _ isWanted: (UserEntry?) -> Bool
    ) async -> Result<UserEntry?, AccountDirectoryError> {
      let deadline = Deadline.after(.seconds(90))
      while true {
        let answer = await ask(directory)
        if case .success(let entry) = answer, isWanted(entry) || deadline.hasPassed { return answer }
        if deadline.hasPassed { return answer }
        try? await Task.sleep(for: .milliseconds(20))
      }
    }

    @Test func usersAreFoundAndKept() async throws {
      let server = try await Self.server()
      let directory = try Self.directory(server.socketConnection, Told())
      defer { directory.end() }
      #expect(try await directory.entry(named: bytes("a"))?.home == "/a")
      #expect(directory.entryNow(named: bytes("a")) != .takesTime)
      #expect(try await directory.entry(named: bytes("b")) == nil)
      #expect(try await directory.entry(named: [0xFF]) == nil)
      // Those who ask at once share questions.
      try await withThrowingTaskGroup(of: Bool.self) { tasks in
        for number in 0..<1000 {
          tasks.addTask { try await directory.entry(named: bytes(number % 2 == 0 ? "a" : "no \"\\\(number)")) != nil }
        }
        var found = 0
        for try await isFound in tasks where isFound { found += 1 }
        #expect(found == 500)
      }
    }

    @Test func changesAreHeardWithinASecond() async throws {
      let server = try await Self.server()
      let told = Told()
      let directory = try Self.directory(server.socketConnection, told)
      defer { directory.end() }
      #expect(try await directory.entry(named: bytes("a"))?.isReadOnly == false)
      let begin = ContinuousClock.now
      try server.psql("UPDATE weftpd.users SET access = 'ro' WHERE name = 'a'")
      #expect(Deadline.after(.seconds(60)).until { told.has(.users([bytes("a")])) })
      let heard = ContinuousClock.now - begin
      print("measured: a change in PostgreSQL was heard after \(heard), psql's own start included")
      #expect(try await directory.entry(named: bytes("a"))?.isReadOnly == true)
      try server.psql("INSERT INTO weftpd.user_options VALUES ('a', 'admin', 'yes')")
      #expect(try await Self.wait(directory) { $0?.options.isAdministrator == true }.get() != nil)
      // A user and the group of that user, made at once by others.
      try server.psql(
        """
        BEGIN; INSERT INTO weftpd.groups VALUES ('staff', '/srv/%u', 'rw');
        INSERT INTO weftpd.users VALUES ('m', '*', NULL, NULL);
        INSERT INTO weftpd.memberships VALUES ('m', 0, 'staff'); COMMIT
        """)
      #expect(try await directory.entry(named: bytes("m"))?.home == "/srv/m")
      try server.psql("UPDATE weftpd.groups SET home = '/new/%u' WHERE name = 'staff'")
      #expect(Deadline.after(.seconds(60)).until { told.has(.all) })
      #expect(try await directory.entry(named: bytes("m"))?.home == "/new/m")
      try server.psql("DELETE FROM weftpd.users WHERE name = 'a'")
      #expect(try await Self.wait(directory) { $0 == nil }.get() == nil)
    }

    @Test func deathAndReturn() async throws {
      let server = try await Self.server()
      let told = Told()
      let directory = try Self.directory(server.socketConnection, told)
      defer { directory.end() }
      #expect(try await directory.entry(named: bytes("a")) != nil)
      server.kill()
      #expect(Deadline.after(.seconds(60)).until { told.has("cannot be asked") })
      // Nobody waits for what cannot be, and nobody is let in by what was said before.
      let begin = ContinuousClock.now
      for _ in 0..<100 {
        guard case .failure = await Self.ask(directory) else {
          Issue.record("an answer from nowhere")
          break
        }
      }
      #expect(ContinuousClock.now - begin < .seconds(5))
      #expect(directory.entryNow(named: bytes("a")) == .takesTime)
      try await Blocking.run { try server.start() }
      #expect(try await Self.wait(directory) { $0 != nil }.get()?.home == "/a")
      #expect(told.has("can be asked again"))
      // What happened meanwhile may be anything.
      #expect(told.has(.all))
      // And changes are heard of again.
      try server.psql("UPDATE weftpd.users SET access = 'ro' WHERE name = 'a'")
      #expect(try await Self.wait(directory) { $0?.isReadOnly == true }.get() != nil)
    }

    @Test func aConnectionThatIsCutIsMadeAnew() async throws {
      let server = try await Self.server()
      let directory = try Self.directory(server.socketConnection, Told())
      defer { directory.end() }
      for _ in 0..<5 {
        #expect(try await directory.entry(named: bytes("a")) != nil)
        try server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weftpd'")
        // The database is there, so nobody is told otherwise.
        #expect(try await directory.entry(named: bytes("a")) != nil)
      }
    }

    @Test func aServerThatSaysNothingIsGivenUp() async throws {
      let server = try await Self.server()
      let told = Told()
      let directory = try Self.directory(server.socketConnection, told, patience: .seconds(1))
      defer { directory.end() }
      #expect(try await directory.entry(named: bytes("a")) != nil)
      try server.psql("SELECT pg_sleep(0)")
      // The backend that has accepted the connection is the one that has to be silent.
      let backend = try server.psql("SELECT pid FROM pg_stat_activity WHERE application_name = 'weftpd'")
      let process = try #require(pid_t(backend.split(separator: "\n").first.map(String.init) ?? ""))
      kill(process, SIGSTOP)
      server.freeze()
      defer {
        kill(process, SIGCONT)
        server.resume()
      }
      let begin = ContinuousClock.now
      guard case .failure = await Self.ask(directory, "somebody else") else {
        Issue.record("an answer from a server that stands still")
        return
      }
      let waited = ContinuousClock.now - begin
      print("measured: a silent PostgreSQL was given up after \(waited)")
      #expect(waited < .seconds(30))
      kill(process, SIGCONT)
      server.resume()
      #expect(try await Self.wait(directory) { $0 != nil }.get() != nil)
    }

    @Test func withoutTablesOrServerItIsSaidWhy() async throws {
      let server = try await Self.server()
      try server.psql("DROP SCHEMA weftpd CASCADE")
      let told = Told()
      let directory = try Self.directory(server.socketConnection, told)
      defer { directory.end() }
      #expect(Deadline.after(.seconds(60)).until { told.has("there are no accounts in it yet") })
      guard case .failure = await Self.ask(directory) else {
        Issue.record("an answer without tables")
        return
      }
      _ = try PostgresStore(PostgresOptions(server.socketConnection)).migrate()
      #expect(try await Self.wait(directory) { $0 == nil }.get() == nil)
    }
  }
}
