// Tests of the data transfer process alone: files over socket pairs, without a server.

import Dispatch
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import FTPTransfer

@Suite(.timeLimit(.minutes(2))) struct DataTransferProcessTests {
  // MARK: sending

  @Test(arguments: [0, 1, 4096, 300_000, 9_000_000])
  func aFileArrivesWhole(size: Int) async throws {
    let bytes = pattern(size)
    let file = try temporaryFile(bytes)
    let meter = TransferMeter()
    let (near, far) = try connectedPair()
    async let received = Blocking.onOwnThread { try readAll(far) }
    try await ScriptedAttendant().send(file, 0..<Int64(size), over: near, meter: meter)
    #expect(try await received == bytes)
    #expect(meter.bytes == UInt64(size))
  }

  @Test func aRangeIsSentAndNoMore() async throws {
    let bytes = pattern(100_000)
    let file = try temporaryFile(bytes)
    let (near, far) = try connectedPair()
    async let received = Blocking.onOwnThread { try readAll(far) }
    try await ScriptedAttendant().send(file, 10..<70_000, over: near, meter: TransferMeter())
    #expect(try await received == Array(bytes[10..<70_000]))
  }

  @Test func aFileThatBecameShorterIsNoWholeFile() async throws {
    let file = try temporaryFile(pattern(1000))
    let (near, far) = try connectedPair()
    let failure = await breakOf {
      try await ScriptedAttendant().send(file, 0..<2000, over: near, meter: TransferMeter())
    }
    guard case .fileShortened? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    _ = Descriptor(owning: far)
  }

  @Test func theOtherSideWentAway() async throws {
    let file = try temporaryFile(pattern(9_000_000))
    let (near, far) = try connectedPair()
    _ = Descriptor(owning: far)
    let failure = await breakOf {
      try await ScriptedAttendant().send(file, 0..<9_000_000, over: near, meter: TransferMeter())
    }
    guard case .dataConnectionLost? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test func whoeverDoesNotReadStallsTheTransfer() async throws {
    let file = try temporaryFile(pattern(9_000_000))
    let (near, far) = try connectedPair()
    let failure = await breakOf {
      try await ScriptedAttendant(patience: .milliseconds(50)).send(
        file, 0..<9_000_000, over: near, meter: TransferMeter())
    }
    guard case .stalled? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    _ = Descriptor(owning: far)
  }

  // MARK: receiving

  @Test(arguments: [0, 1, 4096, 300_000, 9_000_000])
  func aFileIsReceivedWhole(size: Int) async throws {
    let bytes = pattern(size)
    let file = try temporaryFile([])
    let meter = TransferMeter()
    let (near, far) = try connectedPair()
    async let sent: Void = Blocking.onOwnThread { try writeAll(bytes, far) }
    try await ScriptedAttendant().receive(into: file, over: near, meter: meter)
    try await sent
    #expect(try contents(file.number) == bytes)
    #expect(meter.bytes == UInt64(size))
  }

  @Test func exactlyTheRangeIsWritten() async throws {
    let file = try temporaryFile(pattern(100))
    let (near, far) = try connectedPair()
    async let sent: Void = Blocking.onOwnThread { try writeAll([UInt8](repeating: 7, count: 20), far) }
    try await ScriptedAttendant().receive(into: file, exactly: 40..<60, over: near)
    try await sent
    var expected = pattern(100)
    expected.replaceSubrange(40..<60, with: [UInt8](repeating: 7, count: 20))
    #expect(try contents(file.number) == expected)
  }

  @Test(arguments: [(19, false), (21, true)])
  func moreOrLessThanTheRangeIsABreak(count: Int, isMore: Bool) async throws {
    let file = try temporaryFile(pattern(100))
    let (near, far) = try connectedPair()
    async let sent: Void = Blocking.onOwnThread { try writeAll([UInt8](repeating: 7, count: count), far) }
    let failure = await breakOf {
      try await ScriptedAttendant().receive(into: file, exactly: 40..<60, over: near)
    }
    try await sent
    switch failure {
    case .beyondRange?: #expect(isMore)
    case .rangeUnfinished(let missing)?: #expect(!isMore && missing == 1)
    default: Issue.record("\(String(describing: failure))")
    }
    // Nothing beyond the range was touched.
    #expect(try contents(file.number)[60...] == pattern(100)[60...])
  }

  // MARK: the attendant

  @Test func anAbortIsSeenInATransferThatNeverWaits() async throws {
    let file = try temporaryFile([])
    let (near, far) = try connectedPair()
    let bytes = pattern(64 * 1024 * 1024)
    async let sent: Void? = try? Blocking.onOwnThread { try writeAll(bytes, far) }
    let attendant = try ScriptedAttendant(interruption: .aborted)
    let failure = await breakOf {
      try await attendant.receive(into: file, over: near, meter: TransferMeter())
    }
    guard case .aborted? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(await attendant.attended == 1)
    #expect(try File.status(file.number).size < UInt64(bytes.count))
    _ = await sent
  }

  // MARK: coded

  @Test(arguments: [TransmissionMode.stream, .block, .compressed, .deflate])
  func whatOneSideEncodesTheOtherDecodes(mode: TransmissionMode) async throws {
    var format = TransferFormat()
    format.type = .image
    format.mode = mode
    let bytes = pattern(700_000)
    let (source, target) = (try temporaryFile(bytes), try temporaryFile([]))
    let (near, far) = try connectedPair()
    let coded = format
    async let sent: Void = try ScriptedAttendant().sendCoded(source, coded, over: far)
    let written = try await ScriptedAttendant().receiveCoded(into: target, coded, over: near)
    try await sent
    #expect(written == UInt64(bytes.count))
    #expect(try contents(target.number) == bytes)
  }

  @Test func aBlockThatEndsEarlyIsNoWholeFile() async throws {
    var format = TransferFormat()
    format.type = .image
    format.mode = .block
    let target = try temporaryFile([])
    let (near, far) = try connectedPair()
    // A block of 100 bytes, of which 10 come.
    try writeAll([0, 0, 100] + pattern(10), far)
    let coded = format
    let failure = await breakOf { _ = try await ScriptedAttendant().receiveCoded(into: target, coded, over: near) }
    guard case .cannotDecode(.endedEarly)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  private func breakOf(_ body: () async throws -> Void) async -> TransferBreak? {
    do {
      try await body()
      return nil
    } catch {
      return error as? TransferBreak
    }
  }
}
