// One upload over several connections, into one partial of the server, which takes its name when no byte is missing.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Synchronization
import TransportSecurity

extension SegmentedTransfer {
  /// Sends the file `name` of `directory`, as ``ClientSession/deliver(_:in:to:_:meter:)`` does, but over several connections.
  ///
  /// Where the server fills a partial by segments (ALLO, RANG and STOR, as weftpd does) each connection sends parts of the file; what the
  /// server has of an earlier try is not sent again, and the digest of the whole proves that it belongs to this file. Elsewhere
  /// it goes over one connection.
  public func deliver(
    _ name: [UInt8], in directory: LocalDirectory, to path: RemotePath,
    _ whole: WholeFileOptions = WholeFileOptions()
  ) async throws(ClientError) -> WholeFileReport {
    let file = try directory.openForReading(name)
    let shown = directory.path(of: name)
    let before = try ClientSession.status(file.number, shown)
    guard before.isRegular else { throw ClientError(.localFile, "\(shown) is not a regular file") }
    if let size = Int64(exactly: before.size), size >= 2 * Int64(clamping: options.block),
      await session.format.isStraight,
      await session.features.sendsRanges, let kept = try await session.segments(of: path),
      kept.total == nil || kept.total == size
    {
      let upload = SegmentedUpload(self, path, file.number, size)
      if let resumed = try await upload.runToTheEnd(whole, kept.done) {
        try ClientSession.requireUnchanged(file.number, since: before, shown)
        try await upload.crew.withSession { session throws(ClientError) in
          if whole.keepsTimes { try await session.keepTime(path, before.modified) }
        }
        return WholeFileReport(
          transfer: nil, resumedAt: UInt64(resumed), size: before.size, pipelined: progress.bytes)
      }
      note("it is sent over one connection")
    }
    let meter = progress.begin(0)
    defer { progress.end(0) }
    let (name, directory, whole) = (name, directory, whole)
    return try await crew.withSession { session throws(ClientError) in
      try await session.deliver(name, in: directory, to: path, whole, meter: meter)
    }
  }
}

/// One upload.
struct SegmentedUpload: Sendable {
  let transfer: SegmentedTransfer
  let path: RemotePath
  let file: Int32
  let size: Int64
  let crew: SegmentCrew

  init(_ transfer: SegmentedTransfer, _ path: RemotePath, _ file: Int32, _ size: Int64) {
    self.transfer = transfer
    self.path = path
    self.file = file
    self.size = size
    crew = transfer.crew
  }

  /// Sends all that is missing, and what the server has lost of it meanwhile: a power cut at the other end may cost it parts that it had
  /// said to be stored.
  func runToTheEnd(_ whole: WholeFileOptions, _ kept: IntervalSet) async throws(ClientError) -> Int64? {
    guard let resumed = try await run(whole, kept) else { return nil }
    for _ in 0..<3 {
      let left = try await crew.withSession { session throws(ClientError) in try await session.segments(of: path) }
      guard let left, left.total == size else { return resumed }
      if try await run(whole, left.done) == nil { return nil }
    }
    throw ClientError(.incomplete, "the server says again and again that parts of \(path) are missing")
  }

  /// Sends all that is missing.
  ///
  /// - Parameter kept: what the server has.
  /// - Returns: how many bytes it had; nil where it cannot be done in segments after all, or what the server has is of another file.
  func run(_ whole: WholeFileOptions, _ kept: IntervalSet) async throws(ClientError) -> Int64? {
    let resumes = whole.resumes && !kept.isEmpty
    // Whether bytes of an earlier try belong to this file only the whole can tell.
    let digest = resumes || whole.verifies ? try expected(await transfer.session.features) : nil
    if resumes, digest == nil { return nil }
    if !kept.isEmpty, !whole.resumes { return nil }
    var done = kept
    // The server gives the file its name with a segment: one byte at least has to be sent.
    if done.contains(0..<size) { done.remove((size - 1)..<size) }
    var rule = SegmentList.Rule()
    // Nobody knows how many there will be of -n auto.
    let isAutomatic = transfer.options.connections == .automatic
    rule.connections = isAutomatic ? min(2, transfer.options.limit) : transfer.options.first
    rule.halves = false
    rule.least = max(Int64(clamping: transfer.options.block), size / Int64(8 * transfer.options.limit) / 4096 * 4096)
    let list = SegmentList(size: size, done: done, rule)
    let doubtful = Mutex(IntervalSet())
    let isRefused = Mutex(false)
    do throws(ClientError) {
      try await crew.run(list) { session, claim, slot throws(ClientError) in
        do throws(ClientError) { try await send(claim, list, doubtful, digest, over: session, slot) } catch {
          if error.reply?.code == 551 || error.code == .refused || error.code == .unsupported {
            isRefused.withLock { $0 = true }
          }
          throw error
        }
      }
    } catch {
      guard isRefused.withLock({ $0 }), error.reply?.code != 552 else { throw error }
      transfer.note(error.message)
      return nil
    }
    return done.count
  }

