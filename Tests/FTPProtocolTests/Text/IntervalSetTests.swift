// Tests of sets of byte positions, against a set of single numbers.

import Testing

@testable import FTPProtocol

@Suite struct IntervalSetTests {
  /// Draws the same numbers in every run.
  private struct Draw: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 16 ^ state << 40
    }
  }

  private func set(_ ranges: Range<Int64>...) -> IntervalSet {
    var set = IntervalSet()
    for range in ranges { set.insert(range) }
    return set
  }

  @Test func neighboursBecomeOne() {
    #expect(set(0..<5, 5..<9).intervals == [0..<9])
    #expect(set(5..<9, 0..<5).intervals == [0..<9])
    #expect(set(0..<2, 4..<6, 1..<5).intervals == [0..<6])
    #expect(set(0..<2, 3..<4).intervals == [0..<2, 3..<4])
  }

  @Test func thePrefixEndsAtTheFirstGap() {
    #expect(set().prefix == 0)
    #expect(set(1..<5).prefix == 0)
    #expect(set(0..<3, 4..<5).prefix == 3)
  }

  @Test func whatIsMissingIsTold() {
    let some = set(2..<4, 6..<8)
    #expect(some.missing(in: 0..<10) == [0..<2, 4..<6, 8..<10])
    #expect(some.missing(in: 2..<4).isEmpty)
    #expect(some.contains(2..<4))
    #expect(!some.contains(2..<5))
    #expect(some.contains(5..<5))
    #expect(some.count == 4)
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func itIsASetOfNumbers(_ seed: UInt64) {
    var draw = Draw(state: seed)
    var (numbers, intervals): (Set<Int64>, IntervalSet) = ([], IntervalSet())
    for _ in 0..<400 {
      let lower = Int64.random(in: 0..<60, using: &draw)
      let range = lower..<Int64.random(in: lower...60, using: &draw)
      if Bool.random(using: &draw) {
        intervals.insert(range)
        numbers.formUnion(range)
      } else {
        intervals.remove(range)
        numbers.subtract(range)
      }
      #expect(Set(intervals.intervals.flatMap { Array($0) }) == numbers)
      #expect(intervals.intervals.allSatisfy { !$0.isEmpty })
      #expect(zip(intervals.intervals, intervals.intervals.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      let asked = lower..<max(lower, Int64(50))
      #expect(Set(intervals.intersection(asked).flatMap { Array($0) }) == numbers.intersection(asked))
      #expect(Set(intervals.missing(in: asked).flatMap { Array($0) }) == Set(asked).subtracting(numbers))
    }
  }
}
