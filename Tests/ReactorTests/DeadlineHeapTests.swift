// Tests that the heap of deadlines hands them out in order, whatever the order they came in.

import Testing

@testable import Reactor

@Suite struct DeadlineHeapTests {
  @Test func anEmptyHeapHasNothingDue() {
    var heap = DeadlineHeap()
    #expect(heap.earliest == nil)
    #expect(heap.popDue(at: .max) == nil)
  }

  @Test func whatIsNotDueStays() {
    var heap = DeadlineHeap()
    heap.push(DeadlineHeap.Entry(time: 10, slot: 1, generation: 7))
    #expect(heap.popDue(at: 9) == nil)
    #expect(heap.earliest == 10)
    let entry = heap.popDue(at: 10)
    #expect(entry?.slot == 1)
    #expect(entry?.generation == 7)
    #expect(heap.earliest == nil)
  }

  @Test(arguments: 0..<50)
  func comesOutSorted(_ seed: UInt64) {
    var random = Xorshift(seed)
    // Few different times in some runs, so that equal ones are frequent.
    let range = seed % 2 == 0 ? 0...Int64(20) : Int64.min...Int64.max
    let times = (0..<Int.random(in: 0...600, using: &random)).map { _ in Int64.random(in: range, using: &random) }
    var heap = DeadlineHeap()
    for (slot, time) in times.enumerated() {
      heap.push(DeadlineHeap.Entry(time: time, slot: UInt32(slot), generation: 1))
      #expect(heap.earliest == times[...slot].min())
    }
    var out: [DeadlineHeap.Entry] = []
    while let entry = heap.popDue(at: .max) { out.append(entry) }
    #expect(out.map(\.time) == times.sorted())
    #expect(out.allSatisfy { times[Int($0.slot)] == $0.time })
    #expect(Set(out.map(\.slot)).count == times.count)
  }

  /// Against a model: an array that is searched for its least element.
  @Test(arguments: 0..<20)
  func pushingAndTakingOutMixed(_ seed: UInt64) {
    var random = Xorshift(seed &+ 1000)
    var heap = DeadlineHeap()
    var model: [Int64] = []
    for _ in 0..<2000 {
      if Bool.random(using: &random) {
        let time = Int64.random(in: 0...1000, using: &random)
        heap.push(DeadlineHeap.Entry(time: time, slot: 0, generation: 0))
        model.append(time)
      } else {
        let now = Int64.random(in: 0...1000, using: &random)
        let least = model.min().flatMap { $0 <= now ? $0 : nil }
        #expect(heap.popDue(at: now)?.time == least)
        if let least, let index = model.firstIndex(of: least) { model.remove(at: index) }
      }
      #expect(heap.earliest == model.min())
    }
  }
}

/// Random numbers that are the same in every run.
private struct Xorshift: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
