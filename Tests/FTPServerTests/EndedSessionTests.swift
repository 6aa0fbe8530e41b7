// Tests what another thread sees of a session, and that it can end it, whatever the session is at.

import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct EndedSessionTests {
  private func withServer(_ body: @Sendable (FTPServer, SocketAddress) throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    try directory.makeSparse("big", size: 1 << 30)
    try await withBob(at: directory, .readAndWrite, body)
  }

  private func loggedIn(_ address: SocketAddress) throws -> FTPClient {
    let client = try FTPClient(address)
    try client.expect(220)
    try client.logIn("bob", "secret")
    return client
  }

  @Test func aRunningTransferIsSeenAndBrokenOff() async throws {
    try await withServer { server, address in
      let client = try loggedIn(address)
      try client.command("TYPE I", expecting: 200)
      let data = try client.passive()
      try client.command("RETR big", expecting: 150)
      // The client reads nothing: the transfer waits for it when the socket is full.
      let first = try data.receive()
      #expect(!first.isEmpty)
      // It is answered when the transfer waits, and what was sent is counted by then.
      try client.command("NOOP", expecting: 200)
      let session = try #require(server.sessions.first)
      #expect(session.user == Array("bob".utf8))
      #expect(session.transfer?.verb == "RETR")
      #expect(session.transfer?.path == Array("/big".utf8))
      #expect(session.transfer?.total == 1 << 30)
      #expect(session.bytes >= UInt64(first.count))
      #expect(server.statistics.transfersRunning == 1)
      #expect(server.end(session: session.id, saying: "Maintenance."))
      try client.expect(426)
      #expect(try client.expect(421).text == "Maintenance.")
      #expect(try client.nextReply() == nil)
    }
  }

  @Test func anIdleSessionHearsWhy() async throws {
    try await withServer { server, address in
      let (one, other) = (try loggedIn(address), try loggedIn(address))
      let session = try #require(server.sessions.first)
      #expect(session.transfer == nil)
      #expect(server.end(session: session.id))
      #expect(try one.expect(421).text == "The operator has ended this session.")
      #expect(try one.nextReply() == nil)
      // The other one goes on.
      try other.command("NOOP", expecting: 200)
      #expect(!server.end(session: 4711))
    }
  }
}
