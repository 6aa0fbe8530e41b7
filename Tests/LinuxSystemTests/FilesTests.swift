// Tests of the file calls on a directory of the test's own.

import Glibc
import Testing
import UnitSupport

@testable import LinuxSystem

@Suite(.timeLimit(.minutes(5))) struct FilesTests {
  let directory: OpenDirectory

  init() throws { directory = try OpenDirectory() }

  @Test func writesAndReadsAtAnOffset() throws {
    let file = try directory.file("f", [1, 2, 3, 4])
    try write(file.number, [9], at: 6)
    #expect(try contents(file.number) == [1, 2, 3, 4, 0, 0, 9])
    #expect(try contents(file.number, count: 2, at: 1) == [2, 3])
    #expect(try contents(file.number, at: 7) == [])
    #expect(try contents(file.number, at: 1 << 40) == [])
    try write(file.number, [])
    #expect(try File.status(file.number).size == 7)
  }

  @Test func writingToAFullDeviceFails() throws {
    let full = Held(try File.open("/dev/full", flags: O_WRONLY))
    #expect(failure { try write(full.number, [UInt8](repeating: 1, count: 10)) } == ENOSPC)
  }

  @Test func anOffsetBeyondTheLargestIsRefused() throws {
    let file = try directory.file("f")
    #expect(failure { try write(file.number, [1], at: -1) } == EINVAL)
    #expect(failure { _ = try contents(file.number, at: -1) } == EINVAL)
  }

  @Test func statusTellsWhatAFileIs() throws {
    let file = try directory.file("f", [1, 2, 3])
    let status = try File.status(file.number)
    #expect(status.isRegular)
    #expect(!status.isDirectory)
    #expect(status.size == 3)
    #expect(status.links == 1)
    #expect(status.owner == geteuid())
    #expect(try File.status(in: directory.number, name: "f") == status)
    #expect(chmod(directory.path, 0o710) == 0)
    let top = try File.status(directory.number)
    #expect(top.isDirectory)
    #expect(top.permissions == 0o710)
    #expect(failure { _ = try File.status(in: directory.number, name: "missing") } == ENOENT)
    #expect(failure { _ = try File.status(-1) } == EBADF)
  }

  @Test func statusOfANameDoesNotFollowALink() throws {
    #expect(symlink("f", "\(directory.path)/link") == 0)
    let status = try File.status(in: directory.number, name: "link")
    #expect(status.isSymbolicLink)
    #expect(try File.linkTarget(in: directory.number, name: "link") == Array("f".utf8))
    try directory.file("f")
    #expect(failure { _ = try File.linkTarget(in: directory.number, name: "f") } == EINVAL)
  }

  @Test func aLongLinkTargetComesWhole() throws {
    let target = String(repeating: "a/", count: 2047)
    #expect(symlink(target, "\(directory.path)/link") == 0)
    #expect(try File.linkTarget(in: directory.number, name: "link") == Array(target.utf8))
  }

  @Test func descriptorsAreCloseOnExec() throws {
    let file = try directory.file("f")
    let beneath = Held(try File.open(beneath: directory.number, "f", flags: O_RDONLY, resolve: 0))
    for number in [file.number, beneath.number] { #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0) }
  }

  @Test func directoriesAreMadeAndRemoved() throws {
    try File.makeDirectory(in: directory.number, name: "d", mode: 0o755)
    #expect(failure { try File.makeDirectory(in: directory.number, name: "d", mode: 0o755) } == EEXIST)
    #expect(failure { try File.remove(in: directory.number, name: "d") } == EISDIR)
    try directory.file("d/f")
    #expect(failure { try File.removeDirectory(in: directory.number, name: "d") } == ENOTEMPTY)
    try File.remove(in: directory.number, name: "d/f")
    try File.removeDirectory(in: directory.number, name: "d")
    #expect(try namesOfDirectory(directory.number) == [])
  }

  @Test func renamingReplaces() throws {
    try directory.file("old", [1])
    try directory.file("new", [2])
    try File.rename(in: directory.number, "old", to: directory.number, "new")
    let file = Held(try File.open("\(directory.path)/new", flags: O_RDONLY))
    #expect(try contents(file.number) == [1])
    #expect(try namesOfDirectory(directory.number) == [Array("new".utf8)])
    #expect(failure { try File.rename(in: directory.number, "old", to: directory.number, "x") } == ENOENT)
  }

  @Test func truncatingShortensAndLengthens() throws {
    let file = try directory.file("f", [1, 2, 3])
    try File.truncate(file.number, to: 1)
    try File.truncate(file.number, to: 2)
    #expect(try contents(file.number) == [1, 0])
    #expect(failure { try File.truncate(file.number, to: -1) } == EINVAL)
  }

  @Test func permissionsAndTimesCanBeSetWithoutOpeningTheFile() throws {
    try directory.file("f")
    let file = Held(try File.open("\(directory.path)/f", flags: pathOnly))
    for mode: UInt32 in [0o600, 0o000, 0o4755, 0o1644, 0o777] {
      try File.setPermissions(file.number, mode)
      #expect(try File.status(file.number).permissions == mode)
    }
    for (seconds, nanoseconds) in [(0, 0), (1_000_000_000, 999_999_999), (4_000_000_000, 1), (-1, 5)]
      as [(Int64, UInt32)]
    {
      try File.setModificationTime(file.number, seconds: seconds, nanoseconds: nanoseconds)
      let status = try File.status(file.number)
      #expect(status.modified == seconds)
      #expect(status.modifiedNanoseconds == nanoseconds)
    }
    #expect(failure { try File.setModificationTime(file.number, seconds: 0, nanoseconds: 1_000_000_000) } == EINVAL)
  }

  @Test func accessIsWhatTheSystemGrants() throws {
    try directory.file("f")
    #expect(File.isAccessible(in: directory.number, name: "f", mode: R_OK | W_OK))
    #expect(!File.isAccessible(in: directory.number, name: "f", mode: X_OK))
    #expect(File.isAccessible(in: directory.number, name: "", mode: R_OK | X_OK))
    #expect(!File.isAccessible(in: directory.number, name: "missing", mode: F_OK))
  }

  @Test func thereIsRoom() throws {
    #expect(try File.availableBytes(directory.number) > 0)
    #expect(failure { _ = try File.availableBytes(-1) } == EBADF)
  }

  @Test func aPipeIsEmptyAndNonBlocking() throws {
    let pipe = try File.pipe(capacity: 65536)
    let reading = Held(owning: pipe.read)
    let writing = Held(owning: pipe.write)
    #expect(pipe.capacity >= 4096)
    var buffer = [UInt8](repeating: 0, count: 1)
    #expect(
      failure {
        _ = try buffer.withUnsafeMutableBytes { try File.read(pipe: reading.number, into: $0) }
      } == EAGAIN)
    #expect(fcntl(writing.number, F_GETFD) & FD_CLOEXEC != 0)
    #expect(try File.splice(from: reading.number, to: writing.number, count: 1, orFailure: EINVAL))
  }

  @Test func spliceMovesBytesFromASocketIntoAFile() throws {
    let pair = try LoopbackPair()
    let file = try directory.file("f")
    let pipe = try File.pipe(capacity: 65536)
    let reading = Held(owning: pipe.read)
    let writing = Held(owning: pipe.write)
    #expect(try File.splice(from: pair.serverNumber, to: writing.number, count: 4096) == .wouldBlock)
    let bytes = (0..<3000).map { UInt8(truncatingIfNeeded: $0) }
    _ = try send(pair.clientNumber, bytes)
    Socket.shutdownWriting(pair.clientNumber)
    var offset: Int64 = 10
    var isAtEnd = false
    while !isAtEnd {
      #expect(Poll.wait(pair.serverNumber, .readable, milliseconds: 10_000))
      guard case .moved(let moved) = try File.splice(from: pair.serverNumber, to: writing.number, count: 4096) else {
        continue
      }
      isAtEnd = moved == 0
      var rest = moved
      while rest > 0 {
        rest -= try File.splice(fromPipe: reading.number, toFile: file.number, offset: &offset, count: rest)
      }
    }
    #expect(offset == 3010)
    #expect(try contents(file.number) == [UInt8](repeating: 0, count: 10) + bytes)
  }

  @Test func openBeneathKeepsToItsResolveFlags() throws {
    try File.makeDirectory(in: directory.number, name: "d", mode: 0o755)
    #expect(symlink("/", "\(directory.path)/d/link") == 0)
    let top = Held(try File.open("\(directory.path)/d", flags: O_RDONLY | O_DIRECTORY))
    // RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS of openat2(2)
    #expect(failure { _ = try File.open(beneath: top.number, "..", flags: O_RDONLY, resolve: 0x08) } == EXDEV)
    #expect(failure { _ = try File.open(beneath: top.number, "link", flags: O_RDONLY, resolve: 0x04) } == ELOOP)
    #expect(failure { _ = try File.open(beneath: top.number, "missing", flags: O_RDONLY, resolve: 0) } == ENOENT)
  }
}

extension File {
  /// Whether splice(2) between these two fails with `code`.
  fileprivate static func splice(from source: Int32, to target: Int32, count: Int, orFailure code: Int32) throws -> Bool
  {
    failure { _ = try splice(from: source, to: target, count: count) } == code
  }
}
