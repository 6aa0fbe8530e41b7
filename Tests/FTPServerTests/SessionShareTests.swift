// Limits that sessions share: of a user, of a user at one address, of a group; and transfers of a user.

import Accounts
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.onThreads) struct SessionShareTests {
  private static func source(
    _ home: TemporaryDirectory, _ options: [String: String], users: [String] = ["bob"], group: [String: String] = [:]
  ) throws -> AccountSource {
    let directory = ScriptedDirectory()
    let shared = SharedGroup(AccountGroup(name: "staff", options: try AccountOptions(group)))
    for user in users {
      let entry = UserEntry(
        name: Array(user.utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readAndWrite,
        options: try AccountOptions(options), groups: group.isEmpty ? [] : [shared])
      directory.answer(user, .success(entry))
    }
    return AccountSource(directory: directory)
  }

  private static func client(_ address: SocketAddress, from source: String = "127.0.0.1") throws -> FTPClient {
    let client = try FTPClient(address, from: source)
    try client.expect(220)
    return client
  }

  /// Logs in, and requires the code of the reply to PASS.
  private static func logIn(
    _ address: SocketAddress, _ user: String = "bob", from source: String = "127.0.0.1", expecting code: Int = 230
  ) throws -> FTPClient {
    let client = try client(address, from: source)
    try client.command("USER \(user)", expecting: 331)
    try client.command("PASS secret", expecting: code)
    return client
  }

  @Test func anEntrysNumberTakesThePlaceOfTheSetting() async throws {
    let home = try TemporaryDirectory()
    var configuration = ServerConfiguration()
    configuration.limits.sessionsPerUser = 1
    try await withServer(try Self.source(home, ["sessions": "2"]), configuration) { _, address in
      let first = try Self.logIn(address)
      let second = try Self.logIn(address, from: "127.0.0.2")
      let third = try Self.logIn(address, from: "127.0.0.3", expecting: 421)
      try require(try third.control.isClosedByPeer(), "the session goes on")
      try first.quit()
      // Its place is free as soon as the server has closed, which the client sees a moment earlier.
      let isFree = Deadline.after(.seconds(60)).until { (try? Self.logIn(address)) != nil }
      try require(isFree, "the place stays taken")
      _ = second
    }
  }

  @Test func aUserAtOneAddress() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try Self.source(home, ["sessions-per-address": "1"], users: ["bob", "carol"])) { _, address in
      let first = try Self.logIn(address)
      let text = try Self.client(address)
      try text.command("USER bob", expecting: 331)
      let reply = try text.command("PASS secret", expecting: 421)
      try require(reply.text.contains("from your address"), "\(reply)")
      // Others there, and the same user elsewhere, are not concerned.
      let carol = try Self.logIn(address, "carol")
      let elsewhere = try Self.logIn(address, from: "127.0.0.2")
      for client in [first, carol, elsewhere] { try client.quit() }
    }
  }

  @Test func allMembersOfAGroupTogether() async throws {
    let home = try TemporaryDirectory()
    let source = try Self.source(home, [:], users: ["bob", "carol", "dave"], group: ["group-sessions": "2"])
    try await withServer(source) { _, address in
      let bob = try Self.logIn(address, "bob")
      let carol = try Self.logIn(address, "carol")
      _ = try Self.logIn(address, "dave", expecting: 421)
      // REIN gives a place back.
      try bob.command("REIN", expecting: 220)
      let dave = try Self.logIn(address, "dave")
      for client in [bob, carol, dave] { try client.quit() }
    }
  }

  @Test func transfersOfAUserAtOnce() async throws {
    let home = try TemporaryDirectory()
    try home.makeSparse("large", size: 64 << 20)
    try home.write("small", "x")
    try await withServer(try Self.source(home, ["transfers": "1"])) { _, address in
      let first = try Self.logIn(address)
      try first.command("TYPE I", expecting: 200)
      let data = try first.passive(receiveBuffer: 16_384)
      try first.command("RETR large", expecting: 150)
      _ = try data.read(exactly: 1)
      let second = try Self.logIn(address)
      let refused = try second.passive()
      try second.command("RETR small", expecting: 450)
      try require(try refused.isClosedByPeer(), "the data connection is left open")
      let upload = try second.passive()
      try second.command("STOR up", expecting: 450)
      try require(try upload.isClosedByPeer(), "the data connection is left open")
      try require(!home.exists("up"), "a refused upload left a file")
      // Listings need no place.
      try require(!(try second.retrieve("NLST")).isEmpty, "no listing")
      data.reset()
      try first.expect(426, 451)
      try require(try second.retrieve("RETR small") == bytes("x"), "another file")
      try require(try second.retrieve("RETR small") == bytes("x"), "another file")
    }
  }
}
