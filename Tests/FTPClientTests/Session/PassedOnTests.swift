// Sessions for somebody else: the header, and the whole way by a server's Unix socket.

import FTPProtocol
import FTPServer
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(3))) struct PassedOnTests {
  private static func address(_ text: String) -> SocketAddress { SocketAddress(text)! }

  @Test func theHeader() {
    func line(_ client: String?, _ server: String) -> String {
      let passedOn = PassedOn(client: client.map { Self.address($0) })
      return String(decoding: passedOn.header(to: Self.address(server)), as: UTF8.self)
    }
    #expect(line("192.0.2.7:40000", "127.0.0.1:21") == "PROXY TCP4 192.0.2.7 127.0.0.1 40000 21\r\n")
    #expect(line("[2001:db8::1]:4", "127.0.0.1:0") == "PROXY TCP6 2001:db8::1 :: 4 0\r\n")
    #expect(line("192.0.2.7:40000", "[::1]:21") == "PROXY TCP4 192.0.2.7 0.0.0.0 40000 21\r\n")
    #expect(line(nil, "127.0.0.1:21") == "PROXY UNKNOWN\r\n")
  }

  /// Runs `body` beside a server with a door for this process's user; `open` makes sessions of bob's by it.
  private func withDoor(
    _ configuration: ServerConfiguration = .relaxed { _ in },
    _ body: (_ peer: Peer, _ open: (ClientOptions) async throws -> ClientSession) async throws -> Void
  ) async throws {
    let place = try TemporaryDirectory()
    let door = LocalDoor(path: place.path(of: "ftp"), user: geteuid(), name: "tester")
    try await Peer.with(configuration, door: door) { peer in
      try await body(peer) { options in
        var options = options
        options.passedOn = PassedOn(socket: door.path, client: Self.address("192.0.2.7:40000"))
        let session = try await peer.connect(options)
        try await session.login(Credentials(user: "bob", password: "secret"))
        return session
      }
    }
  }

  @Test func filesGoBothWaysByASocket() async throws {
    try await withDoor { peer, open in
      let content = pattern(3_000_000)
      let session = try await open(.inClear)
      // The server counts whom the session is for.
      #expect(peer.server.sessions.map(\.peer.address) == [Self.address("192.0.2.7:1").address])
      try await session.write("up", from: pieces(content, of: 70_001))
      #expect(try peer.home.read("up") == content)
      #expect(try await contents(session, "up") == content)
      #expect(try await session.list(nil).map(\.name) == [bytes("up")])
      #expect(await session.transport.description.isEmpty == false)
      await session.quit()
    }
  }

  /// Under TLS, too, if somebody wants it.
  @Test func underTLS() async throws {
    try await withDoor { peer, open in
      let session = try await open(.underTLS)
      try peer.home.write("down", pattern(100_000))
      #expect(try await contents(session, "down") == pattern(100_000))
      #expect(await session.protection != nil)
      await session.quit()
    }
  }

  /// A server that asks for TLS does not ask for it where nobody can listen.
  @Test func noTLSIsAskedFor() async throws {
    try await withDoor(.relaxed { $0.security.mode = .requiredData }) { peer, open in
      let session = try await open(.inClear)
      try await session.write("up", from: pieces([1], of: 1))
      #expect(try peer.home.read("up") == [1])
      await session.quit()
      let byTCP = try await peer.connect()
      let error = await #expect(throws: ClientError.self) {
        try await byTCP.login(Credentials(user: "bob", password: "secret"))
      }
      #expect(error?.message.contains("TLS") == true || error?.reply != nil)
      await byTCP.quit()
    }
  }

  @Test func theActiveModeIsRefusedBeforeItIsTried() async throws {
    try await withDoor { _, open in
      var options = ClientOptions.inClear
      options.dataMode = .active
      let session = try await open(options)
      let error = await #expect(throws: ClientError.self) { try await contents(session, "none") }
      #expect(error?.code == .unsupported)
      await session.quit()
    }
  }

  @Test func nobodyIsThere() async throws {
    let place = try TemporaryDirectory()
    var options = ClientOptions.inClear
    options.passedOn = PassedOn(socket: place.path(of: "none"), client: nil)
    let runtime = try ClientRuntime()
    let error = await #expect(throws: ClientError.self) {
      try await ClientSession.connect(to: "127.0.0.1", options: options, runtime: runtime)
    }
    #expect(error?.code == .connectFailed)
    options.proxy = ClientProxy(.socks5, host: "127.0.0.1", port: 1)
    let other = await #expect(throws: ClientError.self) {
      try await ClientSession.connect(to: "127.0.0.1", options: options, runtime: runtime)
    }
    #expect(other?.code == .usage)
  }
}
