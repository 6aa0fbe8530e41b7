// Which bytes of a file are there: intervals in order, none touching the next.

/// A set of byte positions, kept as intervals.
public struct IntervalSet: Sendable, Equatable {
  /// In order; between two of them at least one byte is missing.
  public private(set) var intervals: [Range<Int64>] = []

  public init() {}

  public var isEmpty: Bool { intervals.isEmpty }

  /// How many positions are in it.
  public var count: Int64 { intervals.reduce(0) { $0 + Int64($1.count) } }

  /// The end of the interval that begins at 0; 0 if there is none.
  public var prefix: Int64 { intervals.first.flatMap { $0.lowerBound == 0 ? $0.upperBound : nil } ?? 0 }

  public mutating func insert(_ range: Range<Int64>) {
    if range.isEmpty { return }
    let first = index(endingAtOrBehind: range.lowerBound)
    var (lower, upper, end) = (range.lowerBound, range.upperBound, first)
    while end < intervals.count, intervals[end].lowerBound <= range.upperBound {
      lower = min(lower, intervals[end].lowerBound)
      upper = max(upper, intervals[end].upperBound)
      end += 1
    }
    intervals.replaceSubrange(first..<end, with: [lower..<upper])
  }

  public mutating func remove(_ range: Range<Int64>) {
    if range.isEmpty { return }
    intervals = intervals.flatMap { interval -> [Range<Int64>] in
      guard interval.overlaps(range) else { return [interval] }
      let before = interval.lowerBound..<max(interval.lowerBound, range.lowerBound)
      let behind = min(interval.upperBound, range.upperBound)..<interval.upperBound
      return [before, behind].filter { !$0.isEmpty }
    }
  }

  /// The parts of `range` that are in the set, in order.
  public func intersection(_ range: Range<Int64>) -> [Range<Int64>] {
    var parts: [Range<Int64>] = []
    var position = index(endingAtOrBehind: range.lowerBound)
    while position < intervals.count, intervals[position].lowerBound < range.upperBound {
      let part = intervals[position].clamped(to: range)
      if !part.isEmpty { parts.append(part) }
      position += 1
    }
    return parts
  }

  /// The parts of `range` that are not in the set, in order.
  public func missing(in range: Range<Int64>) -> [Range<Int64>] {
    var parts: [Range<Int64>] = []
    var position = range.lowerBound
    for present in intersection(range) {
      if position < present.lowerBound { parts.append(position..<present.lowerBound) }
      position = present.upperBound
    }
    if position < range.upperBound { parts.append(position..<range.upperBound) }
    return parts
  }

  public func contains(_ range: Range<Int64>) -> Bool { range.isEmpty || intersection(range) == [range] }

  /// The first interval that ends at `position` or behind it.
  private func index(endingAtOrBehind position: Int64) -> Int {
    var (low, high) = (0, intervals.count)
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].upperBound < position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
