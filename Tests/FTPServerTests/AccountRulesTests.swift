// What the entries of accounts say, seen by a client: who may log in, what is hidden and denied, other trees, the drop box, messages.

import Accounts
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.onThreads, .timeLimit(.minutes(5))) struct AccountRulesTests {
  private static func bob(
    _ home: TemporaryDirectory, _ options: [String: String], _ permissions: AccountPermissions = .readAndWrite
  ) throws -> AccountSource {
    AccountSource(
      single: UserEntry(
        name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home.path, permissions: permissions,
        options: try AccountOptions(options)))
  }

  /// Runs `body` with a client that is logged in, TYPE I.
  private func withClient(
    _ accounts: AccountSource, _ change: (inout ServerConfiguration) -> Void = { _ in }, user: String = "bob",
    _ body: @Sendable (FTPClient) throws -> Void
  ) async throws {
    var configuration = ServerConfiguration()
    configuration.uploads.durability = .relaxed
    change(&configuration)
    try await withServer(accounts, configuration) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn(user, "secret")
      _ = try client.command("TYPE I", expecting: 200)
      try body(client)
      try client.quit()
    }
  }

  private static func names(_ client: FTPClient, _ command: String) throws -> [String] {
    let data = try client.extendedPassive()
    _ = try client.command(command, expecting: 150)
    let text = latin1(try data.readToEnd())
    try client.expect(226)
    return text.split(separator: "\r\n").map(String.init)
  }

  @Test(arguments: [
    (["enabled": "no"], "switched off"), (["expires": "2001-01-01"], "expired"), (["from": "192.0.2.0/24"], "address"),
    (["hours": "never"], "hour"),
  ])
  func barsOfALogin(_ options: [String: String], _ words: String) async throws {
    let home = try TemporaryDirectory()
    var options = options
    if options["hours"] != nil {
      // An hour that begins in two.
      let now = WeekMoment(seconds: WallClock.seconds)
      let hour = (now.minute / 60 + 2) % 24
      options["hours"] =
        hour == 23 ? "2300-2330" : "\(hour < 10 ? "0" : "")\(hour)00-\(hour < 9 ? "0" : "")\(hour + 1)00"
    }
    let accounts = try Self.bob(home, options)
    try await withServer(accounts) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      _ = try client.command("USER bob", expecting: 331)
      let wrong = try client.command("PASS wrong", expecting: 530)
      #expect(!"\(wrong)".contains("This account"))
      _ = try client.command("USER bob", expecting: 331)
      let right = try client.command("PASS secret", expecting: 530)
      #expect("\(right)".contains("This account") && "\(right)".contains(words))
      _ = try client.command("PWD", expecting: 530)
      let question = AccessQuestion(
        user: Array("bob".utf8), address: IPAddress("127.0.0.1"), verb: "LIST", path: [0x2F])
      #expect(!accounts.explain(question) { _ in "here" }.isAllowed)
    }
  }

  @Test func anAccountThatExpiresEndsItsSessions() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try Self.bob(home, [:])) { server, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("bob", "secret")
      server.reload(configuration: ServerConfiguration(), accounts: try Self.bob(home, ["expires": "2001-01-01"]))
      try client.expect(421)
      #expect(try client.control.isClosedByPeer())
    }
  }

  @Test func whatIsHiddenIsNotThere() async throws {
    let home = try TemporaryDirectory()
    for name in ["a", ".b", "c.exe", "secret"] { try home.write(name, "x") }
    try home.makeDirectory("d")
    try home.write("d/.git", "x")
    try await withClient(try Self.bob(home, ["hide": ".*;/secret", "deny": "*.exe"])) { client in
      #expect(try Self.names(client, "NLST") == ["a", "c.exe", "d"])
      #expect(try Self.names(client, "NLST d").isEmpty)
      #expect(try Self.names(client, "MLSD").filter { $0.contains("type=file") }.count == 2)
      for command in ["SIZE .b", "RETR secret", "DELE .b", "MLST /d/.git", "RNFR secret", "CWD .b", "LIST d/.git"] {
        let reply = try client.command(command)
        #expect(reply.code == 550 || reply.code == 450, "\(command): \(reply)")
        #expect("\(reply)".contains("No such file"), "\(command): \(reply)")
      }
      for command in ["RETR c.exe", "DELE c.exe", "RNFR c.exe", "STOR new.EXE", "APPE c.exe", "MKD x.exe"] {
        #expect(try client.command(command).code == 550, "\(command)")
      }
      _ = try client.command("RNFR a", expecting: 350)
      _ = try client.command("RNTO b.exe", expecting: 550)
      _ = try client.command("SIZE c.exe", expecting: 213)
    }
    #expect(try home.names().sorted() == [".b", "a", "c.exe", "d", "secret"])
  }

  @Test func otherTreesAreSeenWhereTheyAreNamed() async throws {
    let (home, one, two) = (try TemporaryDirectory(), try TemporaryDirectory(), try TemporaryDirectory())
    try home.write("file", "home")
    try home.write("pub", "in the shadow")
    try one.write("x", "one")
    try two.write("y", "two")
    symlink("/", one.path + "/top")
    let accounts = try Self.bob(home, ["directories": "pub=\(one.path)=ro;sub/deep=\(two.path)"])
    try home.makeDirectory("sub")
    try await withClient(accounts) { client in
      #expect(try Self.names(client, "NLST") == ["file", "pub", "sub"])
      #expect(try Self.names(client, "LIST").contains { $0.hasPrefix("d") && $0.hasSuffix(" pub") })
      #expect(try Self.names(client, "MLSD").filter { $0.hasSuffix(" pub") }.count == 1)
      #expect(try Self.names(client, "NLST sub") == ["sub/deep"])
      #expect(try Self.names(client, "LIST -R").contains { $0.hasSuffix(" y") })
      #expect(try client.retrieve("RETR pub/x") == Array("one".utf8))
      // A link stays in its own tree.
      #expect(try client.retrieve("RETR pub/top/x") == Array("one".utf8))
      _ = try client.command("DELE pub/x", expecting: 550)
      _ = try client.command("MKD pub/new", expecting: 550)
      #expect(try "\(client.store("STOR sub/deep/z", Array("new".utf8)))".hasPrefix("226"))
      for command in ["DELE pub", "RMD pub", "RMD sub/deep", "RNFR sub/deep"] {
        let reply = try client.command(command)
        if reply.code == 350 {
          _ = try client.command("RNTO elsewhere", expecting: 553)
        } else {
          #expect(reply.code == 550, "\(command): \(reply)")
        }
      }
      _ = try client.command("CWD sub/deep", expecting: 250)
      #expect(try "\(client.command("PWD"))".contains("/sub/deep"))
      _ = try client.command("CDUP", expecting: 250)
      #expect(try "\(client.command("MLST deep"))".contains("type=dir"))
    }
    #expect(try two.read("z") == Array("new".utf8))
  }

  @Test func theUmaskOfAnEntry() async throws {
    let home = try TemporaryDirectory()
    try await withClient(try Self.bob(home, ["umask": "077"])) { client in
      #expect(try "\(client.store("STOR a", [1]))".hasPrefix("226"))
      _ = try client.command("MKD d", expecting: 257)
    }
    #expect(try File.status(at: home.path + "/a").permissions == 0o600)
    #expect(try File.status(at: home.path + "/d").permissions == 0o700)
  }

  /// Names with a dot are often hidden; the message is meant for the user all the same, unless it is a link to what is not.
  @Test(arguments: [[:], ["hide": ".*"]]) func messagesAreShown(_ rules: [String: String]) async throws {
    let home = try TemporaryDirectory()
    try home.makeDirectory("linked")
    try home.write(".secret", "the secret")
    symlink("../.secret", home.path + "/linked/.message")
    try home.makeDirectory("d")
    try home.write("d/.message", "Mind the gap.\r\n226 is only a number.\n")
    try home.makeDirectory("big")
    try home.write("big/.message", String(repeating: "x", count: 5000))
    let accounts = try Self.bob(home, rules.merging(["welcome": "Hello, Bob."]) { $1 })
    var configuration = ServerConfiguration()
    configuration.files.message = ".message"
    try await withServer(accounts, configuration) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      _ = try client.command("USER bob", expecting: 331)
      #expect(try "\(client.command("PASS secret", expecting: 230))".contains(" Hello, Bob."))
      let reply = try "\(client.command("CWD d", expecting: 250))"
      #expect(reply.contains(" Mind the gap.") && reply.contains(" 226 is only a number."))
      #expect(try !"\(client.command("CWD /big", expecting: 250))".contains("xxx"))
      let linked = try "\(client.command("CWD /linked", expecting: 250))"
      #expect(linked.contains("the secret") == rules.isEmpty)
      try client.quit()
    }
    try await withClient(accounts) { client in
      let reply = try client.command("CWD d", expecting: 250)
      #expect(!"\(reply)".contains("gap"))
    }
  }

  @Test func aDropBoxTakesFilesAndShowsNone() async throws {
    let home = try TemporaryDirectory()
    try home.write("readme", "x")
    try home.makeDirectory("incoming")
    try home.write("incoming/old", "old")
    var accounts = AccountSource(anonymousRoot: home.path)
    accounts.anonymousDropBox = try VirtualPath(Array("/incoming".utf8))
    try await withClient(accounts, user: "anonymous") { client in
      #expect(try "\(client.store("STOR incoming/new", Array("new".utf8)))".hasPrefix("226"))
      for command in [
        "LIST incoming", "NLST incoming", "MLSD incoming", "RETR incoming/new", "SIZE incoming/new",
        "MLST incoming/old", "HASH incoming/new", "DELE incoming/new", "RNFR incoming/new", "MKD incoming/d",
        "APPE incoming/old", "SITE COPY incoming/old copy", "STOR other",
        "SITE SYMLINK /readme incoming/link",
      ] {
        #expect(try client.command(command).code == 550, "\(command)")
      }
      // What is there is not replaced; nothing tells more of it.
      _ = try client.command("EPSV", expecting: 229)
      _ = try client.command("STOR incoming/old", expecting: 553)
      #expect(try client.retrieve("RETR readme") == [0x78])
      _ = try client.command("CWD incoming", expecting: 250)
      #expect(try "\(client.store("STOR third", [1]))".hasPrefix("226"))
      // Whoever comes next is called anonymous, too, and finds nothing to go on with.
      let data = try client.extendedPassive()
      _ = try client.command("STOR broken", expecting: 150)
      try data.send([UInt8](repeating: 0x78, count: 5000))
      #expect(try Deadline.after(.seconds(60)).until { try "\(client.command("STAT"))".contains(" 5000 bytes") })
      data.reset()
      try client.expect(426)
      #expect(try client.command("SITE PARTIAL broken").code == 550)
    }
    #expect(try home.read("incoming/new") == Array("new".utf8))
    #expect(try home.read("incoming/old") == Array("old".utf8))
    #expect(try home.names(in: "incoming").sorted() == ["new", "old", "third"])
  }

  @Test func anExplanationNamesTheRule() throws {
    let home = try TemporaryDirectory()
    try home.makeDirectory("in")
    symlink("in", home.path + "/link")
    let accounts = try Self.bob(home, ["permissions": "/in=list+write;/=ro"])
    func ask(_ verb: String, _ path: String) -> AccessExplanation {
      accounts.explain(AccessQuestion(user: Array("bob".utf8), verb: verb, path: Array(path.utf8))) { _ in
        "users, line 3"
      }
    }
    #expect(ask("STOR", "/in/a").isAllowed)
    let refused = ask("RETR", "/link/a")
    #expect(!refused.isAllowed)
    #expect(refused.lines.contains { $0.contains("/link/a to /in/a") })
    #expect(refused.lines.contains { $0.contains("RETR needs read at /in/a: rule 1 of permissions, /in=list+write") })
    #expect(refused.changes.contains { $0.contains("rule 1") })
    #expect(refused.lines.first == "The user stands in users, line 3.")
    #expect(!ask("FROB", "/").isAllowed && !ask("RETR", "/../..").lines.isEmpty)
    #expect(!accounts.explain(AccessQuestion(user: [1], verb: "LIST", path: [0x2F])) { _ in "" }.isAllowed)
  }
}
