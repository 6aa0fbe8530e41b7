// Mirrors of servers whose listings mean harm: nothing is made outside of the directory, and nothing is taken for whole that is not.

import FTPClient
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3)), .onThreads) struct HostileMirrorTests {
  /// Names that would lead elsewhere if somebody believed them.
  private static let evil = [
    "../outside", "../../etc/cron.d/x", "/absolute", "a/../../outside", "..", ".", "sub/file", "nul\u{0}name",
  ]

  /// Answers whatever is asked for, as a server that wants its files written would.
  private func serve(
    _ peer: Script, listing: String, file: (_ command: String) throws -> [UInt8]
  ) throws {
    var listener: Listener?
    func send(_ bytes: [UInt8]) throws {
      let data = try #require(listener).accept()
      try peer.say("150 comes")
      try data.send(bytes)
      data.close()
      try peer.say("226 done")
    }
    while let line = try peer.hear() {
      switch line.split(separator: " ").first.map(String.init) ?? "" {
      case "TYPE", "NOOP", "MFMT": try peer.say("200 ok")
      case "MODE": try peer.say("504 no")
      case "EPSV":
        let fresh = try Listener()
        listener = fresh
        try peer.say("229 Here (|||\(fresh.endpoint.port)|)")
      case "MLSD": try send(bytes(listing))
      case "RETR": try send(try file(line))
      case "QUIT": try peer.say("221 bye")
      default: try peer.say("500 what?")
      }
    }
  }

  @Test func namesThatLeadOutAreNeitherListedNorFetched() async throws {
    let place = try TemporaryDirectory()
    try place.makeDirectory("copy")
    try await Script.run { peer in
      try peer.welcome(features: ["MLST type*;size*;modify*;"])
      var lines = Self.evil.map { "type=file;size=4;modify=20260101000000; \($0)\r\n" }
      lines += Self.evil.map { "type=dir; \($0)\r\n" }
      lines.append("type=file;size=4;modify=20260101000000; good\r\n")
      try serve(peer, listing: lines.joined()) { line in
        try require(line == "RETR /tree/good", "asked for \(line)")
        return bytes("good")
      }
    } client: { port, runtime in
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(.anonymous())
      let local = try LocalDirectory(place.path(of: "copy"))
      let mirror = Mirror(.down, session, local: local, remote: "/tree")
      let (plan, skipped) = try await mirror.plan()
      #expect(plan.copies.map(\.path) == [Array("good".utf8)])
      #expect(plan.directories.isEmpty)
      #expect(skipped.count >= Self.evil.count)
      let report = try await mirror.run(plan)
      #expect(report.copied == 1 && report.failures.isEmpty, "\(report.failures)")
      await session.quit()
    }
    #expect(try place.names() == ["copy"])
    #expect(try place.names(in: "copy") == ["good"])
  }

  /// The listing says another size than the file has.
  @Test(arguments: [3, 5]) func aLyingSizeIsNoWholeFile(_ sent: Int) async throws {
    let place = try TemporaryDirectory()
    try await Script.run { peer in
      try peer.welcome(features: ["MLST type*;size*;modify*;"])
      try serve(peer, listing: "type=file;size=4;modify=20260101000000; f\r\n") { _ in pattern(sent) }
    } client: { port, runtime in
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(.anonymous())
      let mirror = Mirror(.down, session, local: try LocalDirectory(place.path), remote: "/tree")
      let report = try await mirror.run(try await mirror.plan().plan)
      #expect(report.copied == 0)
      #expect(report.failures.count == 1)
      await session.quit()
    }
    #expect(!place.exists("f"))
  }

  @Test func aListingWithoutEndIsGivenUp() async throws {
    try await Script.run { peer in
      try peer.welcome(features: ["MLST type*;"])
      try peer.expect("EPSV")
      let listener = try Listener()
      try peer.say("229 Here (|||\(listener.endpoint.port)|)")
      let data = try listener.accept()
      try peer.expect("MLSD")
      try peer.say("150 comes")
      let lines = bytes(String(repeating: "type=file; a\r\n", count: 10_000))
      while (try? data.send(lines)) != nil {}
      try peer.expect("ABOR")
      try peer.say("426 broken", "226 aborted")
      while try peer.hear() != nil {}
    } client: { port, runtime in
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(.anonymous())
      let error = try await clientError { _ = try await session.list() }
      #expect(error.code == .protocolViolation, "\(error)")
      await session.close()
    }
  }
}
