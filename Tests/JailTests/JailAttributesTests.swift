// Tests of permissions, times, links and room in a jail.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Jail

@Suite struct JailAttributesTests {
  let files: JailDirectory
  let jail: Jail

  init() throws {
    files = try JailDirectory()
    jail = files.jail
  }

  @Test func allChangesOrNone() throws {
    try files.write("root/f", "x")
    let time = FileTime(seconds: 1_700_000_000, nanoseconds: 5)
    try jail.change(path("/f"), FileChanges(permissions: 0o600, modified: time))
    let status = try jail.status(of: path("/f"))
    #expect(status.permissions == 0o600)
    #expect(status.modified == 1_700_000_000 && status.modifiedNanoseconds == 5)
    // A time that no file system takes: the permissions set before are set back.
    let wrong = FileTime(seconds: 1, nanoseconds: 1_000_000_000)
    #expect(failure { try jail.change(path("/f"), FileChanges(permissions: 0o777, modified: wrong)) } == EINVAL)
    #expect(try jail.status(of: path("/f")).permissions == 0o600)
  }

  @Test func nothingOutsideIsChangedThroughALink() throws {
    files.link("root/l", to: "../outside/secret")
    files.link("root/abs", to: "\(files.path)/outside/secret")
    let before = try files.outside()
    for name in ["/l", "/abs"] {
      #expect(failure { try jail.change(path(name), FileChanges(permissions: 0o777, group: 0)) } == ENOENT)
      #expect(
        failure { try jail.setTimes(path(name), accessed: 1, modified: FileTime(seconds: 1)) } == ENOENT)
    }
    #expect(try files.outside() == before)
  }

  @Test func linksKeepTheirText() throws {
    for text in ["f", "../../../etc/passwd", "/abs", "a b;c", "\u{1}"] {
      try jail.makeSymbolicLink(path("/l"), target: Array(text.utf8))
      #expect(try jail.linkTarget(of: path("/l")) == Array(text.utf8))
      try jail.removeFile(path("/l"))
    }
    try files.write("root/f")
    #expect(failure { try jail.makeSymbolicLink(path("/f"), target: [0x61]) } == EEXIST)
    #expect(failure { _ = try jail.linkTarget(of: path("/f")) } != nil)
  }

  @Test func tellsWhenAFileWasMade() throws {
    let before = WallClock.seconds - 2
    try files.write("root/f")
    try jail.setModificationTime(path("/f"), seconds: 1, nanoseconds: 0)
    do throws(SystemError) {
      #expect(try jail.birthTime(of: path("/f")).seconds >= before)
    } catch {
      #expect(error.code == ENODATA)
    }
  }

  @Test func permissionsAndTimesAreSetOnWhatALinkLeadsTo() throws {
    try files.write("root/file")
    files.link("root/link", to: "file")
    try jail.setPermissions(path("/link"), 0o604)
    #expect(try jail.status(of: path("/file")).permissions == 0o604)
    try jail.setModificationTime(path("/link"), seconds: 1_000_000_000, nanoseconds: 5)
    let status = try jail.status(of: path("/file"))
    #expect(status.modified == 1_000_000_000)
    #expect(status.modifiedNanoseconds == 5)
    #expect(try jail.status(of: path("/link"), followingLink: false).modified != 1_000_000_000)
  }

  @Test func attributesOutsideStayAsTheyAre() throws {
    files.link("root/relative", to: "../outside/secret")
    files.link("root/absolute", to: "\(files.path)/outside/secret")
    let before = try files.outside()
    for name in ["/relative", "/absolute"] {
      #expect(failure { try jail.setPermissions(path(name), 0o777) } == ENOENT)
      #expect(failure { try jail.setModificationTime(path(name), seconds: 0, nanoseconds: 0) } == ENOENT)
    }
    #expect(try files.outside() == before)
  }

  @Test func accessAndRoom() throws {
    try files.write("root/file")
    files.link("root/link", to: "../outside/secret")
    #expect(jail.isAccessible(path("/file"), mode: R_OK | W_OK))
    #expect(!jail.isAccessible(path("/file"), mode: X_OK))
    #expect(jail.isAccessible(.root, mode: R_OK | W_OK | X_OK))
    #expect(!jail.isAccessible(path("/missing"), mode: F_OK))
    #expect(!jail.isAccessible(path("/link"), mode: F_OK))
    #expect(try jail.availableBytes(at: .root) > 0)
  }

  /// Whoever shut the root could not come back to open it.
  @Test func theRootStaysOpenToItsOwner() throws {
    files.directory("root/d")
    files.link("root/self", to: "/")
    for mode: UInt32 in [0, 0o077, 0o377, 0o400, 0o100] {
      for name in ["/", "/self", "/d/.."] {
        #expect(failure { try jail.setPermissions(path(name), mode) } == EBUSY, "\(name) \(mode)")
        #expect(failure { try jail.change(path(name), FileChanges(permissions: mode)) } == EBUSY)
      }
    }
    try jail.setPermissions(.root, 0o500)
    try jail.setPermissions(.root, 0o755)
    try jail.setPermissions(path("/d"), 0)
    #expect(try jail.status(of: path("/d")).permissions == 0)
  }
}
