// Tests of paths as bytes: names, parents, and what is shown of them.

import FTPClient
import Testing

@Suite struct RemotePathTests {
  @Test(arguments: [
    ("a", "a", ""), ("/a", "a", "/"), ("/a/b", "b", "/a"), ("a/b/", "b", "a"), ("//a//b//", "b", "//a"), ("/", "", ""),
    ("", "", ""),
  ])
  func namesAndParents(_ path: String, _ name: String, _ parent: String) {
    #expect(RemotePath(path).name == Array(name.utf8))
    #expect(RemotePath(path).parent == RemotePath(parent))
  }

  @Test func names() {
    #expect(RemotePath("a").appending(Array("b".utf8)) == "a/b")
    #expect(RemotePath("/").appending(Array("b".utf8)) == "/b")
    #expect(RemotePath("").appending(Array("b".utf8)) == "b")
    #expect(RemotePath("a").appending(Array("/b".utf8)) == "/b")
  }

  @Test func aTerminalIsNotObeyed() {
    #expect("\(RemotePath([0x1B, 0x5B, 0x41, 0x0A, 0xC2, 0x9B, 0x61]))" == "?[A??a")
    #expect("\(RemotePath([0xFF]))" == "\u{FFFD}")
  }
}
