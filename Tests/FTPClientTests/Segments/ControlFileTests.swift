// Tests of the control file: what is written is read again, and what cannot be believed is left out.

import LinuxSystem
import TestSupport
import Testing

@testable import FTPClient

@Suite struct ControlFileTests {
  private static let name = Array("file".utf8)
  private static let source = ControlFile.Source(
    place: Array("host:21 a\nb".utf8), size: 10 << 20, modified: "1234.5", unique: [1, 255])

  private func with(_ body: (TemporaryDirectory, LocalDirectory) async throws -> Void) async throws {
    let place = try TemporaryDirectory()
    try await body(place, LocalDirectory(place.path))
  }

  private func record(_ range: Range<Int64>, synced: Bool = false) -> ControlFile.Record {
    ControlFile.Record(
      range: range, checkSum: [1, 2, 3, UInt8(truncatingIfNeeded: range.lowerBound)], isSynced: synced)
  }

  @Test func whatIsWrittenIsRead() async throws {
    try await with { place, directory in
      let file = try ControlFile(Self.source, [record(0..<5)], for: Self.name, in: directory)
      try file.add(7..<9, checkSum: [1, 2, 3, 7])
      let (source, records) = try #require(try ControlFile.read(for: Self.name, in: directory))
      #expect(source == Self.source)
      #expect(records == [record(0..<5), record(7..<9)])
      #expect(try place.names() == [".file.weftp"])
      try ControlFile.remove(for: Self.name, in: directory)
      #expect(try place.names() == [])
    }
  }

  @Test func afterASyncThePiecesHoldForEver() async throws {
    try await with { place, directory in
      let part = try directory.openForWriting(Array("part".utf8))
      let file = try ControlFile(Self.source, [], for: Self.name, in: directory)
      try file.add(0..<5, checkSum: [1, 2, 3, 0])
      file.sync(part.number)
      try file.add(5..<6, checkSum: [1, 2, 3, 5])
      await file.settle()
      #expect(!file.isDue(now: .max))
      let text = String(decoding: try place.read(".file.weftp"), as: UTF8.self)
      #expect(text.contains("0 5 01020300 disk\n"))
      let (_, records) = try #require(try ControlFile.read(for: Self.name, in: directory))
      #expect(records == [record(0..<5, synced: true), record(5..<6)])
    }
  }

  @Test func itIsTimeToSyncAfterAWhile() async throws {
    try await with { _, directory in
      let file = try ControlFile(Self.source, [], for: Self.name, in: directory)
      #expect(!file.isDue(now: .max))
      try file.add(0..<5, checkSum: [0, 0, 0, 0])
      #expect(!file.isDue(now: 0))
      #expect(file.isDue(now: .max))
      // Somebody is at it.
      #expect(!file.isDue(now: .max))
    }
  }

  /// Lines that nobody may believe.
  static let spoilt = [
    "0 5 01020300 00112233445566778899aabbccddeeff", "5 5 01020300 disk", "0 99999999999 01020300 disk",
    "-1 5 01020300 disk",
    "0 5 0102030 disk", "0 5 01020300", "0 5 zzzzzzzz disk", "x",
  ]

  @Test(arguments: spoilt) func whatCannotBeBelievedIsLeftOut(_ line: String) async throws {
    try await with { place, directory in
      _ = try ControlFile(Self.source, [record(0..<5, synced: true)], for: Self.name, in: directory)
      var text = try place.read(".file.weftp")
      text += Array((line + "\n").utf8)
      try place.write(".file.weftp", text + Array("7 9 0102".utf8))
      let (_, records) = try #require(try ControlFile.read(for: Self.name, in: directory))
      #expect(records == [record(0..<5, synced: true)])
    }
  }

  @Test(arguments: [
    "", "weftp segments 2\n", "weftp segments 1\nsource 00\nsize -1\nmodified -\nunique -\nalgorithm CRC32\n",
  ])
  func whatIsNoControlFileIsNone(_ text: String) async throws {
    try await with { place, directory in
      try place.write(".file.weftp", Array(text.utf8))
      #expect(try ControlFile.read(for: Self.name, in: directory) == nil)
    }
  }

  @Test func largeFilesHaveFewLines() {
    #expect(ControlFile.pieceSize(of: 1 << 30) == 1 << 20)
    #expect((Int64(1) << 44) / ControlFile.pieceSize(of: 1 << 44) <= 8192)
  }
}
