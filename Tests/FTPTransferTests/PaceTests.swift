// Tests of Pace: what counts as progress, and what as waiting; and of transfers that drip.

import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import FTPTransfer

@Suite(.timeLimit(.minutes(2))) struct PaceTests {
  private static let second: Int64 = 1_000_000_000

  // MARK: the measure

  @Test func aKilobyteEndsAStallAndAByteDoesNot() throws {
    var pace = Pace(PaceLimits(stall: .seconds(10)))
    #expect(try pace.allowance(at: 0) == 10 * Self.second)
    pace.count(waited: 6 * Self.second)
    #expect(try pace.allowance(at: 1) == 4 * Self.second)
    #expect(try pace.allowance(at: 1023) == 4 * Self.second)
    #expect(try pace.allowance(at: 1024) == 10 * Self.second)
    pace.count(waited: 10 * Self.second)
    #expect(throws: TransferBreak.self) { try pace.allowance(at: 2047) }
    #expect(try pace.allowance(at: 2048) == 10 * Self.second)
  }

  @Test func bytesThatWereTakenBackAreNoProgress() throws {
    var pace = Pace(PaceLimits(stall: .seconds(10)), at: 5000)
    pace.count(waited: 10 * Self.second)
    #expect(throws: TransferBreak.self) { try pace.allowance(at: 10) }
  }

  @Test func theRateIsAnAverageOverAMinuteOfWaiting() throws {
    var pace = Pace(PaceLimits(stall: .seconds(300), minimumRate: 1000))
    #expect(try pace.allowance(at: 0) == 60 * Self.second)
    pace.count(waited: 59 * Self.second)
    #expect(try pace.allowance(at: 0) == Self.second)
    pace.count(waited: Self.second)
    // Enough within the minute: the next one begins.
    #expect(try pace.allowance(at: 60_000) == 60 * Self.second)
    pace.count(waited: 60 * Self.second)
    do {
      _ = try pace.allowance(at: 119_999)
      Issue.record("too slow, and nothing was said")
    } catch {
      guard case .tooSlow(minimum: 1000) = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(try pace.allowance(at: 120_000) == 60 * Self.second)
  }

  @Test func aShortStallIsTheWindowToo() throws {
    let limits = PaceLimits(stall: .milliseconds(500), minimumRate: 4000)
    #expect(Pace.window(limits) == Self.second / 2)
    var pace = Pace(limits)
    pace.count(waited: Self.second / 2)
    #expect(throws: TransferBreak.self) { try pace.allowance(at: 1999) }
    #expect(try pace.allowance(at: 2000) == Self.second / 2)
  }

  @Test func noLimitOverflows() throws {
    var pace = Pace(PaceLimits(stall: .seconds(Int64.max), minimumRate: .max))
    pace.count(waited: .max)
    #expect(throws: TransferBreak.self) { try pace.allowance(at: .max) }
  }

  // MARK: transfers

  /// A drop every 20 milliseconds until the other side hangs up.
  private func drip(_ number: Int32, _ drop: [UInt8]) async throws {
    try await Blocking.onOwnThread {
      let owned = Held(owning: number)
      while send(owned.number, drop, drop.count, Int32(MSG_NOSIGNAL)) == drop.count { usleep(20_000) }
    }
  }

  @Test(arguments: [0, 1, 2]) func anUploadThatDripsHasStoodStill(_ way: Int) async throws {
    let file = try temporaryFile([UInt8](repeating: 0, count: 100_000))
    let (near, far) = try connectedPair()
    let drop: [UInt8] = way == 2 ? [0, 0, 1, 7] : [7]
    async let dripping: Void = drip(far, drop)
    let attendant = try ScriptedAttendant(patience: .milliseconds(400))
    let failure = await breakOf {
      switch way {
      case 0: try await attendant.receive(into: file, over: near)
      case 1: try await attendant.receive(into: file, exactly: 0..<100_000, over: near)
      default:
        var format = TransferFormat()
        format.type = .image
        format.mode = .block
        _ = try await attendant.receiveCoded(into: file, format, over: near)
      }
    }
    guard case .stalled? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    try await dripping
  }

  /// Wakes without a byte of the file, as TLS key updates make them.
  @Test func wakesThatBringNothingAreNoProgress() async throws {
    let file = try temporaryFile([])
    let (near, far) = try connectedPair()
    let attendant = try ScriptedAttendant(patience: .milliseconds(300), restlessness: .milliseconds(10))
    let failure = await breakOf { try await attendant.receive(into: file, over: near) }
    guard case .stalled? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    _ = Descriptor(owning: far)
  }

  @Test func aRateThatIsTooLowEndsTheTransfer() async throws {
    let file = try temporaryFile([])
    let (near, far) = try connectedPair()
    // 50 times 100 bytes a second, which is no standstill.
    async let dripping: Void = drip(far, [UInt8](repeating: 7, count: 100))
    let attendant = try ScriptedAttendant(patience: .milliseconds(500), minimumRate: 1_000_000)
    let failure = await breakOf { try await attendant.receive(into: file, over: near) }
    guard case .tooSlow(minimum: 1_000_000)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    try await dripping
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
