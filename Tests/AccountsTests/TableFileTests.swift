// TableFile: what is refused, and what replacing a file leaves alone.

import Glibc
import TestSupport
import Testing

@testable import Accounts

@Suite struct TableFileTests {
  @Test func fifoDoesNotHang() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("fifo")
    #expect(mkfifo(path, 0o600) == 0)
    #expect(tableError { _ = try TableFile.read(path: path) }?.code == .unsafeFile)
  }

  @Test func sizeLimit() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("users", "12345")
    #expect(try TableFile.read(path: path, sizeLimit: 5).bytes.count == 5)
    #expect(tableError { _ = try TableFile.read(path: path, sizeLimit: 4) }?.code == .unsafeFile)
  }

  @Test func replacementKeepsModeAndLeavesNothingBehind() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("users", "old", mode: 0o640)
    try TableFile.withLock(path: path, creating: false) { _ in bytes("new") }
    let file = try TableFile.read(path: path)
    #expect(file.bytes == bytes("new"))
    #expect(file.mode == 0o640)
    #expect(try directory.names() == ["users"])
  }

  @Test func replacementIsANewFile() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("users", "old")
    let reader = open(path, O_RDONLY)
    defer { close(reader) }
    try TableFile.withLock(path: path, creating: false) { _ in bytes("new and longer") }
    #expect(try TableFile.read(reader, path: path).bytes == bytes("old"))
  }

  @Test func linksAreFollowed() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("users", "old")
    let link = try directory.file("link")
    #expect(symlink("users", link) == 0)
    try TableFile.withLock(path: link, creating: false) { _ in bytes("new") }
    #expect(try directory.content("users") == "new")
    var status = stat()
    #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(try TableFile.read(path: path).bytes == bytes("new"))
  }

  @Test func nothingToDoChangesNothing() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("users", "old")
    var before = stat()
    var after = stat()
    stat(path, &before)
    try TableFile.withLock(path: path, creating: false) { _ in nil }
    stat(path, &after)
    #expect(before.st_ino == after.st_ino)
    #expect(tableError { try TableFile.withLock(path: path + "x", creating: false) { _ in nil } }?.code == .missingFile)
  }
}
