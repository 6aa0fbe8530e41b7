// What tests of hostile servers share: a client that does not wait for long, and the error it ends with.

import FTPClient
import FTPProtocol
import Synchronization
import TestSupport
import Testing

enum Hostile {
  static let impatient = ClientOptions.inClear.with {
    $0.timeouts.reply = .seconds(2)
    $0.timeouts.dataConnect = .seconds(1)
    $0.timeouts.abort = .seconds(2)
    $0.timeouts.stall = .seconds(2)
  }

  static func session(
    _ port: UInt16, _ runtime: ClientRuntime, _ options: ClientOptions = impatient
  ) async throws -> ClientSession {
    let session = try await ClientSession.connect(to: "127.0.0.1", port: port, options: options, runtime: runtime)
    try await session.login(.anonymous())
    return session
  }

  /// Runs a script behind the login and gives the error of what the client does.
  static func failure(
    _ options: ClientOptions = impatient, _ script: @escaping @Sendable (Script) throws -> Void,
    _ body: (ClientSession) async throws -> Void
  ) async throws -> ClientError {
    let found = Mutex<ClientError?>(nil)
    try await Script.run { peer in
      try peer.welcome()
      try script(peer)
      // Whatever the client says in the end, and its close.
      while try peer.hear() != nil {}
    } client: { port, runtime in
      let session = try await session(port, runtime, options)
      let error = try await clientError { try await body(session) }
      found.withLock { $0 = error }
      await session.close()
    }
    return try #require(found.withLock { $0 })
  }
}
