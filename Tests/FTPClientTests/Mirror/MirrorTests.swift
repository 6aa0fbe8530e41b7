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

  private func mode(_ path: String) throws -> UInt32 { try File.status(at: path).permissions }

  @Test(arguments: [Mirror.Direction.down, .up]) func permissionsBothWays(_ direction: Mirror.Direction) async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let (source, target) = direction == .down ? (peer.home, place) : (place, peer.home)
      try makeTree(source, "tree")
      try target.makeDirectory("tree")
      for (path, bits) in [("a", 0o640), ("one/b", 0o751), ("one/two", 0o700)] as [(String, mode_t)] {
        try require(chmod(source.path(of: "tree/\(path)"), bits) == 0, "chmod")
      }
      try await peer.session { session in
        var mirror = Mirror(direction, session, local: try LocalDirectory(place.path(of: "tree")), remote: "tree")
        mirror.options.keepsModes = true
        let report = try await mirror.run(try await mirror.plan().plan)
        #expect(report.failures.isEmpty, "\(report.failures)")
        #expect(try mode(target.path(of: "tree/a")) == 0o640)
        #expect(try mode(target.path(of: "tree/one/b")) == 0o751)
        #expect(try mode(target.path(of: "tree/one/two")) == 0o700)
        #expect(try await mirror.plan().plan.isEmpty)
        // Only the bits have changed: only the bits are set.
        try require(chmod(source.path(of: "tree/a"), 0o604) == 0, "chmod")
        let plan = try await mirror.plan().plan
        #expect(plan.copies.isEmpty && plan.modes.count == 1)
        _ = try await mirror.run(plan)
        #expect(try mode(target.path(of: "tree/a")) == 0o604)
      }
    }
  }

  private func makeLinks(_ place: TemporaryDirectory) throws {
    try makeTree(place, "tree")
    for (target, name) in [("one/b", "inside"), ("../a", "one/up"), ("/etc/passwd", "outside"), ("one", "directory")] {
      try require(symlink(target, place.path(of: "tree/\(name)")) == 0, "symlink")
    }
  }

  private func target(_ path: String) throws -> String {
    var text = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &text, text.count)
    try require(count > 0, "no link: \(path)")
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @Test(arguments: [Mirror.Direction.down, .up]) func linksAreKept(_ direction: Mirror.Direction) async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let (source, copy) = direction == .down ? (peer.home, place) : (place, peer.home)
      try makeLinks(source)
      try copy.makeDirectory("tree")
      try await peer.session { session in
        var mirror = Mirror(direction, session, local: try LocalDirectory(place.path(of: "tree")), remote: "tree")
        mirror.options.links = .keep
        let plan = try await mirror.plan().plan
        #expect(plan.conflicts == [Array("outside".utf8)])
        let report = try await mirror.run(plan)
        #expect(report.failures.isEmpty, "\(report.failures)")
        #expect(try target(copy.path(of: "tree/inside")) == "one/b")
        #expect(try target(copy.path(of: "tree/one/up")) == "../a")
        #expect(!copy.exists("tree/outside"))
        #expect(try await mirror.plan().plan.isEmpty)
        // Another target takes the link's place.
        try require(unlink(source.path(of: "tree/inside")) == 0, "unlink")
        try require(symlink("one/two/c", source.path(of: "tree/inside")) == 0, "symlink")
        _ = try await mirror.run(try await mirror.plan().plan)
        #expect(try target(copy.path(of: "tree/inside")) == "one/two/c")
      }
    }
  }

  @Test func linksAreFollowedUpwards() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      try makeLinks(place)
      // It leads to where it is itself.
      try require(symlink("..", place.path(of: "tree/one/loop")) == 0, "symlink")
      try place.write("elsewhere", pattern(33))
      try require(symlink("../elsewhere", place.path(of: "tree/far")) == 0, "symlink")
      try await peer.session { session in
        let local = try LocalDirectory(place.path(of: "tree"), followingLinks: true)
        var mirror = Mirror(.up, session, local: local, remote: "tree")
        mirror.options.excludes = ["outside"]
        let (plan, skipped) = try await mirror.plan()
        #expect(skipped.contains { $0.path == Array("one/loop".utf8) })
        let report = try await mirror.run(plan)
        #expect(report.failures.isEmpty, "\(report.failures)")
        #expect(try peer.home.read("tree/inside") == pattern(10, seed: 2))
        #expect(try peer.home.read("tree/far") == pattern(33))
        #expect(try peer.home.read("tree/directory/b") == pattern(10, seed: 2))
        #expect(try await mirror.plan().plan.isEmpty)
      }
    }
  }

  @Test func linksAreFollowedDownwards() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      try makeLinks(peer.home)
      try place.makeDirectory("tree")
      try await peer.session { session in
        var mirror = Mirror(.down, session, local: try LocalDirectory(place.path(of: "tree")), remote: "tree")
        mirror.options.links = .follow
        let (plan, skipped) = try await mirror.plan()
        // One leads to a directory, one out of the jail.
        #expect(Set(skipped.map { String(decoding: $0.path, as: UTF8.self) }) == ["directory", "outside"])
        _ = try await mirror.run(plan)
        #expect(try place.read("tree/inside") == pattern(10, seed: 2))
        #expect(try place.read("tree/one/up") == pattern(70_000))
        #expect(try await mirror.plan().plan.isEmpty)
      }
    }
  }
}
