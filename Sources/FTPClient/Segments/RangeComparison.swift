// Compares a local and a remote file by digests of ranges, over several connections at once: what differs is known by the range.

import FTPProtocol
import Synchronization

struct RangeComparison: Sendable {
  /// The most bytes that one digest stands for at first, and then of those that differ: so many are fetched again for one.
  private static let most: Int64 = 16 << 20
  private static let fewest: Int64 = 1 << 20
  /// With more digests than this their round trips would cost more than what they save.
  private static let count: Int64 = 1024

  private let crew: SegmentCrew
  private let path: RemotePath
  private let size: Int64

  init(_ crew: SegmentCrew, _ path: RemotePath, _ size: Int64) {
    self.crew = crew
    self.path = path
    self.size = size
  }

  /// The ranges whose digests are not equal, in order.
  ///
  /// - Parameters:
  ///   - file: the local one.
  ///   - ranges: where to look; nil: everywhere.
  /// - Throws: ``ClientError/Code/unsupported`` where the server computes no digests of ranges.
  func differences(
    from file: Int32, within ranges: [Range<Int64>]? = nil
  ) async throws(ClientError) -> [Range<Int64>] {
    let coarse = max(Self.most, size / Self.count)
    let wrong = try await differences(from: file, within: ranges ?? [0..<size], by: coarse)
    if wrong.isEmpty { return [] }
    // The server has shown that it knows ranges, if there was more than one.
    do throws(ClientError) { return try await differences(from: file, within: wrong, by: Self.fewest) } catch {
      guard error.code == .unsupported else { throw error }
      return wrong
    }
  }

  /// - Parameter most: bytes of a range at most.
  private func differences(
    from file: Int32, within ranges: [Range<Int64>], by most: Int64
  ) async throws(ClientError) -> [Range<Int64>] {
    var rest = IntervalSet()
    rest.insert(0..<size)
    for range in ranges { rest.remove(range) }
    var rule = SegmentList.Rule()
    rule.connections = crew.options.first
    rule.most = most
    rule.least = min(most, 4 << 20)
    rule.halves = false
    let list = SegmentList(size: size, done: rest, rule)
    let wrong = Mutex<[Range<Int64>]>([])
    let (path, size) = (path, size)
    let comparing = SegmentCrew(
      first: crew.first, pool: crew.pool, options: crew.options, progress: SegmentProgress(), note: crew.note)
    try await comparing.run(list) { session, claim, _ throws(ClientError) in
      let range = claim.rest
      if range.isEmpty { return }
      let octets = UInt64(range.lowerBound)..<UInt64(range.upperBound)
      // The whole at once is what old commands can do, too.
      let remote = try await session.digest(path, of: range == 0..<size ? nil : octets)
      if try LocalDigest.of(file, remote.algorithm, octets) != remote.digest { wrong.withLock { $0.append(range) } }
      claim.advance(to: range.upperBound, now: 0)
    }
    return wrong.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
  }
}
