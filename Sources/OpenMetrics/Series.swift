// The values of metrics, as swift-metrics writes them: atomics, so that nobody who counts waits for anybody.

import CoreMetrics
import Synchronization

/// One series of a counter.
final class CounterSeries: CounterHandler, Sendable {
  private let count = Atomic<Int64>(0)

  var value: Int64 { count.load(ordering: .relaxed) }

  func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }

  func reset() { count.store(0, ordering: .relaxed) }
}

/// One series of a gauge: the last value set, whole or not.
final class GaugeSeries: MeterHandler, RecorderHandler, Sendable {
  private let bits = Atomic<UInt64>(Double.nan.bitPattern)

  /// NaN until it is set.
  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
  func increment(by amount: Double) { change(by: amount) }
  func decrement(by amount: Double) { change(by: -amount) }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }

  private func change(by amount: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let before = Double(bitPattern: old)
      let new = (before.isNaN ? 0 : before) + amount
      let (isDone, now) = bits.compareExchange(expected: old, desired: new.bitPattern, ordering: .relaxed)
      if isDone { return }
      old = now
    }
  }
}

/// The request that an observation was about.
public struct Exemplar: Sendable, Equatable {
  public let session: UInt64
  public let request: UInt32

  public init(session: UInt64, request: UInt32) {
    self.session = session
    self.request = request
  }
}

/// One series of a histogram of durations.
public final class HistogramSeries: TimerHandler, Sendable {
  /// A look at it: not cumulative.
  struct Values {
    var counts: [UInt64]
    var nanoseconds: Int64
    /// The latest request in each bucket, with what it took; nil where there was none.
    var exemplars: [(Exemplar, nanoseconds: Int64)?]
  }

  /// A bucket has a cache line half to itself: its count, and its latest request.
  private struct Bucket: ~Copyable {
    let count = Atomic<UInt64>(0)
    let session = Atomic<UInt64>(0)
    /// The request's number above, below it 2³² microseconds at most.
    let request = Atomic<UInt64>(0)
  }

  /// Upper bounds in nanoseconds.
  private let bounds: [Int64]
  /// Atomics that are made in `init` and stay where they are until `deinit`, so threads share them without a lock.
  private nonisolated(unsafe) let buckets: UnsafeMutableBufferPointer<Bucket>
  private let sum = Atomic<Int64>(0)

  /// - Parameter bounds: upper bounds in seconds, ascending.
  init(bounds: [Double]) {
    self.bounds = bounds.map { Int64($0 * 1_000_000_000) }
    buckets = .allocate(capacity: bounds.count + 1)
    for index in buckets.indices { buckets.initializeElement(at: index, to: Bucket()) }
  }

  deinit {
    buckets.deinitialize()
    buckets.deallocate()
  }

  public func recordNanoseconds(_ duration: Int64) { _ = count(duration) }

  /// Counts a duration, and remembers whose it was.
  public func record(nanoseconds duration: Int64, of exemplar: Exemplar) {
    let index = count(duration)
    let microseconds = UInt64(min(max(0, duration) / 1000, Int64(UInt32.max)))
    buckets[index].session.store(exemplar.session, ordering: .relaxed)
    buckets[index].request.store(UInt64(exemplar.request) << 32 | microseconds, ordering: .relaxed)
  }

  private func count(_ duration: Int64) -> Int {
    // Most are short; so few bounds are walked through faster than halved.
    var index = 0
    while index < bounds.count, duration > bounds[index] { index += 1 }
    buckets[index].count.wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(max(0, duration), ordering: .relaxed)
    return index
  }

  var values: Values {
    var values = Values(counts: [], nanoseconds: sum.load(ordering: .relaxed), exemplars: [])
    for index in buckets.indices {
      values.counts.append(buckets[index].count.load(ordering: .relaxed))
      let request = buckets[index].request.load(ordering: .relaxed)
      let session = buckets[index].session.load(ordering: .relaxed)
      // Written one after the other, so a look in between may pair two requests of the same bucket; both were there.
      values.exemplars.append(
        session == 0
          ? nil
          : (
            Exemplar(session: session, request: UInt32(truncatingIfNeeded: request >> 32)),
            nanoseconds: Int64(request & 0xFFFF_FFFF) * 1000
          ))
    }
    return values
  }
}
