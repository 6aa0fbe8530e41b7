// accounts.roots: homes made after the start are served without a restart, homes elsewhere are refused, with Landlock and without.

import Accounts
import Foundation
import TestSupport
import Testing

extension PrivilegeTests {
  @Suite struct CommonRootsTests {
    @Test(arguments: PrivilegeTests.hasLandlock ? ["required", "off"] : ["off"])
    func homesMadeLater(_ landlock: String) async throws {
      try await Blocking.run {
        let directory = try TemporaryDirectory()
        let (root, outside) = (try PrivilegeTests.root(), try PrivilegeTests.root())
        chmod(directory.path, 0o755)
        let hash = try PasswordHash.make(bytes(Server.password))
        func table(_ homes: [(name: String, home: String)]) throws {
          let lines = homes.map { "\($0.name):\(hash):\($0.home):rw\n" }.joined()
          try directory.write("new", bytes(lines))
          chown(directory.path + "/new", PrivilegeTests.somebodyID, PrivilegeTests.somebodyID)
          chmod(directory.path + "/new", 0o600)
          try require(rename(directory.path + "/new", directory.path + "/users") == 0, "rename")
        }
        func home(_ name: String) throws -> String {
          let path = root.path + "/" + name
          try require(mkdir(path, 0o755) == 0, "mkdir")
          chown(path, PrivilegeTests.somebodyID, PrivilegeTests.somebodyID)
          return path
        }
        let old = (name: "old", home: try home("old"))
        try table([old])
        var options = PrivilegeTests.options([
          "server.landlock=\(landlock)", "accounts.table=\(directory.path)/users", "accounts.roots=\(root.path)",
        ])
        options.user = nil
        options.anonymous = false
        try Server.with(options, root: root) { server in
          try server.session("old").store("STOR f", bytes("old"))
          try table([old, ("new", try home("new")), ("carol", outside.path)])
          server.process.signal(SIGHUP)
          try waitForLog(server.process, "of carol is outside accounts.roots")
          try waitForLog(server.process, "reloaded: ")
          let new = try server.session("new")
          try new.store("STOR f", bytes("new"))
          try require(try new.retrieve("RETR f") == bytes("new"), "what was stored")
          let carol = try server.client()
          try carol.command("USER carol", expecting: 331)
          try carol.command("PASS \(Server.password)", expecting: 421)
          try waitForLog(server.process, "it is outside accounts.roots")
        }
        try require(try outside.names().isEmpty, "something was written outside: \(try outside.names())")
      }
    }
  }
}
