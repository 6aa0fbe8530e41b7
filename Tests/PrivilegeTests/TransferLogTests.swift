// The transfer log of a daemon that was started as root: it is the serving user's from the beginning, so that a SIGHUP can open it anew.

import Foundation
import TestSupport
import Testing

extension PrivilegeTests {
  @Suite struct TransferLogTests {
    /// A directory for logs, of the serving user or of root.
    private func place(ofUser: Bool) throws -> TemporaryDirectory {
      let place = try TemporaryDirectory()
      if ofUser { chown(place.path, PrivilegeTests.somebodyID, PrivilegeTests.somebodyID) }
      return place
    }

    /// Starts a daemon that cannot start, and returns what it said.
    private func refusal(_ log: String) throws -> String {
      let root = try PrivilegeTests.root()
      let result = try run(
        [
          try Server.binary(), "serve", root.path, "--anonymous", "--listen", "127.0.0.1:0",
          "--set", "server.user=\(PrivilegeTests.somebody)", "--set", "log.xferlog=\(log)",
        ], environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"], patience: .seconds(20))
      try require(result.exitCode == 78, "ended with \(result.exitCode): \(result.errors)")
      return result.errors
    }

    @Test func isOpenedAnewAfterRotation() async throws {
      try await Blocking.run {
        let place = try place(ofUser: true)
        let log = place.path + "/xferlog"
        let options = PrivilegeTests.options(["log.xferlog=\(log)", "server.landlock=automatic"])
        try Server.with(options, root: try PrivilegeTests.root()) { server in
          var status = stat()
          try require(stat(log, &status) == 0 && status.st_uid == PrivilegeTests.somebodyID, "uid \(status.st_uid)")
          try require(status.st_mode & 0o777 == 0o640, "mode \(String(status.st_mode, radix: 8))")
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          try client.store("STOR before", bytes("1"))
          try wait(for: " /before b _ i ", in: log)
          try require(rename(log, log + ".1") == 0, "rename")
          server.process.signal(SIGHUP)
          // Its maker is the reload.
          try require(Deadline.after(.seconds(20)).until { access(log, F_OK) == 0 }, server.process.errorText)
          try client.store("STOR after", bytes("2"))
          try wait(for: " /after b _ i ", in: log)
          try require(!server.process.errorText.contains("cannot be reopened"), server.process.errorText)
        }
      }
    }

    @Test func compressedTransfersAreMarked() async throws {
      try await Blocking.run {
        let place = try place(ofUser: true)
        let log = place.path + "/xferlog"
        let options = PrivilegeTests.options(["log.xferlog=\(log)"])
        try Server.with(options, root: try PrivilegeTests.root()) { server in
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          try client.store("STOR file", bytes("some text"))
          try wait(for: " /file b _ i ", in: log)
          for (mode, mark) in [("C", "C"), ("Z", "C"), ("B", "_"), ("S", "_")] {
            try client.command("MODE \(mode)", expecting: 200)
            let (lines, data) = (try readFile(log).count { $0 == 0x0A }, try client.passive())
            try client.command("RETR file", expecting: 150)
            // 250: in modes B and C the connection stays.
            try client.expect(226, 250)
            data.close()
            let isThere = Deadline.after(.seconds(20)).until {
              ((try? readFile(log)) ?? []).count { $0 == 0x0A } > lines
            }
            let last = latin1(try readFile(log)).split(separator: "\n").last ?? ""
            try require(isThere && last.contains(" /file b \(mark) o r alice ftp"), "MODE \(mode): \(last)")
          }
        }
      }
    }

    @Test func aDirectoryTheUserMayNotWriteIsRefusedAtOnce() async throws {
      try await Blocking.run {
        let place = try place(ofUser: false)
        let words = try refusal(place.path + "/xferlog")
        for part in [place.path, "cannot be opened", "writable for nobody"] {
          try require(words.contains(part), "'\(part)' is missing in: \(words)")
        }
        try require(!place.exists("xferlog"), "the log was made, and could not be reopened")
      }
    }

    @Test func aLinkPlantedThereLeadsToNothingOfRoots() async throws {
      try await Blocking.run {
        // Whoever got hold of the daemon once may write the directory; the next start is root's.
        let place = try place(ofUser: true)
        let target = try self.place(ofUser: false)
        chmod(target.path, 0o755)
        try target.write("secret", bytes("root's\n"), mode: 0o600)
        try require(symlink(target.path + "/secret", place.path + "/xferlog") == 0, "symlink")
        _ = try refusal(place.path + "/xferlog")
        try require(try target.read("secret") == bytes("root's\n"), "the target was written to")
        unlink(place.path + "/xferlog")
        // Nor is a file made where only root may.
        try require(symlink(target.path + "/new", place.path + "/xferlog") == 0, "symlink")
        _ = try refusal(place.path + "/xferlog")
        try require(!target.exists("new"), "the target was made")
      }
    }

    private func wait(for words: String, in path: String) throws {
      let found = Deadline.after(.seconds(20)).until {
        ((try? readFile(path)).map { latin1($0) } ?? "").contains(words)
      }
      try require(found, "'\(words)' is missing in: \((try? readFile(path)).map { latin1($0) } ?? "nothing")")
    }
  }
}
