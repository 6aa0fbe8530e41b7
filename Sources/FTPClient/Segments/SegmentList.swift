// Which parts of a file are still to move, and who moves which: the list that the connections of one transfer work off.

import FTPProtocol
import LinuxSystem
import Synchronization

/// The work on one file. Whoever has nothing to do takes a part that nobody moves, or else the second half of the longest rest.
final class SegmentList: Sendable {
  /// How parts are cut.
  struct Rule: Sendable {
    /// Connections that share the file in the beginning.
    var connections = 1
    /// No part is cut in two that would be shorter than this.
    var least: Int64 = 512 * 1024
    /// The most bytes of a part; 0: no limit.
    var most: Int64 = 0
    /// Whether a part that is on its way may lose its second half: its connection has to be broken off then.
    var halves = true
    /// So long a connection may be silent before its rest is given to others, in nanoseconds.
    var silence: Int64 = 5_000_000_000
  }

  private struct State {
    var done: IntervalSet
    /// In order; nobody moves them.
    var free: [Range<Int64>]
    var claims: [Int: SegmentClaim] = [:]
    var nextNumber = 0
    var failure: ClientError?
    /// The longest time, in nanoseconds, from taking a part to its first byte.
    var setUp: Int64 = 0
    /// The most bytes a second that a part has moved at, from its beginning to its end.
    var rate = 0.0
    /// When each part was taken.
    var started: [Int: Int64] = [:]
  }

  let size: Int64
  private let rule: Rule
  /// What one of the first parts has at most.
  private let share: Int64
  private let state: Mutex<State>

  init(size: Int64, done: IntervalSet, _ rule: Rule) {
    self.size = size
    self.rule = rule
    let free = done.missing(in: 0..<size)
    let count = free.reduce(Int64(0)) { $0 + Int64($1.count) }
    share = max(rule.least, (count + Int64(rule.connections) - 1) / Int64(max(1, rule.connections)))
    state = Mutex(State(done: done, free: free))
  }

  /// Which bytes are there.
  var done: IntervalSet { state.withLock { $0.done } }

  var isWhole: Bool { state.withLock { $0.done.contains(0..<size) } }

  /// Whether nobody has to do anything any more: all is there, or it cannot be done.
  var isSettled: Bool { state.withLock { $0.failure != nil || $0.done.contains(0..<size) } }

  /// The longest time, in nanoseconds, from taking a part to its first byte; 0: none has come.
  var setUp: Int64 { state.withLock { $0.setUp } }

  /// Whether one more connection would find something to move that would not be there before it has begun.
  func isDivisible(now: Int64 = MonotonicTime.now.nanoseconds) -> Bool {
    state.withLock { state in
      if !state.free.isEmpty { return true }
      guard rule.halves, let longest = state.claims.values.max(by: { $0.rest.count < $1.rest.count }) else {
        return false
      }
      let rest = longest.rest
      // A new session logs in first, and its slow start takes from one that is past it.
      return Int64(rest.count) >= 2 * rule.least && isWorthIt(longest, rest, state, now, setUps: 8)
    }
  }

  var failure: ClientError? { state.withLock { $0.failure } }

  /// Parts that are on their way.
  var claims: [SegmentClaim] { state.withLock { Array($0.claims.values) } }

  /// It cannot be done; the first reason stays.
  func fail(_ error: ClientError) {
    state.withLock { state in if state.failure == nil { state.failure = error } }
  }

  /// A part to move; nil: there is none now, but there may be one again.
  func take(now: Int64 = MonotonicTime.now.nanoseconds) -> SegmentClaim? {
    state.withLock { state in
      if state.failure != nil { return nil }
      let range = takeFree(&state) ?? halve(&state, now)
      guard let range else { return nil }
      state.nextNumber += 1
      let claim = SegmentClaim(state.nextNumber, range, now: now)
      state.claims[claim.number] = claim
      state.started[claim.number] = now
      return claim
    }
  }

  private func takeFree(_ state: inout State) -> Range<Int64>? {
    let longest = state.free.indices.max { state.free[$0].count < state.free[$1].count }
    guard let longest else { return nil }
    let range = state.free.remove(at: longest)
    var length = share
    if !rule.halves { length = wholePart(range, state) }
    if rule.most > 0 { length = min(length, rule.most) }
    // What would be left is not worth a connection.
    if Int64(range.count) - length < rule.least { return range }
    let middle = range.lowerBound + length
    state.free.insert(middle..<range.upperBound, at: longest)
    return range.lowerBound..<middle
  }

