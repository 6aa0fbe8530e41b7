// Tests of taking and turning away control connections, with a server on a free port.

import Glibc
import LinuxSystem
import Logging
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct AcceptorTests {
  private func start(_ configuration: ServerConfiguration) throws -> (server: FTPServer, address: SocketAddress) {
    let server = try FTPServer(configuration: configuration, accounts: AccountSource(), logger: quietLogger())
    let bound = try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)])
    try server.start()
    return (server, try #require(bound.first))
  }

  private func limited(_ sessions: Int, perAddress: Int = 0) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.limits.sessions = sessions
    configuration.limits.sessionsPerAddress = perAddress
    return configuration
  }

  @Test func aClientIsGreetedAndSentAway() async throws {
    var configuration = ServerConfiguration()
    configuration.greeting = "hello there"
    let (server, address) = try start(configuration)
    try await Blocking.onOwnThread {
      let client = try FTPClient(address)
      #expect(try client.reply().description == "220 hello there")
      try client.send("NOOP\r\nQUIT")
      #expect(try client.code() == 200)
      #expect(try client.code() == 221)
      #expect(try client.code() == nil)
    }
    #expect(await server.drain(grace: .seconds(10)) == 0)
    #expect(server.activeSessions == 0)
  }

  @Test func whenTheServerIsFullAClientIsToldSo() async throws {
    let (server, address) = try start(limited(2))
    try await Blocking.onOwnThread {
      let clients = try [FTPClient(address), FTPClient(address)]
      for client in clients { #expect(try client.code() == 220) }
      for _ in 0..<3 {
        let refused = try FTPClient(address)
        #expect(try refused.code() == 421)
        #expect(try refused.code() == nil)
      }
      // A place that becomes free is given to the next who comes.
      try clients[0].send("QUIT")
      #expect(try clients[0].code() == 221)
      #expect(try clients[0].code() == nil)
      #expect(try Deadline.after(.seconds(10)).until { try FTPClient(address).code() == 220 })
      // The other one has not noticed anything.
      try clients[1].send("NOOP")
      #expect(try clients[1].code() == 200)
    }
    await server.drain(grace: .seconds(10))
  }

  private struct Ban: ClientPolicy {
    let address: IPAddress
    func admits(_ addresses: [IPAddress]) -> Bool { !addresses.contains(address) }
  }

  @Test func aPolicyTurnsClientsAway() async throws {
    let server = try FTPServer(
      configuration: ServerConfiguration(), accounts: AccountSource(), logger: quietLogger(),
      policy: Ban(address: IPAddress(ipv4: 0x7F00_0003)))
    let address = try #require(try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)]).first)
    try server.start()
    try await Blocking.onOwnThread {
      let banned = try FTPClient(address, from: "127.0.0.3")
      #expect(try banned.code() == 421)
      let welcome = try FTPClient(address)
      #expect(try welcome.code() == 220)
      #expect(server.statistics.sessions == 1)
    }
    await server.drain(grace: .seconds(10))
  }

  @Test func oneAddressDoesNotTakeAll() async throws {
    let (server, address) = try start(limited(100, perAddress: 1))
    try await Blocking.onOwnThread {
      let first = try FTPClient(address)
      #expect(try first.code() == 220)
      let second = try FTPClient(address)
      #expect(try second.code() == 421)
      let other = try FTPClient(address, from: "127.0.0.2")
      #expect(try other.code() == 220)
    }
    await server.drain(grace: .seconds(10))
  }

  @Test func theEndOfTheServerIsToldToAllWhoWait() async throws {
    let (server, address) = try start(ServerConfiguration())
    let leftOver = try await Blocking.onOwnThread {
      let clients = try (0..<20).map { _ in try FTPClient(address) }
      for client in clients { #expect(try client.code() == 220) }
      let leftOver = Task { await server.drain(grace: .seconds(10)) }
      for client in clients {
        #expect(try client.code() == 421)
        #expect(try client.code() == nil)
      }
      let refused = #expect(throws: TestFailure.self) { _ = try FTPClient(address) }
      #expect(refused?.description.hasSuffix(Connection.text(ECONNREFUSED)) == true)
      return leftOver
    }
    #expect(await leftOver.value == 0)
  }

  @Test func anAddressIsListenedOnOnce() throws {
    let (_, address) = try start(ServerConfiguration())
    let other = try FTPServer(
      configuration: ServerConfiguration(), accounts: AccountSource(), logger: quietLogger())
    #expect(throws: ListenError.self) { try other.listen(on: [address]) }
  }

  @Test func newSettingsAreForNewSessions() async throws {
    var configuration = ServerConfiguration()
    configuration.greeting = "old"
    let (server, address) = try start(configuration)
    try await Blocking.onOwnThread { () throws -> Void in #expect(try FTPClient(address).reply().text == "old") }
    configuration.greeting = "new"
    server.reload(configuration: configuration, accounts: AccountSource())
    try await Blocking.onOwnThread { () throws -> Void in #expect(try FTPClient(address).reply().text == "new") }
    await server.drain(grace: .seconds(10))
  }
}
