// Transfers that the client ends behind the last byte it wants, and what servers say then.

import FTPProtocol
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(3))) struct BrokenOffTests {
  /// Pure-FTPd, under TLS, says how fast a transfer was that broke off, by 150, and nothing else.
  @Test func aSecond150IsTheLastWord() async throws {
    try await Script.run { script in
      try script.welcome()
      let data = try script.beginDownload()
      try data.send([1, 2, 3])
      // The connection is reset.
      _ = try? data.readToEnd()
      try script.say("150 0.015 seconds (measured here), 142.84 Mbytes per second")
      try script.expect("NOOP")
      try script.say("200 ok")
      try script.expect("PWD")
      try script.say("257 \"/x\"")
      _ = try script.hear()
    } client: { port, runtime in
      let session = try await ClientSession.connect(to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(.anonymous())
      let error = try await session.breakOff("a")
      #expect(error.code == .incomplete)
      #expect(try await session.workingDirectory() == "/x")
      await session.close()
    }
  }
}

extension ClientSession {
  /// Begins a download, and wants no more of it at once.
  fileprivate func breakOff(_ name: String) async throws -> ClientError {
    try await enter()
    defer { leave() }
    let request = TransferRequest(
      command: Command(verb: "RETR", argument: Array(name.utf8)), direction: .download,
      format: TransferFormat(type: .image))
    return await abandon(try await begin(request), because: ClientError(.incomplete, "enough"))
  }
}
