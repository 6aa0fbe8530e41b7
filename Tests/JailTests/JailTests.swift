// Tests of what can be reached and done in a jail, and that links lead nowhere else.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import Jail

@Suite(.timeLimit(.minutes(5))) struct JailTests {
  let files: JailDirectory
  let jail: Jail

  init() throws {
    files = try JailDirectory()
    jail = files.jail
  }

  // MARK: links and dots

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

  // MARK: files

  @Test func readingGivesTheFileAndItsStatus() throws {
    try files.write("root/file", "hello")
    let file = try jail.openForReading(path("/file"))
    let (size, contents) = (file.status.size, try contents(of: file.descriptor))
    #expect(size == 5)
    #expect(contents == "hello")
    try file.close()
    #expect(failure { _ = try jail.openForReading(path("/missing")) } == ENOENT)
    #expect(failure { _ = try jail.openForReading(path("/file/x")) } == ENOTDIR)
    #expect(failure { _ = try jail.openForReading(.root) } == EISDIR)
  }

  @Test func writingMakesKeepsOrEmptiesAFile() throws {
    func write(_ text: String, truncating: Bool, exclusive: Bool = false) throws -> UInt64 {
      let file = try jail.openForWriting(path("/file"), truncating: truncating, exclusive: exclusive, mode: 0o640)
      let (number, size) = (file.descriptor.number, file.status.size)
      try put(text, into: number)
      return size
    }
    #expect(try write("hello", truncating: false, exclusive: true) == 0)
    #expect(try jail.status(of: path("/file")).permissions & 0o700 == 0o600)
    #expect(try write("HE", truncating: false) == 5)
    #expect(files.text("root/file") == "HEllo")
    #expect(try write("x", truncating: true) == 0)
    #expect(files.text("root/file") == "x")
    #expect(failure { _ = try write("y", truncating: true, exclusive: true) } == EEXIST)
    #expect(files.text("root/file") == "x")
  }

  @Test func writingNeedsADirectoryToWriteIn() throws {
    try files.write("root/file")
    files.directory("root/d")
    for (name, code) in [("/missing/f", ENOENT), ("/file/f", ENOTDIR), ("/d", EISDIR), ("/", EISDIR)] {
      #expect(failure { _ = try jail.openForWriting(path(name), truncating: true) } == code, "\(name)")
      #expect(failure { try jail.requireWritableKind(path(name)) } == code, "\(name)")
    }
    #expect(failure { try jail.requireWritableKind(path("/d/new")) } == nil)
    #expect(failure { try jail.requireWritableKind(path("/file")) } == nil)
    #expect(!files.exists("root/d/new"))
  }

  @Test func writingThroughALinkStaysInTheJail() throws {
    files.link("root/new", to: "\(files.path)/outside/new")
    files.link("root/secret", to: "../outside/secret")
    let before = try files.outside()
    #expect(failure { _ = try jail.openForWriting(path("/new"), truncating: true) } == ENOENT)
    #expect(failure { _ = try jail.openForWriting(path("/secret"), truncating: true) } == ENOENT)
    #expect(try files.outside() == before)
    files.directory("root/outside")
    _ = try jail.openForWriting(path("/secret"), truncating: true)
    #expect(files.exists("root/outside/secret"))
    #expect(try files.outside() == before)
  }

  @Test func whatIsNoFileIsNeverOpened() throws {
    #expect(mkfifo("\(files.path)/root/fifo", 0o666) == 0)
    #expect(mknod("\(files.path)/root/socket", S_IFSOCK | 0o666, 0) == 0)
    files.link("root/link", to: "fifo")
    for name in ["/fifo", "/socket", "/link"] {
      #expect(failure { _ = try jail.openForReading(path(name)) } == ENXIO, "\(name)")
      #expect(failure { _ = try jail.openForWriting(path(name), truncating: true) } == ENXIO, "\(name)")
      #expect(failure { _ = try jail.openForWriting(path(name), truncating: false) } == ENXIO, "\(name)")
      #expect(failure { try jail.requireWritableKind(path(name)) } == ENXIO, "\(name)")
    }
    let devices = try Jail(root: "/dev")
    for name in ["/null", "/zero", "/full", "/tty"] {
      #expect(failure { _ = try devices.openForReading(path(name)) } == ENXIO, "\(name)")
      #expect(failure { _ = try devices.openForWriting(path(name), truncating: true) } == ENXIO, "\(name)")
    }
  }

  @Test func removingALinkLeavesItsTarget() throws {
    try files.write("root/file", "kept")
    files.directory("root/d")
    for (link, target) in [("l1", "file"), ("l2", "d"), ("l3", "../outside/secret"), ("l4", "missing")] {
      files.link("root/\(link)", to: target)
      try jail.removeFile(path("/\(link)"))
      #expect(failure { _ = try jail.status(of: path("/\(link)"), followingLink: false) } == ENOENT)
    }
    #expect(files.text("root/file") == "kept")
    #expect(files.exists("root/d"))
    #expect(files.text("outside/secret") == "secret")
    files.link("root/l5", to: "d")
    #expect(failure { try jail.removeDirectory(path("/l5")) } == ENOTDIR)
    #expect(failure { try jail.removeFile(path("/d")) } == EISDIR)
    #expect(failure { try jail.removeDirectory(path("/file")) } == ENOTDIR)
  }

  // MARK: directories and names

  @Test func directoriesAreMadeListedAndRemoved() throws {
    try jail.makeDirectory(path("/d"), mode: 0o700)
    try jail.makeDirectory(path("/d/e"))
    #expect(try jail.status(of: path("/d")).permissions == 0o700)
    #expect(failure { try jail.makeDirectory(path("/d")) } == EEXIST)
    #expect(try names(jail.openDirectory(path("/d"))) == [[0x65]])
    #expect(failure { try jail.removeDirectory(path("/d")) } == ENOTEMPTY)
    try jail.removeDirectory(path("/d/e"))
    try jail.removeDirectory(path("/d"))
    #expect(failure { _ = try jail.openDirectory(path("/d")) } == ENOENT)
  }

  @Test func theRootCannotBeChangedByName() throws {
    try files.write("root/file")
    #expect(failure { try jail.rename(.root, to: path("/x")) } == EBUSY)
    #expect(failure { try jail.rename(path("/file"), to: .root) } == EBUSY)
    #expect(failure { try jail.removeDirectory(.root) } == EBUSY)
    #expect(failure { try jail.removeFile(.root) } == EBUSY)
    #expect(failure { try jail.makeDirectory(.root) } == EBUSY)
    #expect(files.exists("root/file"))
  }

  @Test func renaming() throws {
    try files.write("root/file", "1")
    try files.write("root/other", "2")
    files.directory("root/d")
    files.directory("root/d/e")
    try jail.rename(path("/file"), to: path("/d/moved"))
    #expect(files.text("root/d/moved") == "1")
    try jail.rename(path("/d/moved"), to: path("/other"))
    #expect(files.text("root/other") == "1")
    #expect(failure { try jail.rename(path("/d"), to: path("/d/e/f")) } == EINVAL)
    #expect(failure { try jail.rename(path("/missing"), to: path("/x")) } == ENOENT)
    #expect(failure { try jail.rename(path("/other"), to: path("/missing/x")) } == ENOENT)
    #expect(failure { try jail.rename(path("/other"), to: path("/d")) } == EISDIR)
    files.link("root/link", to: "../outside/secret")
    // The link is renamed and replaced, not what it leads to.
    try jail.rename(path("/link"), to: path("/d/link"))
    try jail.rename(path("/other"), to: path("/d/link"))
    #expect(files.text("root/d/link") == "1")
    #expect(files.text("outside/secret") == "secret")
  }

  @Test func namesAreBytes() throws {
    let odd: [[UInt8]] = [
      Array("grüße 日本".utf8), Array("e\u{301}".utf8), Array("é".utf8), [0xFF], [0xFF, 0xFE, 0x80], [0x0A],
      [0x0D, 0x0A],
      [0x20], Array("-rf *".utf8), [0x1B, 0x5B, 0x32, 0x4A], Array("a\\b".utf8), Array("...".utf8), [0x7F],
      [0xC0, 0xAF],
    ]
    for name in odd { try jail.makeDirectory(path([0x2F] + name)) }
    #expect(Set(try names(jail.openDirectory(.root))) == Set(odd))
    for name in odd {
      #expect(try jail.status(of: path([0x2F] + name)).isDirectory)
      try jail.rename(path([0x2F] + name), to: path(Array("/moved".utf8)))
      try jail.rename(path(Array("/moved".utf8)), to: path([0x2F] + name))
      try jail.removeDirectory(path([0x2F] + name))
    }
    #expect(try names(jail.openDirectory(.root)).isEmpty)
  }

  @Test func directoriesAreMadeDownToTheLongestPath() throws {
    var current = VirtualPath.root
    let name = [UInt8](repeating: 0x6E, count: 255)
    var depth = 0
    while let next = try? current.resolving(name) {
      try jail.makeDirectory(next)
      current = next
      depth += 1
    }
    #expect(depth == 15)
    let rest = [UInt8](repeating: 0x72, count: VirtualPath.pathLimit - current.bytes.count - 1)
    let last = try current.resolving(rest)
    #expect(last.bytes.count == VirtualPath.pathLimit)
    try jail.makeDirectory(last)
    #expect(try jail.status(of: last).isDirectory)
    try jail.rename(last, to: try current.resolving([0x61]))
    try jail.removeDirectory(try current.resolving([0x61]))
    #expect(throws: PathError.tooLong) { try last.resolving([0x61]) }
  }

  @Test func aNameTooLongForTheFileSystemIsAnError() {
    #expect(throws: PathError.tooLong) { try VirtualPath([UInt8](repeating: 0x6E, count: 256)) }
  }

  // MARK: attributes

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
}

/// O_PATH, which Swift's Glibc module does not import.
let pathOnly: Int32 = 0o10_000_000
