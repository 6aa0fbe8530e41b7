// Tests that `perm` in listings, what commands are answered, and what weftpd explain says agree about names that have to stay.

import Accounts
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.onThreads, .timeLimit(.minutes(5))) struct ExplanationTests {
  private static func bob(_ home: TemporaryDirectory, _ options: [String: String]) throws -> AccountSource {
    AccountSource(
      single: UserEntry(
        name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readAndWrite,
        options: try AccountOptions(options)))
  }

  private static func ask(_ accounts: AccountSource, _ command: String) -> AccessExplanation {
    let words = command.split(separator: " ").map(String.init)
    return accounts.explain(AccessQuestion(user: Array("bob".utf8), words: words)) { _ in "users, line 3" }
  }

  /// The fact `perm` of each entry in a directory.
  private static func permissions(_ client: FTPClient, _ path: String) throws -> [String: String] {
    let data = try client.extendedPassive()
    _ = try client.command("MLSD \(path)", expecting: 150)
    let text = latin1(try data.readToEnd())
    try client.expect(226)
    var found: [String: String] = [:]
    for line in text.split(separator: "\r\n") {
      let facts = line.split(separator: " ", maxSplits: 1)
      let perm = facts[0].split(separator: ";").first { $0.hasPrefix("perm=") }
      found[String(facts[1])] = perm.map { String($0.dropFirst(5)) }
    }
    return found
  }

  @Test func namesThatHaveToStay() async throws {
    let home = try TemporaryDirectory()
    let other = try TemporaryDirectory()
    for name in ["pub", "pub/tmp", "plain", "deep", "deep/ro"] { try home.makeDirectory(name) }
    symlink("pub", home.path + "/link")
    let accounts = try Self.bob(
      home, ["permissions": "/pub/tmp=none;/link=list;/deep/ro=ro", "directories": "ext=\(other.path)"])
    try await withServer(accounts) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("bob", "secret")
      let shown = try Self.permissions(client, "/")
      for (path, mayMove) in [("/ext", false), ("/pub", false), ("/plain", true)] {
        #expect(shown[String(path.dropFirst())]?.contains("f") == mayMove, "MLSD: \(shown)")
        let line = "\(try client.command("MLST \(path)", expecting: 250))"
        let facts = line.split(separator: ";").first { $0.hasPrefix("perm=") } ?? ""
        #expect(facts.dropFirst(5).contains("f") == mayMove, "MLST: \(line)")
        #expect(try client.command("RNFR \(path)").code == (mayMove ? 350 : 550), "RNFR \(path)")
        let answer = Self.ask(accounts, "RNFR \(path)")
        #expect(answer.isAllowed == mayMove && answer.changes.isEmpty == mayMove, "\(answer)")
      }
      #expect(shown["ext"]?.contains("d") == false && shown["plain"]?.contains("d") == true)
      for path in ["/ext", "/"] {
        #expect(try client.command("RMD \(path)").code == 550)
        #expect(try client.command("RNFR \(path)").code == 550)
        #expect(!Self.ask(accounts, "RMD \(path)").isAllowed && !Self.ask(accounts, "RNFR \(path)").isAllowed)
      }
      // The directory above has its own rights, and so have entries behind a link: what is sent counts as well.
      let low = try Self.permissions(client, "/deep/ro")
      #expect(try low[".."] == Self.permissions(client, "/deep")["."] && low["."] == "el", "\(low)")
      #expect(try Self.permissions(client, "/link")["."] == "el")
      #expect(try Self.permissions(client, "/link")["tmp"] == "e")
      _ = try client.command("CWD /pub/tmp", expecting: 250)
      #expect(Self.ask(accounts, "CWD /pub/tmp").lines.contains { $0.contains("needs only that") })
      try client.quit()
    }
  }

  @Test func commandsAsTheyAreSent() throws {
    let home = try TemporaryDirectory()
    for name in ["in", "out"] { try home.makeDirectory(name) }
    try home.write("in/a", "a")
    let accounts = try Self.bob(home, ["permissions": "/in=list+write;/out=ro"])
    #expect(Self.ask(accounts, "SITE CHMOD 600 /a").isAllowed)
    #expect(!Self.ask(accounts, "site chmod 600 /out/a").isAllowed)
    #expect(Self.ask(accounts, "MFMT 20200101000000 /a").isAllowed)
    #expect(!Self.ask(accounts, "MFMT 20200101000000 /in/a").isAllowed)
    // Of a copy both ends are asked about, and of COMB all parts.
    #expect(Self.ask(accounts, "SITE COPY /b /in/b").isAllowed)
    #expect(Self.ask(accounts, "SITE COPY /in/a /b").lines.contains { $0.contains("SITE COPY needs read at /in/a") })
    #expect(Self.ask(accounts, "SITE COPY /b /out/b").lines.contains { $0.contains("needs write at /out/b") })
    #expect(Self.ask(accounts, "COMB /whole /b /c").isAllowed)
    #expect(!Self.ask(accounts, "COMB /whole /b /in/a").isAllowed)
    #expect(!Self.ask(accounts, "COMB /out/whole /b /c").isAllowed)
  }
}