  /// What cannot be cut later: at first three quarters of each one's share, then what is left in equal parts, and in smaller ones, so that
  /// all are done at the same time, but not smaller than what moves in a quarter of a second. Each part costs four round trips and begins
  /// slowly.
  private func wholePart(_ range: Range<Int64>, _ state: State) -> Int64 {
    let connections = Int64(max(1, rule.connections))
    if connections == 1 { return Int64(range.count) }
    if state.nextNumber < connections { return max(rule.least, share / 4 * 3) }
    let left = state.free.reduce(Int64(range.count)) { $0 + Int64($1.count) }
    let quick = Int64(state.rate / 2)
    // Nobody else is there, and it would not take long.
    if state.claims.isEmpty, left <= 4 * quick { return left }
    return max(rule.least, min(max(left / connections, quick / 2), max(left / (2 * connections), quick)))
  }

  private func halve(_ state: inout State, _ now: Int64) -> Range<Int64>? {
    guard rule.halves else { return nil }
    let silent = state.claims.values.first { now - $0.lastMoved >= rule.silence && !$0.rest.isEmpty }
    if let silent {
      let rest = silent.rest
      silent.cut(to: rest.lowerBound)
      return rest
    }
    guard let longest = state.claims.values.max(by: { $0.rest.count < $1.rest.count }) else { return nil }
    let rest = longest.rest
    guard Int64(rest.count) >= 2 * rule.least, isWorthIt(longest, rest, state, now, setUps: 3) else { return nil }
    let middle = rest.lowerBound + (Int64(rest.count) / 2 + 65535) / 65536 * 65536
    longest.cut(to: middle)
    return middle..<rest.upperBound
  }

  /// Whether a part would not be there anyway before another connection has begun with its second half.
  ///
  /// What counts is how fast it is now, not how slowly it began. A connection that has just begun is expected to become as fast as the others
  /// were: cut in its slow start, it would leave nothing but small parts behind, which all have their own.
  ///
  /// - Parameter setUps: how long the rest must take at the least, in times of a set-up.
  private func isWorthIt(
    _ claim: SegmentClaim, _ rest: Range<Int64>, _ state: State, _ now: Int64, setUps: Double
  ) -> Bool {
    let (moved, time) = (Double(claim.moved.count), Double(now - (state.started[claim.number] ?? now)))
    let setUp = Double(state.setUp)
    var rate = max(time > 0 ? moved / time : 0, Double(claim.recentRate(now: now)) / 1e9)
    if time < 3 * setUp { rate = max(rate, state.rate / 1e9) }
    return rate <= 0 || Double(rest.count) / rate > setUps * setUp
  }

  /// The first byte of a part has come.
  func began(_ claim: SegmentClaim, now: Int64 = MonotonicTime.now.nanoseconds) {
    state.withLock { state in
      guard let start = state.started[claim.number] else { return }
      state.setUp = max(state.setUp, now - start)
    }
  }

  /// A part is over: what has moved is there, what has not can be taken by others.
  ///
  /// - Returns: whether the file is whole now.
  @discardableResult
  func giveBack(_ claim: SegmentClaim, now: Int64 = MonotonicTime.now.nanoseconds) -> Bool {
    state.withLock { state in
      guard state.claims.removeValue(forKey: claim.number) != nil else { return false }
      if let start = state.started.removeValue(forKey: claim.number), now > start {
        state.rate = max(state.rate, Double(claim.moved.count) / Double(now - start) * 1e9)
      }
      state.done.insert(claim.moved)
      if !claim.rest.isEmpty {
        state.free.append(contentsOf: state.done.missing(in: claim.rest))
        state.free.sort { $0.lowerBound < $1.lowerBound }
      }
      return state.done.contains(0..<size)
    }
  }

  /// Bytes that are not what they should be: they have to move again.
  func undo(_ range: Range<Int64>) {
    state.withLock { state in
      state.done.remove(range)
      state.free.append(range)
      state.free.sort { $0.lowerBound < $1.lowerBound }
    }
  }
}
