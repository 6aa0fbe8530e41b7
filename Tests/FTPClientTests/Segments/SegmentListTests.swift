// Tests of the list of parts: nothing is moved twice but what was halved, and nothing is forgotten.

import FTPProtocol
import TestSupport
import Testing

@testable import FTPClient

@Suite struct SegmentListTests {
  private static let mebibyte: Int64 = 1 << 20

  private func list(
    _ size: Int64, _ connections: Int, done: IntervalSet = IntervalSet(),
    _ change: (inout SegmentList.Rule) -> Void = { _ in }
  ) -> SegmentList {
    var rule = SegmentList.Rule()
    rule.connections = connections
    change(&rule)
    return SegmentList(size: size, done: done, rule)
  }

  @Test func theFirstPartsAreEqual() throws {
    let list = list(40 * Self.mebibyte, 4)
    let claims = (0..<4).compactMap { _ in list.take(now: 0) }
    #expect(claims.map { $0.rest.count } == [10, 10, 10, 10].map { $0 << 20 })
    #expect(claims.map(\.start) == [0, 10, 20, 30].map { $0 * Self.mebibyte })
    #expect(!list.isWhole)
    for claim in claims {
      claim.advance(to: claim.end, now: 1)
      list.giveBack(claim)
    }
    #expect(list.isWhole)
    #expect(list.take(now: 2) == nil)
  }

  @Test func theIdleHalveTheLongestRest() throws {
    let list = list(40 * Self.mebibyte, 2)
    let first = try #require(list.take(now: 0))
    let second = try #require(list.take(now: 0))
    second.advance(to: second.end - 1000, now: 10)
    first.advance(to: 4 * Self.mebibyte, now: 10)
    let third = try #require(list.take(now: 20))
    #expect(third.rest == 12 * Self.mebibyte..<20 * Self.mebibyte)
    #expect(first.end == 12 * Self.mebibyte)
  }

  @Test func whatIsAlmostThereIsLeftAlone() throws {
    let list = list(2 * Self.mebibyte, 1)
    let claim = try #require(list.take(now: 0))
    list.began(claim, now: 1_000_000)
    // A MiB in a millisecond: the second half would be there before another connection has begun.
    claim.advance(to: Self.mebibyte - 65536, now: 2_000_000)
    #expect(list.take(now: 2_000_000) == nil)
    #expect(claim.end == 2 * Self.mebibyte)
  }

  @Test func aSilentConnectionLosesItsRest() throws {
    let list = list(Self.mebibyte, 1)
    let claim = try #require(list.take(now: 0))
    claim.advance(to: 1000, now: 0)
    #expect(list.take(now: 1_000_000_000) == nil)
    let other = try #require(list.take(now: 6_000_000_000))
    #expect(other.rest == 1000..<Self.mebibyte)
    #expect(claim.rest.isEmpty)
    list.giveBack(claim)
    other.advance(to: other.end, now: 0)
    #expect(list.giveBack(other))
  }

  @Test func whatAConnectionLeavesIsTakenByOthers() throws {
    let list = list(10 * Self.mebibyte, 1)
    let claim = try #require(list.take(now: 0))
    claim.advance(to: 3 * Self.mebibyte, now: 1)
    #expect(!list.giveBack(claim))
    let next = try #require(list.take(now: 2))
    #expect(next.rest == 3 * Self.mebibyte..<10 * Self.mebibyte)
    // Given back once, it counts once.
    #expect(!list.giveBack(claim))
    #expect(list.done.count == 3 * Self.mebibyte)
  }

