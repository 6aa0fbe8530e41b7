// Tests of netrc: its words, its defaults, its macros, and that random text traps nothing.

import TestSupport
import Testing

@testable import weftp

@Suite struct NetrcTests {
  @Test func machinesAndTheDefault() {
    let netrc = Netrc(
      """
      # a comment
      machine Ftp.Example.org login alice password "p w\\"d" account a1
      machine ftp.example.org
        login bob
        password secret
      macdef init
      machine evil login x password y

      default login anonymous password me@
      """)
    #expect(netrc.login(host: "ftp.example.org", user: nil)?.user == "alice")
    #expect(netrc.login(host: "ftp.example.org", user: nil)?.password == "p w\"d")
    #expect(netrc.login(host: "FTP.example.org", user: "bob")?.password == "secret")
    #expect(netrc.login(host: "ftp.example.org", user: "carol") == nil)
    #expect(netrc.login(host: "evil", user: nil)?.user == "anonymous")
    #expect(netrc.login(host: "other", user: nil)?.password == "me@")
  }

  @Test func randomTextTrapsNothing() {
    var random = SplitMix(state: 3)
    let words = ["machine", "login", "password", "account", "default", "macdef", "\"", "\\", "\n", "#", " ", "x"]
    for _ in 0..<5000 {
      let text = (0..<12).map { _ in words[Int(random.next() % UInt64(words.count))] }
        .joined(separator: random.next() % 2 == 0 ? " " : "")
      _ = Netrc(text).login(host: "x", user: nil)
    }
  }
}
