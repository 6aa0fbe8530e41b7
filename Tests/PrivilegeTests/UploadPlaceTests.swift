// Uploads where weftpd may write a file but make none: the file is written in place, and nothing else comes to be.

import Foundation
import TestSupport
import Testing

extension PrivilegeTests {
  @Suite struct UploadPlaceTests {
    @Test func aFileInADirectoryWhereNothingMayBeMade() async throws {
      try await Blocking.run {
        let root = try PrivilegeTests.root()
        try require(mkdir(root.path + "/fixed", 0o755) == 0, "mkdir")
        for (name, owner) in [("f", PrivilegeTests.somebodyID), ("foreign", 0)] {
          try root.write("fixed/\(name)", "old contents")
          chown(root.path + "/fixed/\(name)", owner, owner)
          chmod(root.path + "/fixed/\(name)", 0o644)
        }
        try Server.with(PrivilegeTests.options(["server.landlock=off"]), root: root) { server in
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          try client.store("STOR fixed/f", bytes("new"))
          try require(try root.read("fixed/f") == bytes("new"), "what was stored")
          try client.store("APPE fixed/f", bytes(" and more"))
          try require(try root.read("fixed/f") == bytes("new and more"), "what was appended")
          for line in ["STOR fixed/foreign", "STOR fixed/another"] {
            _ = try client.passive()
            try client.command(line, expecting: 550, 553)
          }
          try require(try root.names(in: "fixed").sorted() == ["f", "foreign"], "\(try root.names(in: "fixed"))")
        }
      }
    }
  }
}
