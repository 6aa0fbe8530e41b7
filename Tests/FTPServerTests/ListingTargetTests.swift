// Tests of ListingTarget: what goes in front of the names of NLST, as a name and as a pattern.

import FTPProtocol
import Testing
import UnitSupport

@testable import FTPServer

@Suite struct ListingTargetTests {
  private func target(_ argument: String, in directory: String = "/") throws -> ListingTarget {
    let path = try VirtualPath.root.resolving(Array(directory.utf8)).resolving(Array(argument.utf8))
    return ListingTarget(argument: Array(argument.utf8), path: path)
  }

  @Test(arguments: [
    ("", ""), (".", ""), ("./", ""), ("/", "/"), ("a", "a/"), ("a/", "a/"), ("./a", "./a/"), ("/a/b", "/a/b/"),
    ("br[x]", "br[x]/"), ("..", "../"), ("d*x/", "d*x/"),
  ])
  func aDirectorysNamesBeginWithTheArgument(_ argument: String, _ prefix: String) throws {
    #expect(try target(argument).prefix == Array(prefix.utf8))
  }

  @Test(arguments: [
    ("a*", ""), ("./a*", "./"), ("/a*", "/"), ("b[x]/a*", "b[x]/"), ("a*/", ""), ("s/a*//", "s/"),
    // The text ends in another component than the path: the names are told from the root.
    ("a*/.", "/sub/"), ("s/a*/b/..", "/sub/s/"),
  ])
  func matchesBeginWithWhatStandsBeforeThePattern(_ argument: String, _ prefix: String) throws {
    let target = try target(argument, in: "/sub")
    #expect(target.pattern != nil)
    #expect(target.patternPrefix == Array(prefix.utf8))
  }

  @Test func withoutWildcardsThereIsNoPattern() throws {
    #expect(try target("a*/b").pattern == nil)
    #expect(try target("").pattern == nil)
  }
}
