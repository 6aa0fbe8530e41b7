import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import Jail

@Suite struct JailAttributesTests {
  @Test func allChangesOrNone() throws {
    let files = try JailDirectory()
    try files.write("root/f", "x")
    let time = FileTime(seconds: 1_700_000_000, nanoseconds: 5)
    try files.jail.change(path("/f"), FileChanges(permissions: 0o600, modified: time))
    let status = try files.jail.status(of: path("/f"))
    #expect(status.permissions == 0o600)
    #expect(status.modified == 1_700_000_000 && status.modifiedNanoseconds == 5)
    // A time that no file system takes: the permissions set before are set back.
    let wrong = FileTime(seconds: 1, nanoseconds: 1_000_000_000)
    #expect(failure { try files.jail.change(path("/f"), FileChanges(permissions: 0o777, modified: wrong)) } == EINVAL)
    #expect(try files.jail.status(of: path("/f")).permissions == 0o600)
  }

  @Test func nothingOutsideIsChangedThroughALink() throws {
    let files = try JailDirectory()
    files.link("root/l", to: "../outside/secret")
    files.link("root/abs", to: "\(files.path)/outside/secret")
    let before = try files.outside()
    for name in ["/l", "/abs"] {
      #expect(failure { try files.jail.change(path(name), FileChanges(permissions: 0o777, group: 0)) } == ENOENT)
      #expect(
        failure { try files.jail.setTimes(path(name), accessed: 1, modified: FileTime(seconds: 1)) } == ENOENT)
    }
    #expect(try files.outside() == before)
  }

  @Test func linksKeepTheirText() throws {
    let files = try JailDirectory()
    for text in ["f", "../../../etc/passwd", "/abs", "a b;c", "\u{1}"] {
      try files.jail.makeSymbolicLink(path("/l"), target: Array(text.utf8))
      #expect(try files.jail.linkTarget(of: path("/l")) == Array(text.utf8))
      try files.jail.removeFile(path("/l"))
    }
    try files.write("root/f")
    #expect(failure { try files.jail.makeSymbolicLink(path("/f"), target: [0x61]) } == EEXIST)
    #expect(failure { _ = try files.jail.linkTarget(of: path("/f")) } != nil)
  }

  @Test func tellsWhenAFileWasMade() throws {
    let files = try JailDirectory()
    let before = WallClock.seconds - 2
    try files.write("root/f")
    try files.jail.setModificationTime(path("/f"), seconds: 1, nanoseconds: 0)
    do throws(SystemError) {
      #expect(try files.jail.birthTime(of: path("/f")).seconds >= before)
    } catch {
      #expect(error.code == ENODATA)
    }
  }
}
