// A reload under Landlock: who was removed is out though another's new home is refused, and a replaced home is served or told.

import Accounts
import Foundation
import TestSupport
import Testing

extension PrivilegeTests {
  @Suite struct RevocationTests {
    private static let settings = PrivilegeTests.hasLandlock ? ["required", "off"] : ["off"]

    /// A user table beside a server that follows it.
    private func withTable(
      _ landlock: String, _ first: (TemporaryDirectory) throws -> String,
      _ body: (Server, TemporaryDirectory, (String) throws -> Void) throws -> Void
    ) throws {
      let (directory, root) = (try TemporaryDirectory(), try PrivilegeTests.root())
      chmod(directory.path, 0o755)
      func write(_ table: String) throws {
        try directory.write("new", bytes(table))
        chown(directory.path + "/new", PrivilegeTests.somebodyID, PrivilegeTests.somebodyID)
        chmod(directory.path + "/new", 0o600)
        try require(rename(directory.path + "/new", directory.path + "/users") == 0, "rename")
      }
      try write(try first(root))
      var options = PrivilegeTests.options([
        "server.landlock=\(landlock)", "accounts.table=\(directory.path)/users",
      ])
      options.user = nil
      options.anonymous = false
      try Server.with(options, root: root) { server in
        try body(server, root) { table in
          try write(table)
          server.process.signal(SIGHUP)
          try waitForLog(server.process, "reloaded: ")
        }
      }
    }

    private func home(_ name: String, in root: TemporaryDirectory) throws -> String {
      let path = root.path + "/" + name
      try require(mkdir(path, 0o755) == 0, "mkdir")
      chown(path, PrivilegeTests.somebodyID, PrivilegeTests.somebodyID)
      return path
    }

    @Test(arguments: settings)
    func removalsHoldThoughAHomeIsRefused(_ landlock: String) async throws {
      try await Blocking.run {
        let hash = try PasswordHash.make(bytes(Server.password))
        try withTable(landlock) { root in
          "bob:\(hash):\(try home("bob", in: root)):rw\ncarol:\(hash):\(try home("carol", in: root)):rw\n"
        } _: { server, root, reload in
          let (bob, carol) = (try server.session("bob"), try server.session("carol"))
          try carol.command("MKD one", expecting: 257)
          let new = try home("dave", in: root)
          try reload("carol:\(hash):\(root.path)/carol:ro\ndave:\(hash):\(new):rw\n")
          try bob.expect(421)
          try carol.command("MKD two", expecting: 550)
          let dave = try server.client()
          try dave.command("USER dave", expecting: 331)
          try dave.command("PASS \(Server.password)", expecting: landlock == "off" ? 230 : 421)
          if landlock != "off" {
            try waitForLog(server.process, "of dave was not included when Landlock was fixed at start")
          }
        }
      }
    }

    @Test func aHomeThatCannotBeWrittenIsTold() async throws {
      try await Blocking.run {
        let hash = try PasswordHash.make(bytes(Server.password))
        try withTable("off") { root in
          try require(mkdir(root.path + "/bob", 0o755) == 0, "mkdir")
          return "bob:\(hash):\(root.path)/bob:rw\n"
        } _: { server, _, _ in
          try server.session("bob").command("PWD", expecting: 257)
          try waitForLog(server.process, "/bob cannot be written by weftpd, though its user may write")
        }
      }
    }

    @Test(arguments: settings)
    func aHomeThatWasReplacedIsSeen(_ landlock: String) async throws {
      try await Blocking.run {
        let hash = try PasswordHash.make(bytes(Server.password))
        try withTable(landlock) { root in
          "bob:\(hash):\(try home("bob", in: root)):rw\n"
        } _: { server, root, _ in
          try server.session("bob").store("STOR old", bytes("old"))
          try require(rename(root.path + "/bob", root.path + "/away") == 0, "rename")
          _ = try home("bob", in: root)
          if landlock == "off" {
            try server.session("bob").store("STOR new", bytes("new"))
            try require(root.exists("bob/new"), "\(try root.names())")
          } else {
            // The rule was for the directory that is away now.
            let bob = try server.client()
            try bob.command("USER bob", expecting: 331)
            try bob.command("PASS \(Server.password)", expecting: 421)
            try waitForLog(server.process, "was replaced or mounted after the start")
          }
        }
      }
    }
  }
}
