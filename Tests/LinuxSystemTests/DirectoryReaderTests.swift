// Tests that a directory's names come out complete, once each and byte for byte.

import Glibc
import Testing
import UnitSupport

@testable import LinuxSystem

@Suite struct DirectoryReaderTests {
  @Test func anEmptyDirectoryHasNoNames() throws {
    let directory = try OpenDirectory()
    var reader = DirectoryReader(try File.open(directory.path, flags: O_RDONLY | O_DIRECTORY))
    for _ in 0..<3 {
      let name = try reader.next { Array($0) }
      #expect(name == nil)
    }
  }

  /// The names alone are 300 KB, ten times the reader's buffer.
  @Test func readsMoreNamesThanOneBufferHolds() throws {
    let directory = try OpenDirectory()
    var expected: Set<[UInt8]> = []
    for index in 0..<3000 {
      let name = "\(index)-" + String(repeating: "n", count: 95)
      try directory.file(name)
      expected.insert(Array(name.utf8))
    }
    let names = try namesOfDirectory(directory.number)
    #expect(names.count == 3000)
    #expect(Set(names) == expected)
  }

  @Test func namesMayHoldAnyByteButSlashAndNUL() throws {
    let directory = try OpenDirectory()
    var expected: Set<[UInt8]> = []
    for byte in UInt8.min...UInt8.max where byte != 0 && byte != 0x2F {
      for name in [[byte], [byte, 0x78], [0x78, byte]] where name != [0x2E] {
        expected.insert(name)
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        _ = try File.open(beneath: directory.number, terminated, flags: O_CREAT | O_WRONLY, mode: 0o600, resolve: 0)
      }
    }
    let names = try namesOfDirectory(directory.number)
    #expect(names.count == expected.count)
    #expect(Set(names) == expected)
  }

  @Test func onlyTheTwoDotsArePassedOver() throws {
    let directory = try OpenDirectory()
    for name in ["...", ".a", "..a", " ", ". "] { try directory.file(name) }
    #expect(Set(try namesOfDirectory(directory.number)) == Set(["...", ".a", "..a", " ", ". "].map { Array($0.utf8) }))
  }

  @Test func aNULFollowsTheNameInMemory() throws {
    let directory = try OpenDirectory()
    for length in [1, 4, 5, 6, 12, 13, 255] { try directory.file(String(repeating: "a", count: length)) }
    var reader = DirectoryReader(try File.open(directory.path, flags: O_RDONLY | O_DIRECTORY))
    var count = 0
    while let length = try reader.next({ name in name.baseAddress.map { (strlen($0), name.count) } ?? (0, 0) }) {
      #expect(length.0 == length.1)
      count += 1
    }
    #expect(count == 7)
  }

  @Test func aFileIsNoDirectory() throws {
    let directory = try OpenDirectory()
    let file = try directory.file("f")
    #expect(
      failure {
        var reader = DirectoryReader(try File.open("/proc/self/fd/\(file.number)", flags: O_RDONLY))
        _ = try reader.next { $0.count }
      } == ENOTDIR)
  }
}

/// strlen(3) of raw memory.
private func strlen(_ pointer: UnsafeRawPointer) -> Int {
  Int(Glibc.strlen(pointer.assumingMemoryBound(to: CChar.self)))
}
