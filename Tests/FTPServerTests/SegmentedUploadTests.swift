// Files that come in segments from several sessions, as clients see them.

import Accounts
import FTPProtocol
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct SegmentedUploadTests {
  private static let text = Array("0123456789abcdefghij".utf8)

  private func withClients(
    keeping limit: Int = 100, at directory: TemporaryDirectory,
    _ body: @Sendable (FTPClient, FTPClient) throws -> Void
  ) async throws {
    var configuration = ServerConfiguration()
    configuration.uploads.partialLimit = limit
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: directory.path, permissions: .readAndWrite)
    try await withServer(AccountSource(single: bob), configuration) { _, address in
      let clients = try (0..<2).map { _ -> FTPClient in
        let client = try FTPClient(address)
        try client.expect(220)
        try client.logIn("bob", "secret")
        try client.command("TYPE I", expecting: 200)
        return client
      }
      try body(clients[0], clients[1])
    }
  }

  /// Sends the bytes `first` to `last`; the final reply.
  @discardableResult
  private func send(
    _ client: FTPClient, _ first: Int, _ last: Int, of text: [UInt8] = text, expecting code: Int = 226
  ) throws -> FTPReply {
    try client.command("ALLO \(text.count)", expecting: 200)
    try client.command("RANG \(first) \(last)", expecting: 350)
    let data = try client.passive()
    try client.command("STOR f", expecting: 150)
    try data.send(Array(text[first...last]))
    data.close()
    return try client.expect(code)
  }

  @Test func twoSessionsFillOneFile() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "the old one")
    try await withClients(at: directory) { one, two in
      #expect(try send(one, 10, 19).text == "Segment stored; 10 bytes of the file are still missing.")
      #expect(try two.command("SIZE f", expecting: 213).text == "11")
      let told = try two.command("SITE PARTIAL f", expecting: 213)
      #expect(told.text == "0")
      #expect(told.lines.contains { String(decoding: $0, as: UTF8.self).hasSuffix(" 10-19") })
      try send(two, 0, 4)
      #expect(try one.command("SITE PARTIAL f", expecting: 213).text == "5")
      #expect(try one.retrieve("RETR f") == Array("the old one".utf8))
      #expect(try send(two, 5, 9).text == "Transfer complete.")
      #expect(try one.retrieve("RETR f") == Self.text)
      try one.command("SITE PARTIAL f", expecting: 550)
    }
    #expect(try directory.names() == ["f"])
  }

  @Test func bothComeAtOnce() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, two in
      for (client, range) in [(one, "0 9"), (two, "10 19")] {
        try client.command("ALLO 20", expecting: 200)
        try client.command("RANG \(range)", expecting: 350)
      }
      let first = try one.passive()
      try one.command("STOR f", expecting: 150)
      let second = try two.passive()
      try two.command("STOR f", expecting: 150)
      try first.send(Array(Self.text[..<5]))
      try second.send(Array(Self.text[10...]))
      second.close()
      try two.expect(226)
      // The same bytes twice at once: nobody could tell which are right.
      try two.command("ALLO 20", expecting: 200)
      try two.command("RANG 0 3", expecting: 350)
      _ = try two.passive()
      try two.command("STOR f", expecting: 450)
      try first.send(Array(Self.text[5..<10]))
      first.close()
      #expect(try one.expect(226).text == "Transfer complete.")
      #expect(try one.retrieve("RETR f") == Self.text)
    }
  }

  @Test func whatCameOfABrokenSegmentIsGoneOnWith() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, two in
      try send(one, 12, 19)
      try one.command("ALLO 20", expecting: 200)
      try one.command("RANG 0 9", expecting: 350)
      let data = try one.passive()
      try one.command("STOR f", expecting: 150)
      try data.send(Array(Self.text[..<4]))
      data.close()
      try one.expect(426)
      // A client that knows nothing of segments sees what is there up to the first gap.
      #expect(try two.command("SIZE f", expecting: 213).text == "4")
      #expect(try two.command("HASH f", expecting: 213).text.contains(" 0-3 "))
      let facts = try two.command("MLST f", expecting: 250).lines.map { String(decoding: $0, as: UTF8.self) }
      #expect(facts.contains { $0.lowercased().contains("x.partial=1") && $0.lowercased().contains("size=4;") })
      try two.command("REST 4", expecting: 350)
      try two.store("STOR f", Array(Self.text[4...]))
      #expect(try one.retrieve("RETR f") == Self.text)
    }
    #expect(try directory.names() == ["f"])
  }

  @Test func restSendsTheLastSegment() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, two in
      try send(one, 0, 4)
      try two.command("ALLO 20", expecting: 200)
      try two.command("REST 10", expecting: 350)
      let data = try two.passive()
      try two.command("STOR f", expecting: 150)
      try data.send(Array(Self.text[10...]))
      data.close()
      #expect(try two.expect(226).text == "Segment stored; 5 bytes of the file are still missing.")
      try send(one, 5, 9)
      #expect(try one.retrieve("RETR f") == Self.text)
    }
  }

  @Test func aSegmentThatDiffersIsRefused() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, two in
      try send(one, 0, 9)
      let other = [UInt8](repeating: 0x58, count: 20)
      #expect(
        try send(two, 5, 14, of: other, expecting: 551).text
          == "The segment differs at byte 5 from what has come before; it is not stored.")
      try send(two, 10, 19)
      #expect(try one.retrieve("RETR f") == Self.text)
    }
  }

  @Test func moreThanTheSegmentIsRefused() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, _ in
      try one.command("ALLO 20", expecting: 200)
      try one.command("RANG 0 3", expecting: 350)
      let data = try one.passive()
      try one.command("STOR f", expecting: 150)
      try data.send(Self.text)
      data.close()
      try one.expect(552)
      try send(one, 0, 19)
      #expect(try one.retrieve("RETR f") == Self.text)
    }
    #expect(try directory.names() == ["f"])
  }

  @Test func theWholeHasTheAnnouncedDigest() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, two in
      try send(one, 0, 9)
      try two.command("SITE EXPECT MD5 \(String(repeating: "00", count: 16))", expecting: 200)
      try send(two, 10, 19, expecting: 551)
      try two.command("SIZE f", expecting: 213)
      #expect(try directory.names() == [".weftpd-f.part"])
      try two.store("STOR g", Self.text)
      let hash = try two.command("HASH g", expecting: 213).text.split(separator: " ")
      try two.command("DELE g", expecting: 250)
      try two.command("SITE EXPECT SHA-256 \(hash[2])", expecting: 200)
      try send(two, 10, 19)
      #expect(try one.retrieve("RETR f") == Self.text)
    }
  }

  @Test func roomIsAskedForWhatComesNow() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, _ in
      let large = UInt64(1) << 60
      try one.command("ALLO \(large)", expecting: 552)
      try one.command("RANG 0 3", expecting: 350)
      try one.command("ALLO \(large)", expecting: 200)
      // The first segment needs room for the whole file all the same.
      _ = try one.passive()
      try one.command("STOR f", expecting: 452)
    }
    #expect(try directory.names() == [])
  }

  @Test func deleGivesTheSegmentsUp() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(at: directory) { one, _ in
      try send(one, 0, 9)
      try one.command("DELE f", expecting: 250)
      try one.command("SIZE f", expecting: 550)
    }
    #expect(try directory.names() == [])
  }

  @Test func withoutALLORangWritesIntoTheFile() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "the old one")
    try await withClients(at: directory) { one, _ in
      try one.command("RANG 4 6", expecting: 350)
      let data = try one.passive()
      try one.command("STOR f", expecting: 150)
      try data.send(Array("new".utf8))
      data.close()
      #expect(try one.expect(226).text == "Transfer complete.")
      #expect(try one.retrieve("RETR f") == Array("the new one".utf8))
    }
  }

  @Test func onlySoManyBrokenUploadsAreKept() async throws {
    let directory = try TemporaryDirectory()
    try await withClients(keeping: 2, at: directory) { one, _ in
      for name in ["a", "b", "c"] {
        try one.command("ALLO 20", expecting: 200)
        let data = try one.passive()
        try one.command("STOR \(name)", expecting: 150)
        try data.send(Array("half".utf8))
        data.close()
        try one.expect(426)
      }
      try one.command("SIZE a", expecting: 550)
      #expect(try one.command("SIZE b", expecting: 213).text == "3")
      #expect(try one.command("SIZE c", expecting: 213).text == "3")
    }
  }

  @Test func aRenameReplacesWholeFiles() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("new", "new")
    try directory.write("old", "old")
    try await withClients(at: directory) { one, _ in
      try one.command("RNFR new", expecting: 350)
      try one.command("RNTO old", expecting: 250)
      #expect(try one.retrieve("RETR old") == Array("new".utf8))
    }
    #expect(try directory.names() == ["old"])
  }
}