  /// Sends a part: all of it, or what the server lacks of it, if an earlier connection has broken there.
  private func send(
    _ claim: SegmentClaim, _ list: SegmentList, _ doubtful: borrowing Mutex<IntervalSet>, _ digest: RemoteDigest?,
    over session: ClientSession, _ slot: Int
  ) async throws(ClientError) {
    let range = claim.rest
    var missing = [range]
    if doubtful.withLock({ !$0.intersection(range).isEmpty }), let kept = try await session.segments(of: path) {
      // Where nothing is kept any more, the last segment may have been the last of all: its 226 was lost.
      if kept.total == nil, try await isStored(session) { missing = [] } else { missing = kept.done.missing(in: range) }
      doubtful.withLock { $0.remove(range) }
    }
    for part in missing {
      let meter = transfer.progress.begin(slot)
      do throws(ClientError) {
        try await session.sendPart(path, part, of: size, from: file, expecting: digest, meter: meter)
      } catch {
        // How much of it the server has it will say.
        doubtful.withLock { $0.insert(range) }
        throw error
      }
      claim.advance(to: part.upperBound, now: MonotonicTime.now.nanoseconds)
    }
    claim.advance(to: range.upperBound, now: MonotonicTime.now.nanoseconds)
  }

  /// Whether the server has the whole file under its name.
  private func isStored(_ session: ClientSession) async throws(ClientError) -> Bool {
    do throws(ClientError) {
      guard try await session.size(path) == UInt64(size) else { return false }
      return try await session.isEqual(file, path, first: nil)
    } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      return false
    }
  }

  /// The digest the whole has to have.
  private func expected(_ features: ServerFeatures) throws(ClientError) -> RemoteDigest? {
    let offered = features.hashAlgorithms.compactMap { DigestAlgorithm(named: Array($0.name.utf8)) }
    let chosen = [DigestAlgorithm.sha256, .sha512, .sha1, .md5, .crc32].first { offered.contains($0) }
    guard let chosen else { return nil }
    return RemoteDigest(algorithm: chosen, digest: try LocalDigest.of(file, chosen, first: nil))
  }
}

extension ClientSession {
  /// What a server has of an upload in segments.
  struct Segments: Sendable {
    /// Bytes the whole will have; nil: nothing is kept that was begun in segments.
    let total: Int64?
    let done: IntervalSet
  }

  /// Asks which bytes of an upload are there (SITE PARTIAL of weftpd).
  ///
  /// - Returns: nil where the server knows no such thing.
  func segments(of path: RemotePath) async throws(ClientError) -> Segments? {
    try await enter()
    defer { leave() }
    let reply = try await exchange(Command(verb: "SITE", argument: Array("PARTIAL ".utf8) + path.bytes))
    if [500, 501, 502, 504].contains(reply.code) { return nil }
    guard reply.code == 213 else { return Segments(total: nil, done: IntervalSet()) }
    var done = IntervalSet()
    let total = reply.lines.first.flatMap { line in
      line.split { !(0x30...0x39 ~= $0) }.last.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
    guard reply.lines.count > 1, let total else {
      // An upload in one piece: its bytes are the first segment.
      return Segments(total: nil, done: IntervalSet())
    }
    for line in reply.innerLines {
      let numbers = line.split { !(0x30...0x39 ~= $0) }.compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
      if numbers.count == 2, numbers[0] <= numbers[1], numbers[1] < total { done.insert(numbers[0]..<(numbers[1] + 1)) }
    }
    return Segments(total: total, done: done)
  }

  /// Sends a part of a file to its place in the partial (ALLO, RANG, STOR).
  ///
  /// - Parameter digest: the server gives the file its name only if the whole has this digest (SITE EXPECT); nil: whatever it has.
  func sendPart(
    _ path: RemotePath, _ range: Range<Int64>, of size: Int64, from file: Int32, expecting digest: RemoteDigest?,
    meter: TransferMeter
  ) async throws(ClientError) {
    try await enter()
    defer { leave() }
    if let digest {
      let text = "EXPECT \(digest.algorithm.name) \(ControlFile.hexadecimal(digest.digest))"
      try await perform(Command(verb: "SITE", argument: Array(text.utf8)))
    }
    var request = TransferRequest(
      command: Command(verb: "STOR", argument: path.bytes), direction: .upload, format: TransferFormat(type: .image))
    request.range = ClosedRange(UInt64(range.lowerBound)..<UInt64(range.upperBound))
    request.announced = UInt64(size)
    request.meter = meter
    let transfer = try await begin(request)
    do throws(TransferBreak) { try await transfer.process.send(file, range, with: self) } catch {
      throw await abandon(transfer, because: explained(error, of: transfer.what))
    }
    _ = try await finish(transfer)
  }
}
