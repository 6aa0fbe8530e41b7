// Tests of where the bytes of a file are.

import Glibc
import Testing
import UnitSupport

@testable import LinuxSystem

@Suite(.timeLimit(.minutes(1))) struct FileContentsTests {
  let directory: OpenDirectory

  init() throws { directory = try OpenDirectory() }

  @Test func bytesAreFoundAndHolesAreNot() throws {
    let file = try directory.file("f", [1, 2, 3])
    #expect(try File.data(in: file.number, from: 1) == 1..<3)
    #expect(try File.data(in: file.number, from: 3) == nil)
    try File.truncate(file.number, to: 1 << 20)
    #expect(try File.data(in: file.number, from: 1 << 19) == nil)
  }

  @Test func aFileThatCannotBeAskedIsNotEmpty() throws {
    #expect(failure { _ = try File.data(in: -1, from: 0) } == EBADF)
    let pipe = try Pipe()
    #expect(failure { _ = try File.data(in: pipe.readNumber, from: 0) } == ESPIPE)
  }
}
