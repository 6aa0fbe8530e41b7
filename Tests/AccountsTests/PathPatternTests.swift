// Patterns for paths and names: what is above, what is beneath, and what they cost.

import FTPProtocol
import Testing

@testable import Accounts

@Suite struct PathPatternTests {
  @Test(arguments: [
    ("/", "/", true), ("/", "/a/b", true), ("/in", "/in", true), ("/in", "/in/a", true), ("/in", "/inn", false),
    ("/in/", "/in/a", true), ("/in", "/", false), ("/a/b", "/a", false), ("/home/*/in", "/home/x/in/y", true),
    ("/home/*/in", "/home/in", false), ("/**/tmp", "/tmp", true), ("/**/tmp", "/a/b/tmp/c", true),
    ("/**/tmp", "/a/tmpx", false), ("/a/**/b/**/c", "/a/x/b/y/b/z/c", true), ("/a/**/b/**/c", "/a/x/c", false),
    ("*.exe", "/a.exe", true), ("*.exe", "/a.exe/b", true), ("*.exe", "/a/b.exe", true), ("*.exe", "/exe", false),
    (".*", "/.git/config", true), (".*", "/a.b", false), ("/*", "/.hidden", true), ("/*", "/", false),
  ])
  func matches(_ pattern: String, _ path: String, _ isMatch: Bool) throws {
    let pattern = try #require(PathPattern(pattern))
    #expect(pattern.matches(try VirtualPath(bytes(path))) == isMatch)
  }

  @Test func caseIsFoldedWhereItIsAskedFor() throws {
    let path = try VirtualPath(bytes("/A.EXE"))
    #expect(try #require(PathPattern("*.exe", foldsCase: true)).matches(path))
    #expect(try !#require(PathPattern("*.exe")).matches(path))
    #expect(PathPattern("*.exe", foldsCase: true) != PathPattern("*.exe"))
  }

  @Test(arguments: ["", "/a//b", "/a/./b", "/../a", "a/b"])
  func whatCannotBe(_ text: String) { #expect(PathPattern(text) == nil) }

  @Test func manyStarsCostLittle() throws {
    let pattern = try #require(PathPattern(String(repeating: "/**/a", count: 40) + "/b"))
    let path = try VirtualPath(bytes(String(repeating: "/a", count: 1000)))
    #expect(!pattern.matches(path))
  }
}
