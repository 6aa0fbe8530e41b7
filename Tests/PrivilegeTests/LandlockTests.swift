// Landlock behind the jail: what a hole in the jail would give without it and does not give with it, and what a reload may still do.

import Accounts
import Foundation
import TestSupport
import Testing

extension PrivilegeTests {
  /// Whether this kernel can: it writes its list of security modules here.
  static let hasLandlock: Bool = {
    let list = (try? readFile("/sys/kernel/security/lsm")).map { latin1($0) }
    if let list { return list.contains("landlock") }
    // Not mounted: what weftpd itself finds.
    let words = [try? Server.binary(), "check", "--privileges"].compactMap { $0 }
    return (try? run(words).output.contains("landlock: version")) ?? false
  }()

  @Suite(.enabled(if: PrivilegeTests.hasLandlock, "needs a kernel with Landlock")) struct LandlockTests {
    /// A tree that everybody may write, and beside the root a directory no client is to reach.
    private struct Place {
      let outside: TemporaryDirectory
      let root: TemporaryDirectory

      init() throws {
        outside = try TemporaryDirectory()
        root = try PrivilegeTests.root()
        chmod(outside.path, 0o777)
        try outside.write("secret", bytes("not for clients"))
        try require(symlink(outside.path, root.path + "/hole") == 0, "symlink: \(Connection.text(errno))")
      }
    }

    /// Tries to read and to write through the link that leads out of the root; whether each was possible.
    private func escape(_ place: Place, _ settings: [String]) throws -> (read: Bool, written: Bool) {
      var options = PrivilegeTests.options(settings)
      options.environment["WEFT_JAIL_HOLE"] = "1"
      let result = try Server.with(options, root: place.root) { server in
        let client = try server.session("alice")
        try client.command("TYPE I", expecting: 200)
        _ = try client.passive()
        let isRead = try client.command("RETR hole/secret").code == 150
        if isRead { try client.expect(226) }
        let data = try client.passive()
        let reply = try client.command("STOR hole/planted")
        if reply.code == 150 {
          try? data.send(bytes("planted"))
          data.close()
          _ = try client.reply()
        }
        // What belongs to the root goes on.
        try client.store("STOR mine", bytes("mine"))
        try client.command("MKD a", expecting: 257)
        try client.command("RNFR mine", expecting: 350)
        try client.command("RNTO a/mine", expecting: 250)
        try require(try client.retrieve("RETR a/mine") == bytes("mine"), "the file moved is not what was stored")
        return isRead
      }
      return (result, place.outside.exists("planted"))
    }

    @Test func aHoleInTheJailLeadsNowhere() async throws {
      try await Blocking.run {
        // Without Landlock the hole is real: else this test would show nothing.
        let open = try escape(try Place(), ["server.landlock=off"])
        try require(open.read && open.written, "the planted hole is none: \(open)")
        let closed = try escape(try Place(), ["server.landlock=required"])
        try require(!closed.read, "a file outside of the roots was read")
        try require(!closed.written, "a file outside of the roots was written")
      }
    }

    @Test func onlyTheRangeMayBeBoundAndTheLogTellsTheVersion() async throws {
      try await Blocking.run {
        let options = PrivilegeTests.options(["server.landlock=required", "passive.ports=50900-50920"])
        try Server.with(options, root: try PrivilegeTests.root()) { server in
          try waitForLog(server.process, "Landlock (version ")
          // Passive and active data connections work under the rules for ports.
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          try client.store("STOR passive", bytes("p"))
          let listener = try Listener()
          try client.command("PORT \(listener.portArgument)", expecting: 200)
          try client.command("RETR passive", expecting: 150)
          try require(try listener.accept().readToEnd() == bytes("p"), "active")
          try client.expect(226)
        }
      }
    }

    /// A server with a settings file and a user table beside it, which the test replaces.
    private func withFiles(
      _ body: (_ directory: TemporaryDirectory, _ root: TemporaryDirectory, ChildProcess) throws -> Void
    ) throws {
      let directory = try TemporaryDirectory()
      let root = try PrivilegeTests.root()
      try directory.write("weftpd.yaml", bytes(Self.settings(root.path, "log:\n  level: info\n")))
      let server = try ChildProcess(
        [try Server.binary(), "serve", "--config", directory.path + "/weftpd.yaml", "--listen", "127.0.0.1:0"],
        environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"])
      _ = try server.waitForLines(1, patience: .seconds(20))
      try body(directory, root, server)
      server.signal(SIGTERM)
      try require(server.waitForExit(patience: .seconds(20)) == 0, server.errorText)
    }

    private static func settings(_ root: String, _ more: String) -> String {
      "server:\n  user: \(PrivilegeTests.somebody)\n  landlock: required\naccounts:\n  anonymous: true\n  root: \(root)\n"
        + more
    }

    @Test func aReloadStillReadsTheSettings() async throws {
      try await Blocking.run {
        try withFiles { directory, root, server in
          // As editors do it: a new file takes the old one's name.
          try directory.write("new", bytes(Self.settings(root.path, "log:\n  level: debug\n")))
          try require(rename(directory.path + "/new", directory.path + "/weftpd.yaml") == 0, "rename")
          server.signal(SIGHUP)
          try waitForLog(server, "log.level changed from \"info\" to \"debug\"")
          try waitForLog(server, "reloaded: 1 settings changed")
        }
      }
    }

    @Test func aCharacterSetThatAReloadBringsIsRead() async throws {
      try await Blocking.run {
        let directory = try TemporaryDirectory()
        let root = try PrivilegeTests.root()
        chmod(directory.path, 0o755)
        func table(_ options: String) throws {
          let hash = try PasswordHash.make(bytes(Server.password))
          try directory.write("new", bytes("bob:\(hash):\(root.path):\(options)\n"))
          chown(directory.path + "/new", PrivilegeTests.somebodyID, PrivilegeTests.somebodyID)
          chmod(directory.path + "/new", 0o600)
          try require(rename(directory.path + "/new", directory.path + "/users") == 0, "rename")
        }
        try table("rw")
        var options = PrivilegeTests.options(["server.landlock=required", "accounts.table=\(directory.path)/users"])
        options.user = nil
        options.anonymous = false
        try Server.with(options, root: root) { server in
          // The tables of such sets are modules that iconv loads when it is first asked.
          try table("rw,charset=CP932")
          server.process.signal(SIGHUP)
          try waitForLog(server.process, "reloaded: ")
          let bob = try server.session("bob")
          // HIRAGANA LETTER A, in CP932 and on disk.
          try bob.control.send(bytes("MKD ") + [0x82, 0xA0] + bytes("\r\n"))
          try bob.expect(257)
          try require(root.exists("\u{3042}"), "\(try root.names())")
        }
      }
    }

    /// What writes backtraces, beside the compiler; nil where there is none.
    private static let backtracer: String? = {
      let found = try? run(["sh", "-c", "readlink -f \"$(command -v swift)\""]).output
      guard let directory = found?.split(separator: "\n").first.map({ String($0.prefix { $0 != "\n" }) }),
        let slash = directory.lastIndex(of: "/")
      else { return nil }
      let path = directory[..<slash] + "/../libexec/swift/linux/swift-backtrace-static"
      return resolved(String(path))
    }()

    private static func resolved(_ path: String) -> String? {
      guard let real = realpath(path, nil) else { return nil }
      defer { free(real) }
      return String(cString: real)
    }

    @Test(.enabled(if: LandlockTests.backtracer != nil, "needs Swift's swift-backtrace"))
    func aCrashStillTellsWhere() async throws {
      try await Blocking.run {
        let root = try PrivilegeTests.root()
        // Without symbols, which take their time in a debug build.
        let wishes =
          "SWIFT_BACKTRACE=enable=yes,color=no,interactive=no,symbolicate=off,output-to=stderr,swift-backtrace="
          + (Self.backtracer ?? "")
        let server = try ChildProcess(
          [
            "env", wishes, try Server.binary(), "serve", root.path, "--anonymous", "--listen", "127.0.0.1:0",
            "--set", "server.landlock=required", "--set", "server.user=\(PrivilegeTests.somebody)",
          ], environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"])
        _ = try server.waitForLines(1, patience: .seconds(20))
        // (A signal from outside is survived once, for the backtrace.)
        server.signal(SIGSEGV)
        try waitForLog(server, "*** Program crashed")
        server.signal(SIGKILL)
        try require(server.waitForExit(patience: .seconds(20)) == 128 + SIGKILL, server.errorText)
      }
    }

    @Test func aRootThatIsNewTakesARestart() async throws {
      try await Blocking.run {
        try withFiles { directory, _, server in
          let other = try PrivilegeTests.root()
          try directory.write("weftpd.yaml", bytes(Self.settings(other.path, "")))
          server.signal(SIGHUP)
          try waitForLog(server, "restart weftpd")
          try waitForLog(server, "reload failed")
          try require(server.errorText.contains(other.path), "the directory is not named: \(server.errorText)")
        }
      }
    }
  }
}
