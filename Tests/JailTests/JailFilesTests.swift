// Tests of reading, writing and removing files in a jail.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Jail

@Suite(.timeLimit(.minutes(5))) struct JailFilesTests {
  let files: JailDirectory
  let jail: Jail

  init() throws {
    files = try JailDirectory()
    jail = files.jail
  }

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
}