  @Test func whatIsThereIsNotTaken() throws {
    var done = IntervalSet()
    done.insert(Self.mebibyte..<5 * Self.mebibyte)
    let list = list(6 * Self.mebibyte, 1, done: done)
    let parts = [try #require(list.take(now: 0)), try #require(list.take(now: 0))].map(\.rest)
    #expect(Set(parts) == [0..<Self.mebibyte, 5 * Self.mebibyte..<6 * Self.mebibyte])
  }

  @Test func partsThatCannotBeHalvedBecomeSmaller() throws {
    let list = list(64 * Self.mebibyte, 4) {
      $0.halves = false
      $0.least = Self.mebibyte
    }
    var sizes: [Int] = []
    while let claim = list.take(now: 0) { sizes.append(claim.rest.count) }
    #expect(sizes.reduce(0, +) == 64 << 20)
    #expect(sizes.prefix(4).allSatisfy { $0 == 12 << 20 })
    #expect(sizes.dropFirst(4).allSatisfy { $0 <= 2 << 20 && $0 >= 1 << 20 })
    #expect(sizes.suffix(4).allSatisfy { $0 < 2 << 20 })
  }

  /// On a fast link a small part would be over before its connection has reached its speed.
  @Test func fastOnesAreNotCutSmall() throws {
    let list = list(64 * Self.mebibyte, 4) {
      $0.halves = false
      $0.least = Self.mebibyte
    }
    let first = (0..<4).compactMap { _ in list.take(now: 0) }
    // One is still under way.
    for claim in first.prefix(3) {
      claim.advance(to: claim.end, now: 1_000_000_000)
      list.giveBack(claim, now: 1_000_000_000)
    }
    #expect(list.take(now: 1_000_000_000)?.rest.count == 4 << 20)
    var sizes: [Int] = []
    while let claim = list.take(now: 1_000_000_000) { sizes.append(claim.rest.count) }
    // 12 MiB a second: none is over in less than a quarter of a second.
    #expect(sizes == [3 << 20, 3 << 20, 3 << 20, 3 << 20])
  }

  /// In its slow start a connection looks as if it needed minutes; what the others have reached tells more.
  @Test func whoHasJustBegunIsNotHalved() throws {
    let list = list(16 * Self.mebibyte, 2)
    let (first, second) = (try #require(list.take(now: 0)), try #require(list.take(now: 900_000_000)))
    list.began(first, now: 200_000_000)
    list.began(second, now: 1_100_000_000)
    first.advance(to: first.end, now: 1_000_000_000)
    list.giveBack(first, now: 1_000_000_000)
    // 8 MiB in a second: the second one needs as long, and 200 ms go by before another connection has begun.
    second.advance(to: second.start + 100_000, now: 1_150_000_000)
    #expect(list.take(now: 1_150_000_000) != nil)
    second.advance(to: second.end - 2 * Self.mebibyte, now: 1_200_000_000)
    #expect(list.take(now: 1_200_000_000) == nil)
  }

  @Test func anEmptyFileIsWhole() { #expect(list(0, 4).isWhole) }

  @Test func aFailureEndsIt() throws {
    let list = list(Self.mebibyte, 1)
    list.fail(ClientError(.refused, "no"))
    list.fail(ClientError(.usage, "later"))
    #expect(list.isSettled)
    #expect(list.take(now: 0) == nil)
    #expect(list.failure?.code == .refused)
  }

  /// Many steps drawn by lot: claims cover what is missing, none twice, and in the end all is there.
  @Test(arguments: [1, 2, 3]) func nothingIsForgotten(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let size: Int64 = 30 * Self.mebibyte + 17
    let list = list(size, 5) { $0.least = 100_000 }
    var open: [SegmentClaim] = []
    var now: Int64 = 0
    for _ in 0..<100_000 where !list.isWhole {
      now += 1_000_000
      if open.count < 5, let claim = list.take(now: now) { open.append(claim) }
      guard !open.isEmpty else { continue }
      let index = Int(random.next() % UInt64(open.count))
      let claim = open[index]
      let step = Int64(random.next() % 400_000)
      claim.advance(to: min(claim.position + step, max(claim.position, claim.end)), now: now)
      if claim.rest.isEmpty || random.next() % 40 == 0 { list.giveBack(open.remove(at: index)) }
      for (one, other) in zip(open, open.dropFirst()) { #expect(!one.rest.overlaps(other.rest) || one.rest.isEmpty) }
    }
    #expect(list.isWhole)
    #expect(list.done.count == size)
  }
}
