// Transfers under limits: all bytes arrive on every way they can take, none before its time, and the wait is nobody's standstill.

import Bandwidth
import Dispatch
import FTPProtocol
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import FTPTransfer

@Suite(.timeLimit(.minutes(2))) struct LimitedTransferTests {
  private static let rate: UInt64 = 2_000_000

  /// What bytes take at least under a limit from which nothing has been used.
  private static func least(_ bytes: Int) -> Int64 {
    Int64((Double(bytes) - Double(rate) / 10) / Double(rate) * 1_000_000_000)
  }

  private func limited() throws -> ScriptedAttendant {
    let bucket = RateBucket(RateSchedule(Self.rate), clock: RateClock { MonotonicTime.now.nanoseconds })
    return try ScriptedAttendant(throttle: { Throttle([bucket]) })
  }

  @Test(arguments: [0, 1, 900_000]) func aFileIsSent(size: Int) async throws {
    let bytes = pattern(size)
    let file = try temporaryFile(bytes)
    let (near, far) = try connectedPair()
    async let received = Blocking.onOwnThread { try readAll(far) }
    let start = MonotonicTime.now
    try await limited().send(file, 0..<Int64(size), over: near)
    #expect(MonotonicTime.now.since(start) >= Self.least(size))
    #expect(try await received == bytes)
  }

  @Test(arguments: [0, 1, 300_000, 1_500_000]) func aFileIsReceived(size: Int) async throws {
    let bytes = pattern(size)
    let file = try temporaryFile([])
    let (near, far) = try connectedPair()
    async let sent: Void = Blocking.onOwnThread { try writeAll(bytes, far) }
    let start = MonotonicTime.now
    try await limited().receive(into: file, over: near)
    #expect(MonotonicTime.now.since(start) >= Self.least(size))
    try await sent
    #expect(try contents(file.number) == bytes)
  }

  @Test func codedFilesAreLimitedByWhatIsOnTheWire() async throws {
    let bytes = pattern(700_000)
    let file = try temporaryFile(bytes)
    let format = TransferFormat(type: .image, mode: .block)
    let (near, far) = try connectedPair()
    async let coded = Blocking.onOwnThread { try readAll(far) }
    let start = MonotonicTime.now
    try await limited().sendCoded(file, format, over: near)
    #expect(MonotonicTime.now.since(start) >= Self.least(bytes.count))
    let wire = try await coded
    let copy = try temporaryFile([])
    let (other, end) = try connectedPair()
    async let sent: Void = Blocking.onOwnThread { try writeAll(wire, end) }
    let again = MonotonicTime.now
    #expect(try await limited().receiveCoded(into: copy, format, over: other) == UInt64(bytes.count))
    #expect(MonotonicTime.now.since(again) >= Self.least(bytes.count))
    try await sent
    #expect(try contents(copy.number) == bytes)
  }

  @Test func whatMayNotMoveAtAllEndsTheTransfer() async throws {
    let file = try temporaryFile(pattern(100_000))
    let (near, far) = try connectedPair()
    async let received: [UInt8]? = try? Blocking.onOwnThread { try readAll(far) }
    let allowance = Allowance()
    let attendant = try ScriptedAttendant(throttle: { Throttle([], from: allowance) })
    let failure = await breakOf { try await attendant.send(file, 0..<100_000, over: near) }
    guard case .usedUp? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    _ = await received
  }

  @Test(arguments: [70_000, 3_000_000]) func aFileDoesNotBecomeLongerThanItMay(size: Int) async throws {
    let file = try temporaryFile([])
    let (near, far) = try connectedPair()
    async let sent: Void? = try? Blocking.onOwnThread { try writeAll(pattern(size), far) }
    let most = Length(Int64(size) - 1)
    let attendant = try ScriptedAttendant(allowance: { most })
    let failure = await breakOf { try await attendant.receive(into: file, over: near) }
    guard case .quotaExceeded? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(try File.status(file.number).size < size)
    _ = await sent
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

/// 10,000 bytes, once.
private final class Allowance: ByteAllowance {
  private nonisolated(unsafe) var rest: Int64 = 10_000  // One transfer uses it.

  func take(upTo bytes: Int64) -> Int64? {
    let taken = min(bytes, rest)
    rest -= taken
    return taken
  }

  func giveBack(_ bytes: Int64) { rest += bytes }
}

/// A longest length.
private final class Length: FileAllowance, Sendable {
  private let most: Int64

  init(_ most: Int64) { self.most = most }

  func reach(_ end: Int64) -> Bool { end <= most }
}
