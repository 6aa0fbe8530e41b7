// Uploads as clients and their neighbours see them: complete or absent, resumable, compared with what was announced.

import Accounts
import FTPProtocol
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct AtomicUploadTests {
  private static func configured(
    _ durability: ServerConfiguration.Uploads.Durability = .commit,
    _ change: (inout ServerConfiguration) -> Void = { _ in }
  ) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.uploads.durability = durability
    change(&configuration)
    return configuration
  }

  /// Runs `body` with a client that is logged in, TYPE I, beside a server at whose home `directory` is.
  private func withClient(
    _ configuration: ServerConfiguration = configured(), at directory: TemporaryDirectory,
    _ body: @Sendable (SocketAddress, FTPClient) throws -> Void
  ) async throws {
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: directory.path, permissions: .readAndWrite)
    try await withServer(AccountSource(single: bob), configuration) { _, address in
      try body(address, try Self.loggedIn(address))
    }
  }

  private static func loggedIn(_ address: SocketAddress) throws -> FTPClient {
    let client = try FTPClient(address)
    try client.expect(220)
    try client.logIn("bob", "secret")
    try client.command("TYPE I", expecting: 200)
    return client
  }

  /// Sends `text` for `command` and resets the data connection: the upload breaks off.
  private func breakOff(_ client: FTPClient, _ command: String, _ text: String) throws {
    let data = try client.passive()
    try client.command(command, expecting: 150)
    try data.send(Array(text.utf8))
    // What was sent has arrived before the reset.
    while try client.command("STAT").lines.contains(where: { String(decoding: $0, as: UTF8.self).contains(" 0 bytes") })
    {}
    data.reset()
    try client.expect(426)
  }

  private func list(_ client: FTPClient, _ line: String) throws -> [String] {
    String(decoding: try client.retrieve(line), as: UTF8.self).split(separator: "\r\n").map(String.init)
  }

  private static let both: [ServerConfiguration.Uploads.Durability] = [.commit, .relaxed]

  @Test(arguments: both)
  func theOldFileStaysUntilTheNewOneIsWhole(_ durability: ServerConfiguration.Uploads.Durability) async throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "the old one")
    try await withClient(Self.configured(durability), at: directory) { address, client in
      let data = try client.passive()
      try client.command("STOR f", expecting: 150)
      try data.send(Array("half".utf8))
      let other = try Self.loggedIn(address)
      #expect(try other.retrieve("RETR f") == Array("the old one".utf8))
      #expect(try other.command("SIZE f", expecting: 213).text == "11")
      try data.send(Array(" and whole".utf8))
      data.close()
      try client.expect(226)
      #expect(try other.retrieve("RETR f") == Array("half and whole".utf8))
    }
    #expect(try directory.names() == ["f"])
  }

  @Test func anUploadThatBreaksOffChangesNothing() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "the old one")
    try await withClient(at: directory) { _, client in
      try breakOff(client, "STOR f", "half")
      #expect(try client.retrieve("RETR f") == Array("the old one".utf8))
      // What came is kept, and only told of where it is asked for.
      #expect(try client.command("SITE PARTIAL f", expecting: 213).text == "3")
      try client.command("REST 4", expecting: 350)
      try client.store("STOR f", Array(" and whole".utf8))
      #expect(try client.retrieve("RETR f") == Array("half and whole".utf8))
      try client.command("SITE PARTIAL f", expecting: 550)
    }
    #expect(try directory.names() == ["f"])
  }

  @Test(arguments: ["REST", "APPE"])
  func clientsResumeAsTheyAlwaysDo(_ way: String) async throws {
    let directory = try TemporaryDirectory()
    try await withClient(at: directory) { _, client in
      try breakOff(client, "STOR f", "half")
      // No listing shows it and nobody gets it, but whoever asks for the file's size goes on.
      #expect(try list(client, "NLST").isEmpty)
      #expect(try list(client, "LIST -a").allSatisfy { !$0.contains("weftpd") })
      #expect(try list(client, "MLSD").allSatisfy { !$0.contains("weftpd") })
      try client.command("RETR f", expecting: 550)
      #expect(try client.command("SIZE f", expecting: 213).text == "3")
      try client.command("MDTM f", expecting: 213)
      #expect(
        try client.command("MLST f", expecting: 250).lines.contains {
          String(decoding: $0, as: UTF8.self).contains("x.partial=1;")
        })
      #expect(try client.command("HASH f", expecting: 213).text.contains("SHA-256 0-2 "))
      if way == "REST" {
        try client.command("REST 3", expecting: 350)
        try client.store("STOR f", Array("f and whole".utf8))
      } else {
        try client.store("APPE f", Array("f and whole".utf8))
      }
      #expect(try client.retrieve("RETR f") == Array("half and whole".utf8))
    }
    #expect(try directory.names() == ["f"])
  }

  /// A client whose connection broke behind the last byte asks for the size, and would take the file for stored if all were told.
  @Test func whoeverHasSentAllStillHasToSend() async throws {
    let directory = try TemporaryDirectory()
    try await withClient(at: directory) { _, client in
      try breakOff(client, "STOR f", "half and whole")
      #expect(try client.command("SIZE f", expecting: 213).text == "13")
      try client.command("REST 13", expecting: 350)
      try client.store("STOR f", Array("e".utf8))
      #expect(try client.retrieve("RETR f") == Array("half and whole".utf8))
    }
    #expect(try directory.names() == ["f"])
  }

  @Test func whatIsKeptCanBeGivenUp() async throws {
    let directory = try TemporaryDirectory()
    try await withClient(at: directory) { _, client in
      try client.command("MKD d", expecting: 257)
      try breakOff(client, "STOR d/f", "half")
      try client.command("DELE d/f", expecting: 250)
      try client.command("DELE d/f", expecting: 550)
      try breakOff(client, "STOR d/f", "half")
      // A directory in which a client sees nothing is empty.
      try client.command("RMD d", expecting: 250)
    }
    #expect(try directory.names().isEmpty)
  }

  @Test func nobodyGetsAtTheServersOwnNames() async throws {
    let directory = try TemporaryDirectory()
    try await withClient(at: directory) { _, client in
      try breakOff(client, "STOR f", "half")
      for line in [
        "RETR .weftpd-f.part", "SIZE .weftpd-f.part", "DELE .weftpd-f.part", "RNFR .weftpd-f.part", "CWD .weftpd-x",
        "MLST /.weftpd-f.part", "NLST .weftpd-f.part",
      ] {
        let code = try client.command(line).code
        #expect(code == 550 || code == 450, "\(line): \(code)")
      }
      for line in ["STOR .weftpd-f.part", "MKD .weftpd-d", "MKD d/.weftpd-d"] {
        #expect([550, 553].contains(try client.command(line).code), "\(line)")
      }
    }
    #expect(try directory.names() == [".weftpd-f.part"])
  }

  @Test func nothingIsKeptWhereNothingIsToBeKept() async throws {
    let directory = try TemporaryDirectory()
    let configuration = Self.configured { $0.uploads.keepsPartials = .zero }
    try await withClient(configuration, at: directory) { _, client in try breakOff(client, "STOR f", "half") }
    #expect(try directory.names().isEmpty)
  }

  @Test func directUploadsGrowUnderTheirNames() async throws {
    let directory = try TemporaryDirectory()
    directory.directory("live")
    let configuration = Self.configured { $0.uploads.directIn = ["/live"] }
    try await withClient(configuration, at: directory) { address, client in
      let data = try client.passive()
      try client.command("STOR live/log", expecting: 150)
      try data.send(Array("line".utf8))
      let other = try Self.loggedIn(address)
      while try other.command("SIZE live/log", expecting: 213).text != "4" {}
      data.close()
      try client.expect(226)
    }
  }

  @Test func anUploadWithAnotherDigestIsNotStored() async throws {
    let directory = try TemporaryDirectory()
    try await withClient(at: directory) { _, client in
      // Of "abc", as FIPS 180 has it.
      let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
      try client.command("SITE EXPECT SHA-256 \(digest)", expecting: 200)
      try client.store("STOR f", Array("abc".utf8))
      try client.command("SITE EXPECT SHA-256 \(digest)", expecting: 200)
      let data = try client.passive()
      try client.command("STOR f", expecting: 150)
      try data.send(Array("abd".utf8))
      data.close()
      try client.expect(551)
      #expect(try client.retrieve("RETR f") == Array("abc".utf8))
      #expect(try client.command("SITE PARTIAL f", expecting: 213).text == "2")
      // It is for one upload only.
      try client.store("STOR f", Array("abd".utf8))
      for line in [
        "SITE EXPECT SHA-256 ba78", "SITE EXPECT SHA-9 \(digest)", "SITE EXPECT SHA-256 \(digest)zz", "SITE EXPECT",
      ] {
        try client.command(line, expecting: 501)
      }
    }
  }

  @Test func lessThanALLOAnnouncedIsNotStored() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "old")
    try await withClient(at: directory) { _, client in
      try client.command("ALLO 10", expecting: 200)
      let data = try client.passive()
      try client.command("STOR f", expecting: 150)
      try data.send(Array("abc".utf8))
      data.close()
      #expect(try client.expect(426).text.contains("7 bytes before"))
      #expect(try client.retrieve("RETR f") == Array("old".utf8))
      // ALLO may have told the size of the whole file, and the rest comes now.
      try client.command("ALLO 6", expecting: 200)
      try client.command("REST 3", expecting: 350)
      try client.store("STOR f", Array("def".utf8))
      #expect(try client.retrieve("RETR f") == Array("abcdef".utf8))
    }
  }

  @Test func twoAppendsDoNotMix() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "0")
    try await withClient(at: directory) { address, client in
      let other = try Self.loggedIn(address)
      let (one, two) = (try client.passive(), try other.passive())
      try client.command("APPE f", expecting: 150)
      try other.command("APPE f", expecting: 150)
      for _ in 0..<100 {
        try one.send(Array("aaaaaaaaaa".utf8))
        try two.send(Array("bbbbbbbbbb".utf8))
      }
      one.close()
      try client.expect(226)
      two.close()
      try other.expect(226)
      let wanted = "0" + String(repeating: "a", count: 1000) + String(repeating: "b", count: 1000)
      #expect(try client.retrieve("RETR f") == Array(wanted.utf8))
    }
  }

  @Test func aFileThatIsChangedUnderADownloadIsNoWholeFile() async throws {
    let directory = try TemporaryDirectory()
    try directory.makeSparse("big", size: 200 << 20)
    try await withClient(at: directory) { address, client in
      let data = try client.passive()
      try client.command("RETR big", expecting: 150)
      #expect(try !data.receive().isEmpty)
      let file = try File.open(directory.path(of: "big"), flags: 1)
      try [UInt8(7)].withUnsafeBytes { try File.write(file.number, $0, at: 0) }
      // A reset tells that this is not the end.
      while let part = try? data.receive(), !part.isEmpty {}
      try client.expect(451)
      // A new file of the name is no change: the old one is sent to its end.
      let second = try client.passive()
      try client.command("RETR big", expecting: 150)
      #expect(try !second.receive().isEmpty)
      try Self.loggedIn(address).store("STOR big", Array("new".utf8))
      while try !second.receive().isEmpty {}
      try client.expect(226)
    }
  }

  /// The context of the server under test is not to be had here, so what HASH costs is seen in the reads of the file: none.
  @Test func aDigestIsKnownWhenTheUploadHasEnded() async throws {
    let directory = try TemporaryDirectory()
    try await withClient(at: directory) { address, client in
      try client.command("OPTS HASH SHA-256", expecting: 200)
      try breakOff(client, "STOR f", "half")
      let other = try Self.loggedIn(address)
      try client.command("RANG 0 3", expecting: 350)
      let half = try client.command("HASH f", expecting: 213).text
      #expect(half.contains(" 0-2 "))
      try other.command("RANG 0 3", expecting: 350)
      #expect(try other.command("HASH f", expecting: 213).text == half)
      // Another session goes on with the bytes and with their digest.
      try other.command("REST 4", expecting: 350)
      try other.store("STOR f", Array(" and whole".utf8))
      let whole = try client.command("HASH f", expecting: 213).text
      // The same bytes, stored without a digest on the way.
      let plain = try Self.loggedIn(address)
      try plain.store("STOR g", Array("half and whole".utf8))
      let read = try client.command("HASH g", expecting: 213).text
      #expect(whole.split(separator: " ").prefix(3) == read.split(separator: " ").prefix(3))
    }
  }

  @Test func anAnnouncedDigestIsComparedOnTheWay() async throws {
    let directory = try TemporaryDirectory()
    try await withClient(at: directory) { _, client in
      try client.store("STOR g", Array("half and whole".utf8))
      let digest = try client.command("HASH g", expecting: 213).text.split(separator: " ")[2]
      try client.command("SITE EXPECT SHA-256 \(digest)", expecting: 200)
      try breakOff(client, "STOR f", "half")
      try client.command("SITE EXPECT SHA-256 \(digest)", expecting: 200)
      try client.command("REST 4", expecting: 350)
      try client.store("STOR f", Array(" and whole".utf8))
    }
  }
}
