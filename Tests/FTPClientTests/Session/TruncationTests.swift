// Data connections under TLS that end without close_notify: what is known to be whole counts, everything else is a failed transfer.

import FTPClient
import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3)), .onThreads) struct TruncationTests {
  /// Runs `body` with a session of a server that cuts.
  private func with(_ body: (ClientSession) async throws -> Void) async throws {
    let place = try TemporaryDirectory()
    try TestSupport.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=localhost", "-keyout", place.path(of: "key.pem"), "-out", place.path(of: "cert.pem"),
    ])
    try place.write("both.pem", try place.read("key.pem") + place.read("cert.pem"), mode: 0o600)
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "truncating_server.py").path
    let server = try ChildProcess(["python3", script, place.path(of: "both.pem")])
    defer {
      server.signal(SIGTERM)
      _ = server.waitForExit(patience: .seconds(10))
    }
    let line = try server.waitForLines(1, patience: .seconds(60)).first
    let port = try #require(line.flatMap { UInt16($0) }, "no port: \(server.errorText)")
    let session = try await ClientSession.connect(
      to: "127.0.0.1", port: port, options: .underTLS, runtime: try ClientRuntime())
    try await session.login(.anonymous())
    try await body(session)
    await session.quit()
  }

  private func fetch(_ name: RemotePath, _ session: ClientSession, into place: TemporaryDirectory) async throws {
    try await session.fetch(name, to: name.bytes, in: try LocalDirectory(place.path))
  }

  @Test func whatHasItsSizeIsWhole() async throws {
    try await with { session in
      let place = try TemporaryDirectory()
      try await fetch("whole", session, into: place)
      #expect(try place.read("whole").count == 100_000)
    }
  }

  @Test func whatIsCutIsNotTakenForTheFile() async throws {
    try await with { session in
      let place = try TemporaryDirectory()
      let error = try await clientError { try await fetch("cut", session, into: place) }
      #expect(error.code == .incomplete || error.code == .tls, "\(error)")
      #expect(!place.exists("cut"))
      // The session is good for more.
      try await session.noop()
    }
  }

  @Test func withoutASizeNothingProvesTheEnd() async throws {
    try await with { session in
      let place = try TemporaryDirectory()
      let error = try await clientError { try await fetch("silent", session, into: place) }
      #expect(!place.exists("silent"), "\(error)")
      let read = try await clientError { _ = try await contents(session, "silent") }
      #expect(read.code == .incomplete || read.code == .tls, "\(read)")
    }
  }
}
