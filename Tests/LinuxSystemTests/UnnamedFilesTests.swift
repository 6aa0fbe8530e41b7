// Tests of files without a name, and of the lock that an open file has.

import Glibc
import Testing
import UnitSupport

@testable import LinuxSystem

@Suite(.timeLimit(.minutes(1))) struct UnnamedFilesTests {
  let directory: OpenDirectory

  init() throws { directory = try OpenDirectory() }

  @Test func hasNoNameUntilItIsGivenOne() throws {
    guard let made = try File.makeUnnamed(in: directory.number, mode: 0o600) else {
      Issue.record("the file system of \(directory.path) has no files without a name")
      return
    }
    let file = Held(made)
    try write(file.number, [1, 2, 3])
    #expect(try namesOfDirectory(directory.number).isEmpty)
    #expect(try File.status(file.number).links == 0)
    try File.link(file.number, in: directory.number, name: "f")
    #expect(try File.status(in: directory.number, name: "f").inode == File.status(file.number).inode)
    #expect(failure { try File.link(file.number, in: directory.number, name: "f") } == EEXIST)
    try File.link(file.number, in: directory.number, name: "g")
    #expect(try File.status(file.number).links == 2)
  }

  @Test func aFileThatLostItsLastNameGetsNone() throws {
    let file = try directory.file("f", [1])
    try File.remove(in: directory.number, name: "f")
    #expect(failure { try File.link(file.number, in: directory.number, name: "g") } == ENOENT)
  }

  @Test func aDirectoryThatIsNoneIsAnError() throws {
    let file = try directory.file("f")
    #expect(failure { if let made = try File.makeUnnamed(in: file.number, mode: 0o600) { _ = Held(made) } } == ENOTDIR)
  }

  @Test func oneHasTheLockUntilItCloses() throws {
    do {
      let file = try directory.file("f")
      #expect(try File.lock(file.number))
      #expect(try File.lock(file.number))
      let other = Held(try File.open("\(directory.path)/f", flags: O_RDWR))
      #expect(try !File.lock(other.number))
    }
    let later = Held(try File.open("\(directory.path)/f", flags: O_RDWR))
    #expect(try File.lock(later.number))
  }

  @Test func flushingLeavesAFileOpen() throws {
    let file = try directory.file("f", [1])
    try File.flush(file.number)
    try write(file.number, [2], at: 1)
    #expect(try contents(file.number) == [1, 2])
    #expect(failure { try File.flush(-1) } == EBADF)
  }
}
