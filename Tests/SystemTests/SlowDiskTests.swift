// A file system that hangs holds up those who use it, and nobody else.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct SlowDiskTests {
    private static let processors = max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// - Parameter hanging: how many sessions hang: one, and more than there are processors.
    @Test(.enabled(if: HangingFileSystem.isAvailable), arguments: [1, processors + 1])
    func whoeverHangsDelaysNobodyElse(_ hanging: Int) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let root = try TemporaryDirectory()
        try root.write("small", bytes("hello"))
        try root.makeDirectory("slow")
        let disk = try HangingFileSystem(at: "\(root.path)/slow")
        defer { disk.release() }
        try Server.with(root: root) { server in
          // Before the server is stopped: a process that waits for a file system does not end.
          defer { disk.release() }
          var stuck: [FTPClient] = []
          for index in 0..<hanging {
            let client = try server.session()
            try client.send(index % 2 == 0 ? "MDTM slow/file\(index)" : "CWD slow/file\(index)")
            stuck.append(client)
          }
          try require(
            Deadline.after(.seconds(10)).until { disk.hangingCalls >= hanging }, "only \(disk.hangingCalls) calls hang")
          var slowest = Duration.zero
          for _ in 0..<20 {
            let took = try duration {
              let client = try server.session()
              for _ in 0..<10 { try client.command("MDTM small", expecting: 213) }
              try require(try client.retrieve("RETR small") == bytes("hello"), "the file is not what it was")
              try client.quit()
            }
            slowest = max(slowest, took)
          }
          report("\(hanging) hang; login, 10 MDTM, RETR, QUIT beside them: slowest of 20: \(slowest.milliseconds) ms")
          try require(slowest < .milliseconds(500), "it took \(slowest)")
          disk.release()
          for client in stuck { _ = try client.reply() }
        }
      }
    }
  }
}
