// Tests of taking and turning away control connections, with a server on a free port.

import Dispatch
import Glibc
import LinuxSystem
import Logging
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
    try await blocking { () throws -> Void in
      let client = try Client(address)
      #expect(try client.line() == "220 hello there")
      try client.send("NOOP\r\nQUIT\r\n")
      #expect(try client.line()?.hasPrefix("200 ") == true)
      #expect(try client.line()?.hasPrefix("221 ") == true)
      #expect(try client.line() == nil)
    }
    #expect(await server.drain(grace: .seconds(10)) == 0)
    #expect(server.activeSessions == 0)
  }

  @Test func whenTheServerIsFullAClientIsToldSo() async throws {
    let (server, address) = try start(limited(2))
    try await blocking { () throws -> Void in
      let clients = try [Client(address), Client(address)]
      for client in clients { #expect(try client.line()?.hasPrefix("220 ") == true) }
      for _ in 0..<3 {
        let refused = try Client(address)
        #expect(try refused.line()?.hasPrefix("421 ") == true)
        #expect(try refused.line() == nil)
      }
      // A place that becomes free is given to the next who comes.
      try clients[0].send("QUIT\r\n")
      #expect(try clients[0].line()?.hasPrefix("221 ") == true)
      #expect(try clients[0].line() == nil)
      let deadline = MonotonicTime.now.advanced(by: 10_000_000_000)
      var answer: String?
      repeat {
        answer = try Client(address).line()
      } while answer?.hasPrefix("421 ") == true && MonotonicTime.now < deadline
      #expect(answer?.hasPrefix("220 ") == true)
      // The other one has not noticed anything.
      try clients[1].send("NOOP\r\n")
      #expect(try clients[1].line()?.hasPrefix("200 ") == true)
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
    try await blocking { () throws -> Void in
      let banned = try Client(address, from: IPAddress(ipv4: 0x7F00_0003))
      #expect(try banned.line()?.hasPrefix("421 ") == true)
      let welcome = try Client(address)
      #expect(try welcome.line()?.hasPrefix("220 ") == true)
      #expect(server.statistics.sessions == 1)
    }
    await server.drain(grace: .seconds(10))
  }

  @Test func oneAddressDoesNotTakeAll() async throws {
    let (server, address) = try start(limited(100, perAddress: 1))
    try await blocking { () throws -> Void in
      let first = try Client(address)
      #expect(try first.line()?.hasPrefix("220 ") == true)
      let second = try Client(address)
      #expect(try second.line()?.hasPrefix("421 ") == true)
      let other = try Client(address, from: IPAddress(ipv4: 0x7F00_0002))
      #expect(try other.line()?.hasPrefix("220 ") == true)
    }
    await server.drain(grace: .seconds(10))
  }

  @Test func theEndOfTheServerIsToldToAllWhoWait() async throws {
    let (server, address) = try start(ServerConfiguration())
    let clients = try await blocking { () throws -> [Client] in
      let clients = try (0..<20).map { _ in try Client(address) }
      for client in clients { #expect(try client.line()?.hasPrefix("220 ") == true) }
      return clients
    }
    #expect(await server.drain(grace: .seconds(10)) == 0)
    try await blocking { () throws -> Void in
      for client in clients {
        #expect(try client.line()?.hasPrefix("421 ") == true)
        #expect(try client.line() == nil)
      }
      #expect(failure { _ = try Client(address) } == ECONNREFUSED)
    }
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
    try await blocking { () throws -> Void in #expect(try Client(address).line() == "220 old") }
    configuration.greeting = "new"
    server.reload(configuration: configuration, accounts: AccountSource())
    try await blocking { () throws -> Void in #expect(try Client(address).line() == "220 new") }
    await server.drain(grace: .seconds(10))
  }
}

/// Runs what blocks on a thread of its own: the server needs those of the tasks.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body() }) }
  }
}

/// A client of the control connection that waits for each line, ten seconds at most.
final class Client: Sendable {
  private let socket: Descriptor

  init(_ address: SocketAddress, from source: IPAddress? = nil) throws {
    socket = try Socket.stream(.ipv4)
    if let source { try Socket.bind(socket, to: SocketAddress(source, port: 0), family: .ipv4) }
    if try !Socket.connect(socket, to: address, family: .ipv4) {
      guard Poll.wait(socket.number, .writable, milliseconds: 10_000) else {
        throw SystemError(code: ETIMEDOUT, call: "connect")
      }
      if let error = Socket.pendingError(socket.number) { throw error }
    }
  }

  func send(_ text: String) throws {
    _ = try Array(text.utf8).withUnsafeBytes { try Socket.send(socket.number, $0) }
  }

  /// The next line without its end; nil at the end of the connection.
  func line() throws -> String? {
    var bytes: [UInt8] = []
    while true {
      guard Poll.wait(socket.number, .readable, milliseconds: 10_000) else {
        throw SystemError(code: ETIMEDOUT, call: "recv")
      }
      var byte = [UInt8](repeating: 0, count: 1)
      let progress = try byte.withUnsafeMutableBytes { try Socket.receive(socket.number, into: $0) }
      guard case .moved(let count) = progress else { continue }
      if count == 0 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
      if byte[0] == 0x0A { return String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self) }
      bytes.append(byte[0])
    }
  }
}
