// Tests that links and dots lead nowhere but into the jail.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Jail

@Suite(.timeLimit(.minutes(5))) struct JailLinksTests {
  let files: JailDirectory
  let jail: Jail

  init() throws {
    files = try JailDirectory()
    jail = files.jail
  }

  @Test func theRootOfAJailHasToBeADirectory() throws {
    #expect(failure { _ = try Jail(root: "/dev/null") } == ENOTDIR)
    #expect(failure { _ = try Jail(root: "\(files.path)/missing") } == ENOENT)
  }

  @Test(arguments: [
    "..", "../..", "../../../../../../../..", "/", "/..", "../outside", "../../outside", "/outside", "./..",
  ])
  func linksOutOfTheJailStayInIt(_ target: String) throws {
    files.link("root/link", to: target)
    for name in ["/link/secret", "/link/outside/secret"] {
      #expect(failure { _ = try jail.open(path(name), flags: O_RDONLY) } == ENOENT, "\(target)")
      #expect(failure { _ = try jail.status(of: path(name)) } == ENOENT, "\(target)")
    }
    #expect(try files.outside() == files.outside())
  }

  @Test func anAbsoluteLinkStartsAtTheRootOfTheJail() throws {
    files.link("root/link", to: "\(files.path)/outside/secret")
    #expect(failure { _ = try jail.openForReading(path("/link")) } == ENOENT)
    files.directory("root/etc")
    try files.write("root/etc/passwd", "mine")
    files.link("root/passwd", to: "/etc/passwd")
    let open = try jail.openForReading(path("/passwd"))
    let contents = try contents(of: open.descriptor)
    #expect(contents == "mine")
  }

  @Test func dotsAboveTheRootAreTheRoot() throws {
    try files.write("root/file", "mine")
    files.directory("root/a")
    files.link("root/a/up", to: "../../../../file")
    let contents = try contents(of: try jail.openForReading(path("/a/up")).descriptor)
    #expect(contents == "mine")
    #expect(try jail.status(of: path("/..")).inode == (try jail.status(of: .root)).inode)
  }

  @Test func linksWithinTheJailAreFollowed() throws {
    files.directory("root/real")
    try files.write("root/real/file", "mine")
    files.link("root/link", to: "real")
    files.link("root/chain", to: "link/../link/./file")
    let contents = try contents(of: try jail.openForReading(path("/chain")).descriptor)
    #expect(contents == "mine")
    #expect(try names(jail.openDirectory(path("/link"))) == [Array("file".utf8)])
  }

  @Test func loopsOfLinksEnd() {
    files.link("root/one", to: "other")
    files.link("root/other", to: "one")
    #expect(failure { _ = try jail.open(path("/one"), flags: O_RDONLY) } == ELOOP)
    #expect(failure { try jail.makeDirectory(path("/one/d")) } == ELOOP)
  }

  @Test(arguments: ["/self/root", "/self/root/etc", "/self/cwd", "/self/fd/0", "/thread-self/root", "/self/exe"])
  func magicLinksAreNotFollowed(_ name: String) throws {
    let jail = try Jail(root: "/proc")
    #expect(failure { _ = try jail.open(path(name), flags: pathOnly) } == ELOOP)
    #expect(failure { _ = try jail.openForReading(path(name)) } == ELOOP)
  }

  @Test func aLinkIntoProcIsJustALink() {
    for (index, target) in ["/proc/self/root", "/proc/self/cwd", "/proc/1/root", "/dev/fd/0"].enumerated() {
      files.link("root/link\(index)", to: target)
      #expect(failure { _ = try jail.open(path("/link\(index)"), flags: pathOnly) } == ENOENT)
      #expect(failure { _ = try jail.status(of: path("/link\(index)/etc")) } == ENOENT)
    }
  }

  @Test func theStatusOfALinkItself() throws {
    files.link("root/link", to: "missing")
    #expect(try jail.status(of: path("/link"), followingLink: false).isSymbolicLink)
    #expect(failure { _ = try jail.status(of: path("/link")) } == ENOENT)
    // Only the last component is taken as it is.
    files.link("root/other", to: "../outside")
    #expect(failure { _ = try jail.status(of: path("/other/secret"), followingLink: false) } == ENOENT)
  }
}
