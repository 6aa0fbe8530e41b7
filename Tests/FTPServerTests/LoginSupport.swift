// What tests that log in share: the hash of a password, a log that keeps what it is told, and a server with one user.

import Accounts
import Glibc
import LinuxSystem
import Logging
import Synchronization
import TestSupport
import Testing

@testable import FTPServer

enum SampleHash {
  /// Of the password `secret`.
  static let ofSecret =
    "$6$dialogue$LhHnpK.QIg5cFa/rm0fOQsY8RQYq0F..haodG5bv1Y" + "kLzCRdne4/rmA1u7U4R8fuv1kXiyl6WxkH6o89TxWVP1"
}

/// Keeps the messages that were logged, from a level on.
final class LogTexts: LogHandler {
  private let texts = Mutex<[String]>([])
  private let level: Logger.Level

  init(from level: Logger.Level = .error) { self.level = level }

  var lines: [String] { texts.withLock { $0 } }

  var logLevel: Logger.Level {
    get { level }
    set {}
  }
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { texts.withLock { $0.append("\(event.message)") } }
}

/// Runs `body` beside a server of this process, at whose home `directory` the user bob logs in with the password `secret`.
func withBob(
  at directory: TemporaryDirectory, _ permissions: AccountPermissions = .readAndWrite,
  _ body: @Sendable (FTPServer, SocketAddress) throws -> Void
) async throws {
  let bob = UserEntry(
    name: Array("bob".utf8), hash: SampleHash.ofSecret, home: directory.path, permissions: permissions)
  try await withServer(AccountSource(single: bob), ServerConfiguration(), body)
}

/// Runs `body` beside a server of this process with these accounts.
func withServer(
  _ accounts: AccountSource, _ configuration: ServerConfiguration = ServerConfiguration(),
  _ body: @Sendable (FTPServer, SocketAddress) throws -> Void
) async throws {
  // The server runs in this process here, and sendfile(2) knows no MSG_NOSIGNAL.
  signal(SIGPIPE, SIG_IGN)
  let server = try FTPServer(configuration: configuration, accounts: accounts, logger: quietLogger())
  let address = try #require(try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)]).first)
  try server.start()
  try await Blocking.onOwnThread { try body(server, address) }
  await server.drain(grace: .seconds(10))
}
