// Mirrors both ways against a server of this process: a second run moves nothing, and nothing leaves the directory.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct MirrorTests {
  private func makeTree(_ place: TemporaryDirectory, _ root: String) throws {
    for path in ["", "/one", "/one/two", "/empty", "/with space"] { try place.makeDirectory(root + path) }
    try place.write(root + "/a", pattern(70_000))
    try place.write(root + "/one/b", pattern(10, seed: 2))
    try place.write(root + "/one/two/c", [])
    try place.write(root + "/with space/ü", pattern(3, seed: 3))
  }

  private func isSame(_ one: String, _ other: String) throws -> Bool {
    try TestSupport.run(["diff", "-r", one, other]).exitCode == 0
  }

  @Test(arguments: [Mirror.Direction.down, .up]) func bothWays(_ direction: Mirror.Direction) async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      try makeTree(direction == .down ? peer.home : place, "tree")
      try (direction == .down ? place : peer.home).makeDirectory("tree")
      let local = try LocalDirectory(place.path(of: "tree"))
      try await peer.session { session in
        var mirror = Mirror(direction, session, local: local, remote: "tree")
        let plan = try await mirror.plan().plan
        #expect(plan.copies.count == 4)
        #expect(plan.directories.count == 4)
        let report = try await mirror.run(plan)
        #expect(report.copied == 4)
        #expect(report.bytes == 70_013)
        #expect(report.failures.isEmpty)
        #expect(try isSame(place.path(of: "tree"), peer.home.path(of: "tree")))
        let second = try await mirror.plan().plan
        #expect(second.isEmpty)
        #expect(second.unchanged == 4)
        // One touched, one changed, one gone.
        let source = direction == .down ? peer.home : place
        try source.write("tree/one/b", pattern(11, seed: 7))
        try require(unlink(source.path(of: "tree/one/two/c")) == 0, "unlink")
        mirror.options.deletes = true
        mirror.options.deletionLimit = 0
        let third = try await mirror.plan().plan
        #expect(third.copies.count == 1)
        #expect(third.deletions.count == 1)
        let bounded = try await mirror.run(third)
        #expect(bounded.deleted == 0)
        #expect(bounded.whyNotDeleted != nil)
        mirror.options.deletionLimit = nil
        let last = try await mirror.run(try await mirror.plan().plan)
        #expect(last.deleted == 1)
        #expect(try isSame(place.path(of: "tree"), peer.home.path(of: "tree")))
      }
    }
  }

  @Test func aTargetOnTheServerIsMade() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      try place.write("a", [1])
      try await peer.session { session in
        let mirror = Mirror(.up, session, local: try LocalDirectory(place.path), remote: "new")
        let report = try await mirror.run(try await mirror.plan().plan)
        #expect(report.copied == 1)
        #expect(try peer.home.read("new/a") == [1])
      }
    }
  }

  @Test func whatFailsDoesNotKeepTheRestFromBeingDoneButDeletesNothing() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      try makeTree(peer.home, "tree")
      try place.makeDirectory("tree")
      try place.write("tree/old", [1])
      // Where a directory should be, there is a link that leads elsewhere.
      #expect(symlink("/tmp", place.path(of: "tree/one")) == 0)
      try await peer.session { session in
        var mirror = Mirror(
          .down, session, local: try LocalDirectory(place.path(of: "tree")), remote: "tree")
        mirror.options.deletes = true
        let report = try await mirror.run(try await mirror.plan().plan)
        #expect(report.copied == 2)
        #expect(!report.failures.isEmpty)
        #expect(report.whyNotDeleted != nil)
        #expect(place.exists("tree/old"))
      }
    }
  }
}
