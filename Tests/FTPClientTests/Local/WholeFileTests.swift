// Whole files down and up: the name only when they are whole, times kept, and resumed only what is proved.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct WholeFileTests {
  private static let content = pattern(600_000, seed: 9)

  /// A server with `a`, and an empty directory of this host.
  private func with(
    _ body: (Peer, ClientSession, TemporaryDirectory, LocalDirectory) async throws -> Void
  ) async throws {
    try await Peer.with { peer in
      try peer.home.write("a", Self.content)
      let place = try TemporaryDirectory()
      let directory = try LocalDirectory(place.path)
      try await peer.session { session in
        try await session.setModificationTime("a", 1_234_567_890)
        try await body(peer, session, place, directory)
      }
    }
  }

  @Test func down() async throws {
    try await with { _, session, place, directory in
      let report = try await session.fetch("a", to: Array("b".utf8), in: directory)
      #expect(report.size == 600_000)
      #expect(report.resumedAt == 0)
      #expect(try place.read("b") == Self.content)
      #expect(try place.names() == ["b"])
      #expect(try directory.status(Array("b".utf8))?.modified == 1_234_567_890)
    }
  }

  @Test func up() async throws {
    try await with { peer, session, place, directory in
      try place.write("b", Self.content)
      let report = try await session.deliver(Array("b".utf8), in: directory, to: "b")
      #expect(report.size == 600_000)
      #expect(try peer.home.read("b") == Self.content)
      let time = try File.status(at: place.path(of: "b")).modified
      #expect(try File.status(at: peer.home.path(of: "b")).modified == time)
    }
  }

  /// What is in the part before the second try.
  enum Part: String, CaseIterable, Sendable { case right, flipped, whole, tooLong, empty }

  @Test(arguments: Part.allCases) func aDownloadGoesOnOnlyWithWhatIsProved(_ part: Part) async throws {
    try await with { _, session, place, directory in
      var bytes = Array(Self.content[..<400_000])
      switch part {
      case .right: break
      case .flipped: bytes[17] ^= 1
      case .whole: bytes = Self.content
      case .tooLong: bytes = Self.content + [1]
      case .empty: bytes = []
      }
      try place.write(".b.weftp-part", bytes)
      let report = try await session.fetch("a", to: Array("b".utf8), in: directory)
      #expect(try place.read("b") == Self.content)
      #expect(try place.names() == ["b"])
      let expected: UInt64 = part == .right ? 400_000 : part == .whole ? 600_000 : 0
      #expect(report.resumedAt == expected)
    }
  }

  @Test func anUploadGoesOnOnlyWithWhatIsProved() async throws {
    try await with { peer, session, place, directory in
      try place.write("b", Self.content)
      for (name, flips) in [("right", false), ("wrong", true)] {
        var part = Array(Self.content[..<300_000])
        if flips { part[200_000] ^= 1 }
        try peer.home.write(name, part)
        let report = try await session.deliver(Array("b".utf8), in: directory, to: RemotePath(name))
        #expect(report.resumedAt == (flips ? 0 : 300_000))
        #expect(try peer.home.read(name) == Self.content)
      }
      // What is there already is not sent.
      let again = try await session.deliver(Array("b".utf8), in: directory, to: "right")
      #expect(again.transfer == nil)
    }
  }

  @Test func whatBreaksLeavesThePartAndNoFile() async throws {
    try await with { peer, session, place, directory in
      try peer.home.makeSparse("endless", size: 1 << 34)
      let meter = TransferMeter()
      let task = Task { try await session.fetch("endless", to: Array("b".utf8), in: directory, meter: meter) }
      try await until("a MiB has come") { meter.bytes >= 1 << 20 }
      task.cancel()
      let error = try await clientError { _ = try await task.value }
      #expect(error.code == .cancelled)
      #expect(try place.names() == [".b.weftp-part"])
      try await session.noop()
    }
  }

  @Test func twoDoNotFillOnePart() async throws {
    try await with { _, session, place, directory in
      let part = try File.open(place.path(of: ".b.weftp-part"), flags: O_RDWR | O_CREAT, mode: 0o600)
      #expect(try File.lock(part.number))
      let error = try await clientError { try await session.fetch("a", to: Array("b".utf8), in: directory) }
      #expect(error.code == .localFile)
    }
  }

  @Test func whatIsThereIsKeptIfThatIsWanted() async throws {
    try await with { _, session, place, directory in
      try place.write("b", [1])
      var options = WholeFileOptions()
      options.replaces = false
      let error = try await clientError { try await session.fetch("a", to: Array("b".utf8), in: directory, options) }
      #expect(error.code == .localFile)
      #expect(try place.read("b") == [1])
    }
  }

  @Test func verified() async throws {
    try await with { _, session, place, directory in
      var options = WholeFileOptions()
      options.verifies = true
      try await session.fetch("a", to: Array("b".utf8), in: directory, options)
      try await session.deliver(Array("b".utf8), in: directory, to: "c", options)
    }
  }
}
