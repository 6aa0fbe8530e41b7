// What the client's tests share: a server of this process with one user, and a peer that says what a script wants.

import Accounts
import FTPClient
import FTPProtocol
import FTPServer
import Glibc
import LinuxSystem
import Logging
import TestSupport
import Testing
import TransportSecurity

/// A server of this process. The user is `bob` with the password `secret`.
struct Peer: Sendable {
  let server: FTPServer
  let home: TemporaryDirectory
  let plain: SocketAddress
  /// Where TLS comes before the greeting.
  let implicit: SocketAddress
  let runtime: ClientRuntime

  static let hash =
    "$6$dialogue$LhHnpK.QIg5cFa/rm0fOQsY8RQYq0F..haodG5bv1Y" + "kLzCRdne4/rmA1u7U4R8fuv1kXiyl6WxkH6o89TxWVP1"

  /// Runs `body` beside a server.
  ///
  /// - Parameter door: a further way in for a user of this host.
  static func with(
    _ configuration: ServerConfiguration = .relaxed { _ in }, door: LocalDoor? = nil,
    _ body: (Peer) async throws -> Void
  ) async throws {
    let home = try TemporaryDirectory()
    let bob = UserEntry(name: Array("bob".utf8), hash: hash, home: home.path, permissions: .readAndWrite)
    let runtime = try ClientRuntime()
    let server = try FTPServer(
      configuration: configuration, accounts: AccountSource(single: bob, anonymousRoot: home.path),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, tls: TLSStore(configuration.security.options))
    let loopback = SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)
    var rules = ListenerRules()
    rules.isImplicit = true
    let bound = try server.listen(on: [ListenAddress(loopback), ListenAddress(loopback, rules)])
    if let door { try server.listen(at: door) }
    try server.start()
    try await body(Peer(server: server, home: home, plain: bound[0], implicit: bound[1], runtime: runtime))
    await server.drain(grace: .seconds(10))
  }

  /// Runs `body` with a session of bob's, in clear unless `options` say otherwise.
  func session(
    _ options: ClientOptions = .inClear, _ body: (ClientSession) async throws -> Void
  ) async throws {
    let session = try await connect(options)
    try await session.login(Credentials(user: "bob", password: "secret"))
    try await body(session)
    await session.quit()
  }

  func connect(_ options: ClientOptions = .inClear) async throws(ClientError) -> ClientSession {
    let port = options.security == .implicit ? implicit.port : plain.port
    return try await ClientSession.connect(to: "127.0.0.1", port: port, options: options, runtime: runtime)
  }
}

extension ServerConfiguration {
  /// One that does not wait for the disk, changed. It waits for its client as long as the client waits for it.
  static func relaxed(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.security.handshake = .seconds(120)
    configuration.timeouts.login = .seconds(300)
    configuration.timeouts.dataConnect = .seconds(120)
    configuration.uploads.durability = .relaxed
    change(&configuration)
    return configuration
  }
}

extension ClientOptions {
  /// No TLS. Patient: a thousand tests begin at once, and each may wait a minute for its turn.
  static var inClear: ClientOptions {
    var options = ClientOptions()
    options.security = .off
    options.timeouts.connect = .seconds(120)
    options.timeouts.reply = .seconds(120)
    options.timeouts.dataConnect = .seconds(60)
    options.timeouts.abort = .seconds(60)
    options.timeouts.stall = .seconds(120)
    return options
  }

  /// TLS, whoever the server is.
  static var underTLS: ClientOptions {
    var options = inClear
    options.security = .required
    options.tls.trust = .insecureAcceptAnyCertificate
    return options
  }

  func with(_ change: (inout ClientOptions) -> Void) -> ClientOptions {
    var options = self
    change(&options)
    return options
  }
}

/// Waits until `condition` holds, which another task makes true. It sleeps in between: to yield again and again would take the
/// processors from those that are waited for.
func until(_ what: String, _ condition: () -> Bool) async throws {
  let deadline = Deadline.after(.seconds(240))
  while !condition() {
    try require(!deadline.hasPassed, "waited in vain until \(what)")
    try await Task.sleep(for: .milliseconds(1))
  }
}

/// The far end of a control connection in a scripted server.
final class Script {
  let control: Connection
  /// What was heard until now, line by line.
  private(set) var heard: [String] = []

  init(_ control: Connection) { self.control = control }

  func say(_ lines: String...) throws { for line in lines { try control.send(bytes(line + "\r\n")) } }

  /// The next command; nil at the end of the connection.
  func hear() throws -> String? {
    let line = try control.readLine().map { latin1($0) }
    if let line { heard.append(line) }
    return line
  }

  /// Requires the next command to begin with `words`.
  func expect(_ words: String) throws {
    let line = try hear()
    try require(line?.hasPrefix(words) == true, "expected \(words), heard \(line ?? "the end")")
  }

  /// The greeting, and a login of whoever comes; FEAT is told to be unknown.
  func welcome(features: [String] = []) throws {
    try say("220 ready")
    try expect("USER")
    try say("230 in")
    try expect("FEAT")
    if features.isEmpty { return try say("500 what?") }
    try say("211-Features:")
    for feature in features { try say(" \(feature)") }
    try say("211 End")
  }

  /// Answers EPSV with the port of `listener`.
  func extendedPassive(_ listener: Listener) throws {
    try expect("EPSV")
    try say("229 Here (|||\(listener.endpoint.port)|)")
  }

  /// Answers what a download begins with, as far as the first reply to RETR; gives the data connection.
  func beginDownload() throws -> Connection {
    try expect("TYPE")
    try say("200 ok")
    let listener = try Listener()
    try extendedPassive(listener)
    let data = try listener.accept()
    try expect("RETR")
    try say("150 here it comes")
    return data
  }

  /// Runs `server` on a thread of its own and `client` beside it.
  static func run(
    _ server: @escaping @Sendable (Script) throws -> Void,
    client: (_ port: UInt16, ClientRuntime) async throws -> Void
  ) async throws {
    let listener = try ScriptListener()
    let runtime = try ClientRuntime()
    async let served: Void = Blocking.onOwnThread { try server(Script(try listener.accept())) }
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await client(listener.port, runtime)) } catch { outcome = .failure(error) }
    do { try await served } catch {
      // What the server saw explains what the client did.
      Issue.record("the scripted server: \(error)")
    }
    try outcome.get()
  }
}

/// A listener that may be handed to another thread: one accepts, and nothing else is done with it meanwhile.
private final class ScriptListener: @unchecked Sendable {
  // @unchecked: `accept` is called once, by one thread.
  private let listener: Listener
  let port: UInt16

  init() throws {
    listener = try Listener()
    port = UInt16(listener.endpoint.port)
  }

  func accept() throws -> Connection { try listener.accept() }
}

/// Gives the error of the client's that `body` throws.
func clientError(
  _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> ClientError {
  do { try await body() } catch let error as ClientError { return error }
  throw TestFailure("nothing was thrown at \(sourceLocation)")
}

/// All of a download.
func contents(_ session: ClientSession, _ path: RemotePath, from offset: UInt64 = 0) async throws -> [UInt8] {
  try await session.read(path, from: offset) { bytes in
    var all: [UInt8] = []
    for try await piece in bytes { all += piece }
    return all
  }
}

/// Pieces of bytes as an asynchronous sequence.
func pieces(_ all: [UInt8], of size: Int) -> AsyncStream<[UInt8]> {
  AsyncStream { continuation in
    var start = 0
    while start < all.count {
      continuation.yield(Array(all[start..<min(start + size, all.count)]))
      start += size
    }
    continuation.finish()
  }
}
