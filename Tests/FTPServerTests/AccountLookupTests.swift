// USER with a directory that takes its time, fails, or does not answer: the session waits, all others go on.

import Accounts
import LinuxSystem
import Logging
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct AccountLookupTests {
  private let directory = ScriptedDirectory()
  private let home: TemporaryDirectory
  private let log = LogTexts()

  init() throws { home = try TemporaryDirectory() }

  private func entry(_ name: String, _ options: [String: String] = [:]) throws -> UserEntry {
    UserEntry(
      name: Array(name.utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readAndWrite,
      options: try AccountOptions(options))
  }

  private func start(
    _ directory: any AccountDirectory, login: Duration = .seconds(60), single: UserEntry? = nil
  ) throws -> (server: FTPServer, address: SocketAddress) {
    var configuration = ServerConfiguration()
    configuration.timeouts.login = login
    let logger = Logger(label: "test") { [log] _ in log }
    let server = try FTPServer(
      configuration: configuration,
      accounts: AccountSource(directory: directory, single: single, anonymousRoot: home.path), logger: logger)
    let bound = try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)])
    try server.start()
    return (server, try #require(bound.first))
  }

  /// A client that has read the greeting and sent `lines`.
  private func client(_ address: SocketAddress, _ lines: String...) async throws -> Talker {
    try await Blocking.onOwnThread {
      let client = try FTPClient(address)
      try client.expect(220)
      try client.control.send(lines.flatMap { Array("\($0)\r\n".utf8) })
      return Talker(client)
    }
  }

  @Test func aSessionWaitsAndOthersGoOn() async throws {
    let (server, address) = try start(directory)
    directory.answer("bob", .success(try entry("bob")))
    let waiting = try await client(address, "USER slow", "NOOP")
    await directory.waitUntilAsked("slow")
    let other = try await client(address, "USER bob", "PASS secret")
    #expect(try await other.codes(2) == [331, 230])
    // What was sent behind USER is answered behind it.
    directory.answer("slow", .success(try entry("slow")))
    #expect(try await waiting.codes(2) == [331, 200])
    try await waiting.send("PASS secret")
    #expect(try await waiting.codes(1) == [230])
    // One question for a login.
    #expect(directory.asked.count == 2)
    await server.drain(grace: .seconds(10))
  }

  @Test func aNameThatNobodyHas() async throws {
    let (server, address) = try start(directory)
    directory.answer("nobody", .success(nil))
    let client = try await client(address, "USER nobody", "PASS secret")
    #expect(try await client.codes(2) == [331, 530])
    await server.drain(grace: .seconds(10))
  }

  @Test func whoIsKnownAtOnceIsNotAskedFor() async throws {
    let (server, address) = try start(directory, single: try entry("bob"))
    let user = try await client(address, "USER bob", "PASS secret")
    #expect(try await user.codes(2) == [331, 230])
    let anonymous = try await client(address, "USER ftp", "PASS x@")
    #expect(try await anonymous.codes(2) == [331, 230])
    #expect(directory.asked.isEmpty)
    await server.drain(grace: .seconds(10))
  }

  @Test func aUserWhoNeedsTLSIsToldBeforeThePassword() async throws {
    let (server, address) = try start(directory)
    directory.answer("bob", .success(try entry("bob", ["tls": "required"])))
    let client = try await client(address, "USER bob", "PASS secret")
    #expect(try await client.codes(2) == [530, 503])
    await server.drain(grace: .seconds(10))
  }

  @Test func nobodyCanTell() async throws {
    let (server, address) = try start(directory)
    directory.answer("bob", .failure(AccountDirectoryError("the database is down")))
    let client = try await client(address, "USER bob", "PASS secret")
    #expect(try await client.codes(2) == [421, nil])
    #expect(log.lines.contains { $0.contains("the database is down") })
    #expect(server.context.lookups.count == 0)
    await server.drain(grace: .seconds(10))
  }

  @Test func theTimeForALoginHolds() async throws {
    let (server, address) = try start(directory, login: .seconds(2))
    let client = try await client(address, "USER slow", "NOOP")
    #expect(try await client.codes(2) == [421, nil])
    await directory.waitUntilCancelled("slow")
    #expect(log.lines.contains { $0.contains("timeouts.login") })
    await server.drain(grace: .seconds(10))
  }

  @Test func theEndOfTheServerWakesWhoWaits() async throws {
    let (server, address) = try start(directory)
    let client = try await client(address, "USER slow")
    await directory.waitUntilAsked("slow")
    #expect(await server.drain(grace: .seconds(60)) == 0)
    #expect(try await client.codes(2) == [421, nil])
    await directory.waitUntilCancelled("slow")
  }

  @Test(arguments: [[], ["PASS secret"]]) func aClientThatResetsIsNotAnswered(_ ahead: [String]) async throws {
    let (server, address) = try start(directory)
    do {
      let client = try await client(address, (["USER slow"] + ahead).joined(separator: "\r\n"))
      await directory.waitUntilAsked("slow")
      client.reset()
    }
    await directory.waitUntilCancelled("slow")
    await server.drain(grace: .seconds(10))
  }

  @Test func aClientThatSaysNoMoreCannotLogIn() async throws {
    let (server, address) = try start(directory)
    let client = try await client(address, "USER slow")
    await directory.waitUntilAsked("slow")
    client.endOutput()
    await directory.waitUntilCancelled("slow")
    #expect(try await client.codes(1) == [nil])
    await server.drain(grace: .seconds(10))
  }

  @Test func aClientThatHasSaidAllIsServed() async throws {
    let (server, address) = try start(directory)
    let client = try await client(address, "USER slow", "PASS secret", "QUIT")
    client.endOutput()
    await directory.waitUntilAsked("slow")
    directory.answer("slow", .success(try entry("slow")))
    #expect(try await client.codes(4) == [331, 230, 221, nil])
    await server.drain(grace: .seconds(10))
  }

  @Test func aDirectoryThatGoesOnRegardlessHoldsNobody() async throws {
    let stubborn = ScriptedDirectory(heedsCancellation: false)
    let (server, address) = try start(stubborn)
    do {
      let client = try await client(address, "USER slow")
      await stubborn.waitUntilAsked("slow")
      client.reset()
    }
    await stubborn.waitUntilCancelled("slow")
    // The question is still on its way, and counts.
    #expect(server.context.lookups.count == 1)
    #expect(await server.drain(grace: .seconds(10)) == 0)
    stubborn.answer("slow", .success(nil))
  }

  @Test func onlySoManyAreAskedForAtOnce() async throws {
    let (server, address) = try start(directory, single: try entry("bob"))
    while server.context.lookups.enter() {}
    let refused = try await client(address, "USER slow")
    #expect(try await refused.codes(2) == [421, nil])
    #expect(directory.asked.isEmpty)
    // Whoever is known at once has nothing to wait for.
    let known = try await client(address, "USER bob")
    #expect(try await known.codes(1) == [331])
    server.context.lookups.leave()
    directory.answer("slow", .success(nil))
    let next = try await client(address, "USER slow")
    #expect(try await next.codes(1) == [331])
    await server.drain(grace: .seconds(10))
  }
}

/// A client that is used from one thread after the other.
private final class Talker: @unchecked Sendable {
  // Sendable: a test waits for one call before it makes the next.
  private let client: FTPClient

  init(_ client: sending FTPClient) { self.client = client }

  func send(_ line: String) async throws { try await Blocking.onOwnThread { try client.send(line) } }

  /// The codes of the next replies; nil for the end of the connection.
  func codes(_ count: Int) async throws -> [Int?] {
    try await Blocking.onOwnThread { try (0..<count).map { _ in try client.code() } }
  }

  /// Says that nothing more will be sent.
  func endOutput() { client.control.finishSending() }

  /// Ends the connection by a reset.
  func reset() { client.control.reset() }
}
