// One file over several connections, down or up: begun, gone on with after any break, and whole before it has its name.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// Copies files between a server and a directory of this host, each over several connections.
///
/// All sessions are with the same server and user. Further ones come from a pool and go back there, so the next file finds them open.
public struct SegmentedTransfer: Sendable {
  /// The session that asks what there is to do; it moves bytes like all others.
  public let session: ClientSession
  /// Where further sessions come from; nil: all is done by the first one.
  public let pool: SessionPool?
  public var options: SegmentOptions
  /// How far it is, readable from any thread.
  public let progress: SegmentProgress
  /// Told, for a person, what is tried again and why.
  public var note: @Sendable (String) -> Void = { _ in }

  /// Nothing is done yet.
  public init(
    _ session: ClientSession, pool: SessionPool?, _ options: SegmentOptions = SegmentOptions(),
    progress: SegmentProgress = SegmentProgress()
  ) {
    self.session = session
    self.pool = pool
    self.options = options
    self.progress = progress
  }

  var crew: SegmentCrew {
    SegmentCrew(first: session, pool: pool, options: options, progress: progress, note: note)
  }

  /// Fetches a file into `directory` as `name`, as ``ClientSession/fetch(_:to:in:_:entry:meter:)`` does, but over several connections.
  ///
  /// Which bytes have come is written down beside the part, so that nothing but the last MiB of each connection has to come again after
  /// any break. Where the server has RANG each part ends in order; elsewhere it begins by REST and is broken off behind its last byte.
  ///
  /// - Parameter entry: what a listing told of the file; nil: the server is asked.
  /// - Throws: ``ClientError``. What has come stays, and the same call goes on with it.
  public func fetch(
    _ path: RemotePath, to name: [UInt8], in directory: LocalDirectory,
    _ whole: WholeFileOptions = WholeFileOptions(), entry: ListedEntry? = nil
  ) async throws(ClientError) -> WholeFileReport {
    let source: ListedEntry
    if let entry, entry.size != nil, entry.modified != nil {
      source = entry
    } else {
      source = try await session.facts(path)
    }
    if source.kind == .directory { throw ClientError(.usage, "\(path) is a directory") }
    guard let size = source.size.flatMap({ Int64(exactly: $0) }), await session.format.isStraight,
      await session.fetchesParts
    else {
      let meter = progress.begin(0)
      defer { progress.end(0) }
      return try await session.fetch(path, to: name, in: directory, whole, entry: source, meter: meter)
    }
    let download = SegmentedDownload(self, path, name, directory, source, size)
    return try await download.run(whole)
  }
}

/// One download.
struct SegmentedDownload: Sendable {
  let transfer: SegmentedTransfer
  let path: RemotePath
  let name: [UInt8]
  let directory: LocalDirectory
  let source: ListedEntry
  let size: Int64
  let crew: SegmentCrew

  init(
    _ transfer: SegmentedTransfer, _ path: RemotePath, _ name: [UInt8], _ directory: LocalDirectory,
    _ source: ListedEntry, _ size: Int64
  ) {
    self.transfer = transfer
    self.path = path
    self.name = name
    self.directory = directory
    self.source = source
    self.size = size
    crew = transfer.crew
  }

  func run(_ whole: WholeFileOptions) async throws(ClientError) -> WholeFileReport {
    var part = try PartFile(of: name, in: directory)
    let known = whole.resumes ? try await present(part) : []
    try part.make(room: size)
    let record = try ControlFile(identity, known, for: name, in: directory)
    var done = IntervalSet()
    for piece in known { done.insert(piece.range) }
    let file = part.file.number
    do throws(ClientError) {
      try await fetch(done, into: file, record)
      if whole.verifies { try await verify(file, record) }
      try await requireUnchanged()
    } catch {
      await record.settle()
      throw error
    }
    await record.settle()
    try part.commit(as: name, modified: whole.keepsTimes ? source.modified : nil, replacing: whole.replaces)
    try ControlFile.remove(for: name, in: directory)
    return WholeFileReport(
      transfer: nil, resumedAt: UInt64(done.count), size: UInt64(size), pipelined: transfer.progress.bytes)
  }

  // MARK: the bytes

