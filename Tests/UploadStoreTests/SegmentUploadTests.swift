// Tests of uploads that bring parts of one file.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import Testing

@testable import UploadStore

@Suite struct SegmentUploadTests {
  private let root: ScratchRoot
  private let table = SegmentTable()
  private var jail: Jail { root.jail }
  private static let text = "0123456789abcdefghij"

  init() throws { root = try ScratchRoot() }

  private func path(_ name: String = "f") throws -> VirtualPath { try VirtualPath.root.resolving(Array(name.utf8)) }

  private func segment(
    _ part: SegmentUpload.Part, total: Int64? = 20, owner: String = "bob", among other: SegmentTable? = nil
  ) throws -> SegmentUpload {
    var options = UploadOptions()
    options.remainder = .everything
    return try SegmentUpload(
      path(), in: jail, part, total: total, owner: Array(owner.utf8), among: other ?? table, options)
  }

  private func write(_ text: String, to target: any UploadTarget) throws {
    try Array(text.utf8).withUnsafeBytes { try File.write(target.number, $0, at: target.start) }
    target.ended(after: UInt64(text.utf8.count))
  }

  /// Sends the bytes `first` to `last` of the text.
  @discardableResult
  private func send(_ first: UInt64, _ last: UInt64, of text: String = text) throws -> SegmentUpload {
    let upload = try segment(.range(first...last))
    try upload.begin()
    try write(String(text.dropFirst(Int(first)).prefix(Int(last - first + 1))), to: upload)
    do { try upload.commit { true } } catch {
      upload.abandon()
      throw error
    }
    return upload
  }

  private func partial() throws -> Partial? { Partial(of: try path(), in: jail, among: table) }

  @Test func theFileGetsItsNameWithTheLastSegment() throws {
    try root.write("old", to: "f")
    #expect(try send(10, 14).missing == 15)
    #expect(try root.read("f") == "old")
    #expect(try send(0, 4).missing == 10)
    #expect(try partial()?.done.intervals == [0..<5, 10..<15])
    #expect(try partial()?.prefix == 5)
    #expect(try partial()?.total == 20)
    #expect(try send(15, 19).missing == 5)
    #expect(try send(5, 9).missing == 0)
    #expect(try root.read("f") == Self.text)
    #expect(root.names == ["f"])
    #expect(try jail.status(of: path()).permissions & 0o7000 == 0)
  }

  @Test func severalAreFilledAtOnce() throws {
    let uploads = try [(10, 19), (0, 4), (5, 9)].map { try segment(.range(UInt64($0.0)...UInt64($0.1))) }
    for upload in uploads { try upload.begin() }
    for upload in uploads.reversed() {
      try write(
        String(Self.text.dropFirst(Int(upload.start)).prefix(Int((upload.end ?? 0) - upload.start))), to: upload)
    }
    for upload in uploads { try upload.commit { true } }
    #expect(uploads.map(\.missing) == [10, 5, 0])
    #expect(try root.read("f") == Self.text)
    #expect(root.names == ["f"])
  }

  @Test func nobodyElseSendsTheSameBytes() throws {
    let first = try segment(.range(0...9))
    try first.begin()
    #expect(throws: UploadError.self) { try segment(.range(9...12)) }
    #expect(throws: UploadError.self) { try segment(.rest(from: 5)) }
    #expect(throws: UploadError.self) { try segment(.range(12...13), owner: "eve") }
    _ = try segment(.range(10...12))
    first.abandon()
    _ = try segment(.range(9...12))
  }

