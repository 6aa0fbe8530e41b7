// How many connections a file gets if nobody says how many: one more as long as each makes the sum faster.

import LinuxSystem
import MultipathTCP

/// When another connection pays off, by the bytes per second of all.
struct GrowthRule {
  /// The sum before the last connection came; 0: there was none.
  var best = 0.0

  /// Whether the last connection has made the sum a tenth faster, so that one more may do so, too.
  func paysOff(_ rate: Double) -> Bool { rate >= best * 1.1 }

  /// Whether the sum is far below what it was.
  ///
  /// A connection is fastest just before its first loss, and may never be so fast again: then the comparison was wrong, and what another
  /// brings has to be seen anew. A tenth or two is no reason: BBR moves next to nothing for 200 ms every ten seconds.
  func hasFallen(_ rate: Double) -> Bool { rate < best * 0.7 }
}

extension SegmentCrew {
  /// Adds a connection as long as each makes the sum a tenth faster.
  ///
  /// None is added as long as those there are become faster by themselves: on a link that one connection can fill, another would only take
  /// its second half away from it, and begin slowly. That holds all the more for a connection with two paths, which may carry both.
  func grow(_ list: SegmentList, _ shared: Shared, _ most: Int) async {
    var rule = GrowthRule()
    var count = 1
    while count < most, await isMoving(count, list, shared), await becomesDivisible(list) {
      guard var rate = await settledRate(list), !shared.state.withLock({ $0.isFull }) else { return }
      if !rule.paysOff(rate) {
        // Chance has its part in a short look.
        guard let longer = await self.rate(list, .milliseconds(400), 8) else { return }
        rate = longer
      }
      if !rule.paysOff(rate) {
        note("\(count) connections: one more would not be faster")
        guard let fallen = await fallen(rule, list) else { return }
        note("what \(count) connections move has become less: \(Int64(fallen)) bytes a second")
        rate = fallen
      }
      if shared.state.withLock({ $0.isFull }) { return }
      // Towards the end nothing is left for another; unless the rest takes longer than it seemed.
      if !list.isDivisible() { continue }
      rule.best = rate
      let added = shared.state.withLock { state -> Bool in
        if state.live == 0 || list.isSettled { return false }
        state.live += 1
        return true
      }
      guard added else { return }
      shared.feed.yield(count)
      count += 1
    }
  }

  /// Waits until there is something that another connection could move in time; false when that will not be.
  private func becomesDivisible(_ list: SegmentList) async -> Bool {
    while !list.isSettled, !Task.isCancelled {
      if list.isDivisible() { return true }
      try? await Task.sleep(for: .milliseconds(200))
    }
    return false
  }

  /// Waits until the sum has fallen for a second; nil when there is nothing to measure any more.
  private func fallen(_ rule: GrowthRule, _ list: SegmentList) async -> Double? {
    while await becomesDivisible(list) {
      guard let rate = await rate(list, .seconds(1), 8, prepares: false) else { return nil }
      if rule.hasFallen(rate) { return rate }
    }
    return nil
  }

  /// The sum of all, once it grows no more; nil when there is nothing to measure any more.
  private func settledRate(_ list: SegmentList) async -> Double? {
    guard var rate = await rate(list, .milliseconds(100), 3) else { return nil }
    while let next = await self.rate(list, .milliseconds(100), 3) {
      if next <= rate * 1.1 { return max(rate, next) }
      rate = next
    }
    return nil
  }

  /// Waits until so many connections move bytes; false when that will not be.
  private func isMoving(_ count: Int, _ list: SegmentList, _ shared: Shared) async -> Bool {
    while !list.isSettled, !Task.isCancelled {
      let (live, active) = (shared.state.withLock { $0.live }, progress.active)
      if live < count { return false }
      if active >= count, progress.bytes > 0 { return true }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// Bytes per second over all connections; nil when there is nothing to measure any more. Meanwhile the next session logs in, if there
  /// will be something left for it.
  ///
  /// - Parameters:
  ///   - least: how long to measure at least.
  ///   - trips: how many round trips.
  ///   - prepares: whether a further session is opened meanwhile.
  private func rate(
    _ list: SegmentList, _ least: Duration, _ trips: Int, prepares: Bool = true
  ) async -> Double? {
    let (before, start) = (progress.bytes, MonotonicTime.now)
    let time = await max(least, first.roundTrip * trips)
    try? await Task.sleep(for: time / 2)
    guard !list.isSettled, !Task.isCancelled else { return nil }
    if prepares, list.isDivisible() { pool?.prepare() }
    try? await Task.sleep(for: time / 2)
    guard !list.isSettled, !Task.isCancelled else { return nil }
    return Double(progress.bytes &- before) / max(0.001, Double(MonotonicTime.now.since(start)) / 1e9)
  }
}

extension ClientSession {
  /// How long a round trip takes, as the kernel has measured it; 0: nobody knows.
  var roundTrip: Duration {
    guard failure == nil else { return .zero }
    return ConnectionReport(control.number).paths.map(\.statistics.roundTrip).max() ?? .zero
  }
}