  /// Fetches what is not there.
  private func fetch(_ done: IntervalSet, into file: Int32, _ record: ControlFile) async throws(ClientError) {
    var rule = SegmentList.Rule()
    rule.connections = transfer.options.first
    rule.least = Int64(clamping: transfer.options.block)
    let list = SegmentList(size: size, done: done, rule)
    let (path, size, progress) = (path, size, transfer.progress)
    try await crew.run(list) { session, claim, slot throws(ClientError) in
      _ = try await session.fetchPart(path, claim, of: size, into: file, record, meter: progress.begin(slot)) {
        list.began(claim)
      }
    }
  }

  /// Compares digests of all, range by range, and fetches again what differs.
  private func verify(_ file: Int32, _ record: ControlFile) async throws(ClientError) {
    let comparison = RangeComparison(crew, path, size)
    let wrong = try await comparison.differences(from: file)
    if wrong.isEmpty { return }
    transfer.note("\(wrong.reduce(0) { $0 + $1.count }) bytes differ and are fetched again")
    var right = IntervalSet()
    right.insert(0..<size)
    for range in wrong { right.remove(range) }
    try await fetch(right, into: file, record)
    guard try await comparison.differences(from: file, within: wrong).isEmpty else {
      throw ClientError(.incomplete, "the copy of \(path) differs from its source: their digests are not the same")
    }
  }

  /// A file that changed while it was fetched is neither the old one nor the new one.
  private func requireUnchanged() async throws(ClientError) {
    guard source.modified != nil else { return }
    let now = try await crew.withSession { session throws(ClientError) in try await session.facts(path) }
    guard now.size == source.size, now.modified?.seconds == source.modified?.seconds || now.modified == nil,
      now.unique == source.unique || now.unique == nil || source.unique == nil
    else { throw ClientError(.incomplete, "\(path) was changed while it was fetched; the same call begins anew") }
  }

  // MARK: what is there already

  private var identity: ControlFile.Source {
    ControlFile.Source(
      place: Array("\(transfer.session.host):\(transfer.session.peer.port) ".utf8) + path.bytes, size: size,
      modified: source.modified.map { "\($0.seconds).\($0.nanoseconds)" }, unique: source.unique)
  }

  /// Pieces of the part that are those of the source.
  private func present(_ part: borrowing PartFile) async throws(ClientError) -> [ControlFile.Record] {
    let file = part.file.number
    guard part.size > 0 else { return [] }
    guard let (old, records) = try ControlFile.read(for: name, in: directory) else {
      // What came over one connection is its beginning, as far as that is proved.
      let session = transfer.session
      let have = Int64(clamping: try await session.provenBytes(part, path, source))
      if have > 0 { return try pieces(of: file, upTo: min(have, size)) }
      let old = try pieces(of: file, upTo: min(Int64(clamping: part.size), size))
      return try await proven(old, file)
    }
    guard old.size == size else { return [] }
    var intact: [ControlFile.Record] = []
    for record in records where record.range.upperBound <= Int64(clamping: part.size) {
      if try Self.checkSum(file, record.range) == record.checkSum { intact.append(record) }
    }
    let isSame =
      old.place == identity.place && old.modified == identity.modified && old.modified != nil
      && (old.unique == identity.unique || old.unique == nil || identity.unique == nil)
    if isSame { return intact }
    return try await proven(intact, file)
  }

  /// Of another version, or of who knows what: only that stays of which the server has the same digests.
  private func proven(_ intact: [ControlFile.Record], _ file: Int32) async throws(ClientError) -> [ControlFile.Record] {
    if intact.isEmpty { return [] }
    do throws(ClientError) {
      let wrong = try await RangeComparison(crew, path, size).differences(from: file, within: intact.map(\.range))
      return intact.filter { piece in !wrong.contains { $0.overlaps(piece.range) } }
    } catch {
      guard error.code == .unsupported || error.code == .refused else { throw error }
      return []
    }
  }

  private func pieces(of file: Int32, upTo end: Int64) throws(ClientError) -> [ControlFile.Record] {
    var records: [ControlFile.Record] = []
    let length = ControlFile.pieceSize(of: size)
    for start in stride(from: 0, to: end, by: Int(length)) {
      let range = start..<min(start + length, end)
      records.append(
        ControlFile.Record(range: range, checkSum: try Self.checkSum(file, range), isSynced: false))
    }
    return records
  }

  private static func checkSum(_ file: Int32, _ range: Range<Int64>) throws(ClientError) -> [UInt8] {
    try LocalDigest.of(file, .crc32, UInt64(range.lowerBound)..<UInt64(range.upperBound))
  }
}
