// Work on files ends with its session, and one user's work does not keep others waiting.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct FileWorkTests {
    /// What keeps the one worker busy for hours.
    private static let endless = [
      "HASH huge", "XCRC huge", "XMD5 huge", "XSHA huge", "XSHA1 huge", "XSHA256 huge", "XSHA512 huge",
    ]

    @Test(arguments: [true, false]) func aDigestEndsWhenItsClientHasGone(_ isClosed: Bool) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let root = try TemporaryDirectory()
        try root.makeSparse("huge", size: 200 << 30)
        try root.write("small", bytes("hello"))
        try Server.with(Server.Options(settings: ["transfer.digests=1"]), root: root) { server in
          var slowest = Duration.zero
          for command in Self.endless {
            let gone = try server.session("alice")
            try gone.send(command)
            // It has begun: STAT tells how far it is.
            try require(
              Deadline.after(.seconds(10)).until { (try? gone.command("STAT").text.contains("Status: 0 ")) == false },
              "\(command) does not begin")
            let next = try server.session("alice")
            let took = try duration {
              if isClosed { gone.control.close() } else { gone.control.reset() }
              // The same user's: it waits for the worker.
              try next.command("XSHA512 small", expecting: 250)
            }
            slowest = max(slowest, took)
            try next.quit()
          }
          report("a digest after its client has gone, the next one answered: slowest of 7: \(slowest.milliseconds) ms")
          try require(slowest < .seconds(1), "a digest outlived its client by \(slowest)")
        }
      }
    }

    /// A client that has sent more than is read meanwhile, and hangs up.
    @Test func aClientThatHasSaidTooMuchIsMissedToo() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.makeSparse("huge", size: 200 << 30)
        try root.write("small", bytes("hello"))
        try Server.with(Server.Options(settings: ["transfer.digests=1"]), root: root) { server in
          let gone = try server.session("alice")
          try gone.send("HASH huge")
          for _ in 0..<60 { try gone.send("CWD " + String(repeating: "x", count: 2000)) }
          let next = try server.session("alice")
          gone.control.close()
          try next.command("HASH small", expecting: 213)
        }
      }
    }

    @Test func oneUsersCopiesLeaveRoomForAnothers() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.makeSparse("huge", size: 1 << 40)
        try root.write("small", bytes("hello"))
        try Server.with(root: root) { server in
          var greedy: [FTPClient] = []
          for index in 0..<8 {
            let client = try server.session("alice")
            try client.send("SITE COPY huge copy\(index)")
            greedy.append(client)
          }
          // Another user: anonymous may not copy, but may ask how much there is.
          let other = try server.session()
          try other.command("DSIZ", expecting: 213)
          for client in greedy {
            try client.send("ABOR")
            try client.expect(426)
            try client.expect(226)
          }
        }
      }
    }

    @Test(.enabled(if: getuid() == 0, "mounting needs root"))
    func whatIsMountedInTheTreeIsCountedAndNotRemoved() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.makeDirectory("d")
        try root.makeDirectory("d/mounted")
        try root.write("d/f", pattern(1000))
        let place = root.path + "/d/mounted"
        let mount = try run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place])
        try require(mount.exitCode == 0, "mount: \(mount.errors)")
        defer { _ = try? run(["umount", "-l", place]) }
        try root.write("d/mounted/g", pattern(234))
        try Server.with(root: root) { server in
          let client = try server.session("alice")
          try require(try client.command("DSIZ d", expecting: 213).text == "1234", "what is mounted is not counted")
          let quota = try client.command("SITE QUOTA", expecting: 200)
          try require("\(quota)".contains("1234 bytes in 4 "), "\(quota)")
          try client.command("SITE RMDIR d", expecting: 550)
          try require(try root.read("d/mounted/g") == pattern(234), "the mounted file is gone")
          try client.quit()
        }
      }
    }
  }
}