  @Test func bytesThatComeTwiceHaveToAgree() throws {
    try send(5, 9)
    try send(0, 7)
    #expect(try partial()?.done.intervals == [0..<10])
    #expect { try send(8, 12, of: "XXXXXXXXXXXXXXXXXXXX") } throws: { error in
      if case .differs(at: 8)? = error as? UploadError { true } else { false }
    }
    #expect(try partial()?.done.intervals == [0..<10])
    try send(8, 19)
    #expect(try root.read("f") == Self.text)
    #expect(root.names == ["f"])
  }

  /// What is noted on the way may be all there is: the file is whole only when the segment ends well.
  @Test(arguments: [true, false]) func whatIsNotedOnTheWayDoesNotMakeItWhole(_ endsWell: Bool) throws {
    let text = String(repeating: "0123456789abcdef", count: 1 << 16)
    let total = UInt64(text.utf8.count)
    let upload = try segment(.range(0...total - 1), total: Int64(total))
    try upload.begin()
    try write(text, to: upload)
    upload.progressed(by: total)
    #expect(try partial()?.done.intervals == [0..<Int64(total) - 1])
    if endsWell {
      try upload.commit { true }
      #expect(upload.missing == 0)
    } else {
      upload.abandon()
      let last = try segment(.range(total - 1...total - 1), total: Int64(total))
      try last.begin()
      try write("f", to: last)
      try last.commit { true }
    }
    #expect(try root.read("f") == text)
    #expect(try partial() == nil)
  }

  /// The last segment to end finds all there, because another one has been noted to its end: that one then writes nothing behind it.
  @Test func aSegmentThatEndsBehindTheWholeLeavesNoRecord() throws {
    let text = String(repeating: "0123456789abcdef", count: 1 << 16)
    let half = UInt64(text.utf8.count)
    let noted = try segment(.range(0...half - 1), total: Int64(2 * half))
    let last = try segment(.range(half...2 * half - 1), total: Int64(2 * half))
    for upload in [noted, last] {
      try upload.begin()
      try write(text, to: upload)
    }
    noted.progressed(by: half)
    try last.commit { true }
    #expect(last.missing == 0)
    try noted.commit { true }
    #expect(noted.missing == 0)
    #expect(try root.read("f") == text + text)
  }

  @Test func whatCameOfABrokenSegmentStays() throws {
    let upload = try segment(.range(4...9))
    try upload.begin()
    try write("456", to: upload)
    upload.abandon()
    #expect(try partial()?.done.intervals == [4..<7])
    #expect(root.names == [".weftpd-f.part"])
  }

  @Test func anotherProcessGoesOn() throws {
    try send(0, 4)
    try send(10, 19)
    let other = SegmentTable()
    #expect(Partial(of: try path(), in: jail, among: other)?.done.intervals == [0..<5, 10..<20])
    let upload = try segment(.range(5...9), among: other)
    try upload.begin()
    try write("56789", to: upload)
    try upload.commit { true }
    #expect(try root.read("f") == Self.text)
  }

  @Test func whileOneProcessIsAtItAnotherIsNot() throws {
    let first = try segment(.range(0...4))
    #expect(throws: UploadError.self) { try segment(.range(5...9), among: SegmentTable()) }
    first.abandon()
    // Nothing came, so nothing is left.
    #expect(root.names.isEmpty)
  }

  @Test func aClientThatKnowsNoSegmentsGoesOnAtTheFirstGap() throws {
    try send(0, 4)
    try send(10, 14, of: "XXXXXXXXXXXXXXXXXXXX")
    let upload = try segment(.rest(from: 5), total: nil)
    try upload.begin()
    // What it sends again does not mix with what was there.
    #expect(try partial()?.done.intervals == [0..<5])
    try write(String(Self.text.dropFirst(5)), to: upload)
    try upload.commit { true }
    #expect(try root.read("f") == Self.text)
  }

  @Test func aPartialInOnePieceIsTheFirstSegment() throws {
    var options = UploadOptions()
    options.remainder = .everything
    let first = try StagedUpload(path(), in: jail, at: .new, options)
    try first.begin()
    try write("01234567", to: first)
    first.abandon()
    #expect(try send(8, 19).missing == 0)
    #expect(try root.read("f") == Self.text)
  }

  @Test func anUploadInOnePieceDoesNotGoOnBehindAGap() throws {
    try send(10, 19)
    var options = UploadOptions()
    options.remainder = .everything
    #expect(throws: UploadError.self) { try StagedUpload(path(), in: jail, at: .offset(15), options) }
    let whole = try StagedUpload(path(), in: jail, at: .new, options)
    try whole.begin()
    try write("all", to: whole)
    try whole.commit { true }
    #expect(try root.read("f") == "all")
    #expect(root.names == ["f"])
  }

  @Test func theTotalIsTheSameForAll() throws {
    try send(0, 4)
    #expect { try segment(.range(5...9), total: 21) } throws: { error in
      if case .otherTotal(20)? = error as? UploadError { true } else { false }
    }
    #expect(throws: UploadError.self) { try segment(.range(15...20)) }
  }

  @Test func theWholeIsLookedAtBeforeItGetsItsName() throws {
    try send(0, 9)
    let upload = try segment(.range(10...19))
    upload.verify = { _, size throws(UploadError) in
      #expect(size == 20)
      throw .wrongDigest
    }
    try upload.begin()
    try write(String(Self.text.dropFirst(10)), to: upload)
    #expect(throws: UploadError.self) { try upload.commit { true } }
    upload.abandon()
    #expect(root.names == [".weftpd-f.part"])
    // Somebody has to send something to have it looked at again.
    #expect(try partial()?.done.intervals == [0..<19])
    try send(19, 19)
    #expect(try root.read("f") == Self.text)
  }

  @Test func aFileThatCannotGetItsNameCanBeTriedAgain() throws {
    try send(0, 9)
    let upload = try segment(.range(10...19))
    try upload.begin()
    try write(String(Self.text.dropFirst(10)), to: upload)
    try jail.makeDirectory(path())
    #expect(throws: UploadError.self) { try upload.commit { true } }
    upload.abandon()
    try jail.removeDirectory(path())
    try send(10, 19)
    #expect(try root.read("f") == Self.text)
  }

  @Test func whatWasChangedMeanwhileIsNotGoneOnWith() throws {
    try send(0, 9)
    try root.write("XX", to: ".weftpd-f.part")
    #expect(throws: UploadError.self) { try send(10, 19) }
  }

  @Test func aMarkWithoutRecordsCountsForNothing() throws {
    try send(0, 9)
    let file = try jail.open(VirtualPath.root.resolving(Array(".weftpd-f.part".utf8)), flags: O_RDWR)
    File.removeAttribute(file.number, "user.weftpd.stamp")
    try File.truncate(file.number, to: 15)
    #expect(try partial() == nil)
    try send(10, 19)
    #expect(try partial()?.done.intervals == [10..<20])
  }
}
