// How many connections `-n auto` comes to, on links that are played: what moves is counted, and nothing is sent.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(3)), .onThreads) struct GrowthTests {
  @Test func aTenthMoreIsWorthIt() {
    var rule = GrowthRule()
    #expect(rule.paysOff(0))
    rule.best = 1000
    #expect(rule.paysOff(1101) && !rule.paysOff(1099))
    #expect(!rule.hasFallen(1000) && !rule.hasFallen(750) && rule.hasFallen(650))
  }

  /// Works off a list of `size` bytes over a link on which a connection moves so many bytes a second.
  ///
  /// - Parameter rate: by the connection's number, the seconds since the beginning, and how many there are.
  /// - Returns: the most connections that moved something at once.
  private func connections(
    for size: Int64, _ rate: @escaping @Sendable (_ slot: Int, _ time: Double, _ count: Int) -> Double
  ) async throws -> Int {
    let most = Mutex(0)
    try await Peer.with { peer in
      let pool = SessionPool(limit: 8) { () async throws(ClientError) in
        let session = try await peer.connect()
        try await session.login(Credentials(user: "bob", password: "secret"))
        return session
      }
      try await peer.session { session in
        let progress = SegmentProgress()
        let crew = SegmentCrew(
          first: session, pool: pool, options: SegmentOptions(.automatic), progress: progress, note: { _ in })
        let list = SegmentList(size: size, done: IntervalSet(), SegmentList.Rule())
        let began = MonotonicTime.now
        try await crew.run(list) { _, claim, slot throws(ClientError) in
          let meter = progress.begin(slot)
          var last = MonotonicTime.now
          while claim.position < claim.end {
            if Task.isCancelled { throw ClientError(.cancelled, "the task was cancelled") }
            try? await Task.sleep(for: .milliseconds(10))
            let now = MonotonicTime.now
            let time = Double(now.since(began)) / 1e9
            let bytes = Int(rate(slot, time, max(1, progress.active)) * Double(now.since(last)) / 1e9)
            last = now
            meter.count(bytes)
            claim.advance(to: min(claim.end, claim.position + Int64(bytes)), now: now.nanoseconds)
          }
        }
        #expect(list.isWhole)
        most.withLock { $0 = progress.mostActive }
      }
      await pool.quit()
    }
    return most.withLock { $0 }
  }

  /// CUBIC on a link with losses: fast until the first loss, and then slow for good. Each further connection brings as much again.
  @Test func aFastBeginningIsNoMeasureForEver() async throws {
    let count = try await connections(for: 60_000_000) { slot, time, _ in slot == 0 && time < 0.6 ? 40e6 : 3e6 }
    #expect(count >= 4)
  }

  /// A link that one connection fills.
  @Test func aFullLinkGetsNoMore() async throws {
    let count = try await connections(for: 60_000_000) { _, _, count in 15e6 / Double(count) }
    #expect(count <= 3)
  }
}
