// The worked example of the library's documentation, run; and that the page shows exactly this code.

import FTPClient
import Foundation
import TestSupport
import Testing

@Suite struct WorkedExampleTests {
  @Test func itRuns() async throws {
    try await Peer.with { peer in
      try peer.home.makeDirectory("pub")
      try peer.home.write("pub/notes.txt", "some notes")
      let place = try TemporaryDirectory()
      let (host, port, options, directory) = ("127.0.0.1", peer.plain.port, ClientOptions.underTLS, place.path)

      let runtime = try ClientRuntime()
      let session = try await ClientSession.connect(to: host, port: port, options: options, runtime: runtime)
      try await session.login(Credentials(user: "bob", password: "secret"))

      for entry in try await session.list("pub") where entry.kind == .file {
        print(RemotePath(entry.name), entry.size ?? 0)
      }
      let text = try await session.read("pub/notes.txt") { bytes in
        var text: [UInt8] = []
        for try await piece in bytes { text += piece }
        return text
      }
      #expect(text == bytes("some notes"))

      let lines = AsyncStream<[UInt8]> { continuation in
        continuation.yield(Array("one\n".utf8))
        continuation.yield(Array("two\n".utf8))
        continuation.finish()
      }
      try await session.write("pub/lines.txt", from: lines)
      #expect(try peer.home.read("pub/lines.txt") == bytes("one\ntwo\n"))

      let report = try await session.fetch("pub/notes.txt", to: Array("copy.txt".utf8), in: LocalDirectory(directory))
      print(report.size)
      #expect(try place.read("copy.txt") == bytes("some notes"))

      do throws(ClientError) {
        try await session.delete("pub/nothing")
      } catch {
        print(error.code, error.reply?.code ?? 0, error.retry)
      }
      await session.quit()
    }
  }

  /// Every block of code on the page stands above, line for line.
  @Test func thePageShowsThisCode() throws {
    let here = URL(filePath: #filePath)
    let page = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/FTPClient/FTPClient.docc/WorkedExample.md")
    func code(_ text: Substring) -> [Substring] { text.split(separator: "\n").map { $0.drop { $0 == " " } } }
    let source = code(try String(contentsOf: here, encoding: .utf8)[...])
    let blocks = try String(contentsOf: page, encoding: .utf8).split(separator: "```").filter {
      $0.hasPrefix("swift\n")
    }
    #expect(blocks.count == 5)
    for block in blocks {
      let wanted = code(block.dropFirst("swift\n".count))
      #expect(source.indices.contains { source[$0...].starts(with: wanted) }, "not in this test: \(wanted.first ?? "")")
    }
  }
}
