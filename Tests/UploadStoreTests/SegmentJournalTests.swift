// Tests of the records behind the bytes of a partial that comes in segments.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import UploadStore

@Suite final class SegmentJournalTests {
  private let root: ScratchRoot
  private let file: Descriptor

  init() throws {
    root = try ScratchRoot()
    let path = try VirtualPath.root.resolving(Array("f".utf8))
    file = try root.jail.open(path, flags: O_RDWR | O_CREAT, mode: 0o600)
  }

  private func read() throws -> SegmentJournal? {
    SegmentJournal(of: file.number, size: try File.status(file.number).size)
  }

  @Test func whatWasWrittenIsRead() throws {
    var journal = SegmentJournal(total: 1000)
    try journal.rewrite(isSynced: true, file.number)
    #expect(try read()?.done.isEmpty == true)
    try journal.append(100..<200, isSynced: true, to: file.number)
    try journal.append(0..<50, isSynced: false, to: file.number)
    #expect(try read() == journal)
    #expect(try read()?.done.intervals == [0..<50, 100..<200])
    try journal.remove(0..<150, from: file.number)
    #expect(try read()?.done.intervals == [150..<200])
    #expect(try read()?.total == 1000)
  }

  @Test func aTornRecordSaysNothing() throws {
    var journal = SegmentJournal(total: 10)
    try journal.append(0..<5, isSynced: true, to: file.number)
    for size in 0..<Int64(SegmentJournal.recordSize) {
      try File.truncate(file.number, to: 10 + size)
      #expect(try read() == nil)
    }
  }

  @Test func aDamagedRecordSaysNothing() throws {
    for place in 0..<Int64(SegmentJournal.recordSize) {
      var journal = SegmentJournal(total: 10)
      try journal.rewrite(isSynced: true, file.number)
      try journal.append(0..<5, isSynced: true, to: file.number)
      let at = 10 + Int64(SegmentJournal.recordSize) + place
      try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
        #expect(try File.read(file.number, into: byte, at: at) == 1)
        byte[0] ^= 0x40
        try File.write(file.number, UnsafeRawBufferPointer(byte), at: at)
      }
      #expect(try read() == nil)
    }
  }

  @Test func theJournalDoesNotGrowForEver() throws {
    var journal = SegmentJournal(total: 1_000_000)
    for number in 0..<Int64(2 * SegmentJournal.limit + 10) {
      try journal.append(number..<(number + 1), isSynced: false, to: file.number)
    }
    #expect(try read()?.done.intervals == [0..<Int64(2 * SegmentJournal.limit + 10)])
    #expect(
      try File.status(file.number).size < 1_000_000 + UInt64((SegmentJournal.limit + 20) * SegmentJournal.recordSize))
  }
}
