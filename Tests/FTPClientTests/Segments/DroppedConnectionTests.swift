// Several connections with a server that loses every third of them: the file is whole, and little of it comes twice.

import FTPProtocol
import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(3)), .onThreads) struct DroppedConnectionTests {
  @Test(arguments: [3, 4]) func everyThirdConnectionIsLost(_ count: Int) async throws {
    let place = try TemporaryDirectory()
    let content = pattern(9_000_017, seed: 7)
    try place.write("source", content)
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "dropping_server.py").path
    let server = try ChildProcess(["python3", script, place.path(of: "source")])
    defer {
      server.signal(SIGTERM)
      _ = server.waitForExit(patience: .seconds(10))
    }
    let line = try server.waitForLines(1, patience: .seconds(60)).first
    let port = try #require(line.flatMap { UInt16($0) }, "no port: \(server.errorText)")
    let runtime = try ClientRuntime()
    @Sendable func open() async throws(ClientError) -> ClientSession {
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(.anonymous())
      return session
    }
    let session = try await open()
    let pool = SessionPool(limit: 20) { () async throws(ClientError) in try await open() }
    var options = SegmentOptions(.count(count))
    options.block = 100_000
    options.pause = .milliseconds(10)
    let transfer = SegmentedTransfer(session, pool: pool, options)
    _ = try await transfer.fetch("source", to: Array("copy".utf8), in: LocalDirectory(place.path))
    #expect(try place.read("copy") == content)
    let told = try await session.quote("SITE", Array("DROPS".utf8))
    let numbers = String(decoding: told.text, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    let (drops, sent) = (try #require(numbers.first), try #require(numbers.last))
    // What a lost connection has not brought is a part of its own, and each third of those is lost again.
    #expect(drops >= 1, "\(numbers)")
    #expect(transfer.progress.retries >= 1)
    // What was in the buffers when a connection was reset comes again, and no more: half a part at the most.
    #expect(sent >= content.count && sent < content.count + drops * content.count / count, "\(numbers)")
    await pool.quit()
    await session.quit()
  }
}
