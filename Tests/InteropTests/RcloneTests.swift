// rclone: sync and check against the server; it trusts sizes and times right after each upload.

import TestSupport
import Testing

@Suite(installed("rclone")) struct RcloneTests {
  @Test func syncsAndChecks() async throws {
    try await Interop.run { test in
      let secret = try test.client("rclone", "obscure", Server.password).output.split(separator: "\n")[0]
      let remote = ":ftp,host=127.0.0.1,port=\(test.port),user=alice,pass='\(secret)':"
      let environment = ["RCLONE_CONFIG": test.local.path + "/rclone.conf", "RCLONE_RETRIES": "1"]
      func rclone(_ arguments: String...) throws {
        let result = try TestSupport.run(["rclone"] + arguments, environment: environment, directory: test.local.path)
        try require(result.exitCode == 0, "rclone \(arguments) ended with \(result.exitCode): \(result.errors)")
      }
      try rclone("sync", remote + "tree", "back")
      try test.requireSameTree(test.server.root.path + "/tree", test.local.path + "/back")
      try rclone("sync", "back", remote + "copy")
      try test.requireSameTree(test.server.root.path + "/tree", test.server.root.path + "/copy")
      try rclone("check", "--download", "back", remote + "copy")
      try test.local.write("back/one/a.bin", pattern(99_000, seed: 9))
      removeTree(test.local.path + "/back/many")
      try rclone("sync", "back", remote + "copy")
      try test.requireSameTree(test.local.path + "/back", test.server.root.path + "/copy")
    }
  }
}
