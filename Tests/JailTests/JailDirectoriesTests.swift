// Tests of directories and names in a jail: made, listed, renamed, removed, whatever bytes they are.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Jail

@Suite(.timeLimit(.minutes(5))) struct JailDirectoriesTests {
  let files: JailDirectory
  let jail: Jail

  init() throws {
    files = try JailDirectory()
    jail = files.jail
  }

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
}
