// Tests of URLs: every part, what is refused, and that random text never traps.

import FTPClient
import TestSupport
import Testing

@Suite struct ServerURLTests {
  @Test func everyPart() throws {
    let url = try #require(ServerURL("FTPES://al%40ice:p%3Aw@[2001:db8::1]:2121/dir/a%20b;type=i"))
    #expect(url.scheme == .ftpes)
    #expect(url.user == Array("al@ice".utf8))
    #expect(url.password == Array("p:w".utf8))
    #expect(url.host == "2001:db8::1")
    #expect(url.port == 2121)
    #expect(url.path == "dir/a b")
    #expect(url.type == "i")
    #expect("\(url)" == "ftpes://al%40ice@[2001:db8::1]:2121/dir/a%20b")
  }

  @Test func thePathIsBeneathTheLoginUnlessItBeginsTwice() throws {
    #expect(try #require(ServerURL("ftp://h/a")).path == "a")
    #expect(try #require(ServerURL("ftp://h//a")).path == "/a")
    #expect(try #require(ServerURL("ftp://h/%2Fa")).path == "/a")
    #expect(try #require(ServerURL("ftp://h")).path == "")
    #expect(try #require(ServerURL("ftp://h/%FF")).path == RemotePath([0xFF]))
  }

  @Test func ports() throws {
    #expect(try #require(ServerURL("ftp://h")).effectivePort == 21)
    #expect(try #require(ServerURL("ftps://h")).effectivePort == 990)
    #expect(try #require(ServerURL("ftps://h:1")).effectivePort == 1)
  }

  @Test(arguments: [
    "", "h/a", "http://h/", "ftp://", "ftp:///a", "ftp://h:0/", "ftp://h:65536/", "ftp://h:x/", "ftp://[::1",
    "ftp://h/%",
    "ftp://h/%4", "ftp://h/%zz", "ftp://h/a%0D%0ADELE%20b", "ftp://u%0a@h/", "ftp://u:%00@h/", "ftp://h/a;type=x",
    "ftp://h\r\n/",
  ])
  func refused(_ text: String) { #expect(ServerURL(text) == nil) }

  @Test func randomTextTrapsNothing() {
    var random = SplitMix(state: 15)
    let alphabet = Array("ftpes://:@[]%2F;type=a\u{0}\r\nü💥".unicodeScalars)
    for _ in 0..<20_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<(random.next() % 24) { text.append(alphabet[Int(random.next() % UInt64(alphabet.count))]) }
      if let url = ServerURL("ftp://" + String(text)) { #expect(!url.path.bytes.contains(0x0A)) }
    }
  }
}
