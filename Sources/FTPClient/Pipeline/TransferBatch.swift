// Many files in one direction: small ones in pipelines, large ones one by one, over as many sessions as that is worth.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Synchronization

/// Copies many files between a directory of this host and a server.
public struct TransferBatch: Sendable {
  public enum Direction: Sendable, Hashable { case down, up }

  /// A file to copy.
  public struct File: Sendable {
    public let path: RemotePath
    /// Its path beneath the local directory, name by name.
    public let local: [UInt8]
    /// Bytes of the source; nil: nobody knows.
    public let size: UInt64?
    /// When the source was last changed; nil: nobody knows.
    public let modified: ListedTime?
    /// Whether what an earlier try may have left is looked for.
    public let resumes: Bool

    /// A file as it is.
    public init(
      _ path: RemotePath, local: [UInt8], size: UInt64?, modified: ListedTime? = nil, resumes: Bool = true
    ) {
      self.path = path
      self.local = local
      self.size = size
      self.modified = modified
      self.resumes = resumes
    }
  }

  /// What is told while it goes on; numbers are places in the list of files.
  public enum Event: Sendable {
    /// A large file begins; `meter` counts its bytes.
    case begins(Int, TransferMeter)
    case copied(Int, WholeFileReport)
    case failed(Int, ClientError)
  }

  public let direction: Direction
  public let session: ClientSession
  public let directory: LocalDirectory
  public var options = WholeFileOptions()
  /// Where further sessions come from; nil: all is done by the first one.
  public var pool: SessionPool?
  /// Counts the bytes of all files; readable from any thread.
  public var meter: TransferMeter?

  /// Nothing is done yet.
  public init(_ direction: Direction, _ session: ClientSession, _ directory: LocalDirectory) {
    self.direction = direction
    self.session = session
    self.directory = directory
  }

  /// Copies all of `files`. What fails does not keep the rest from being copied, unless the session is lost or the task cancelled.
  public func run(
    _ files: [File], isolation: isolated (any Actor)? = #isolation, tell: (Event) -> Void = { _ in }
  ) async throws(ClientError) {
    if files.isEmpty { return }
    let (events, feed) = AsyncStream.makeStream(of: Event.self)
    let list = BatchList(self, files, feed)
    async let outcome = list.run()
    for await event in events { tell(event) }
    if let error = await outcome { throw error }
  }
}

/// The work of a batch, taken by several sessions.
private final class BatchList: Sendable {
  private let batch: TransferBatch
  private let files: [TransferBatch.File]
  private let feed: AsyncStream<TransferBatch.Event>.Continuation
  /// Indices of the small ones, those that come last first.
  private let state: Mutex<(small: [Int], large: [Int])>
  private let places = Mutex<(path: [UInt8], place: LocalDirectory)?>(nil)

  init(
    _ batch: TransferBatch, _ files: [TransferBatch.File], _ feed: AsyncStream<TransferBatch.Event>.Continuation
  ) {
    self.batch = batch
    self.files = files
    self.feed = feed
    var small: [Int] = []
    var large: [Int] = []
    for (index, file) in files.enumerated().reversed() {
      let isSmall = file.size.map { $0 <= SmallFile.limit } ?? false
      // A few are not worth a connection of another mode.
      if isSmall, !batch.options.verifies, files.count > 1 { small.append(index) } else { large.append(index) }
    }
    state = Mutex((small, large))
  }

  /// Does all of it, and ends the stream of events.
  func run() async -> ClientError? {
    defer { feed.finish() }
    do throws(ClientError) {
      guard await batch.session.format.isStraight else {
        state.withLock { state in
          state.large = (state.large + state.small).sorted(by: >)
          state.small = []
        }
        try await SessionPool.run(batch.session, nil, helpers: 0) { session throws(ClientError) in
          try await self.work(session)
        }
        return nil
      }
      let (small, large) = state.withLock { ($0.small.count, $0.large.count) }
      let keeps = small > 0 ? try await batch.session.prepareKept(batch.direction == .up ? .upload : .download) : false
      let helpers = batch.pool.map { pool in
        // Over a kept connection downloads follow each other without a pause: further sessions bring nothing.
        let forSmall = keeps && batch.direction == .down && pool.limit == nil ? 0 : pool.helpers(for: small, each: 8)
        return max(forSmall, min(pool.helpers(for: large, each: 1), pool.limit ?? 4))
      }
      try await SessionPool.run(batch.session, batch.pool, helpers: helpers ?? 0) { session throws(ClientError) in
        try await self.work(session)
      }
      // What a helper could not finish after the first session had ended its part.
      try await work(batch.session)
      return nil
    } catch { return error }
  }

  private func work(_ session: ClientSession) async throws(ClientError) {
    if state.withLock({ !$0.small.isEmpty }) {
      try await session.pipeline(PipelineSource(next: { self.nextSmall() }, tell: { self.told($0, $1) }))
    }
    while let index = state.withLock({ $0.large.popLast() }) {
      do throws(ClientError) {
        try await copy(index, session)
      } catch {
        if error.code == .cancelled || error.retry == .newSession {
          state.withLock { $0.large.append(index) }
          throw error
        }
        if await !session.isOpen {
          state.withLock { $0.large.append(index) }
          throw error
        }
        feed.yield(.failed(index, error))
      }
    }
  }

  private func nextSmall() -> PipelineItem? {
    while let index = state.withLock({ $0.small.popLast() }) {
      let file = files[index]
      do throws(ClientError) {
        let small = SmallFile(
          file.path, name: FileTree.name(file.local), in: try place(of: file.local), size: file.size ?? 0,
          modified: file.modified)
        var options = batch.options
        options.resumes = false
        return PipelineItem(
          index: index, work: batch.direction == .up ? .deliver(small, options) : .fetch(small, options))
      } catch { feed.yield(.failed(index, error)) }
    }
    return nil
  }

  private func told(_ item: PipelineItem, _ outcome: PipelineOutcome) {
    switch outcome {
    case .copied(let bytes):
      batch.meter?.count(Int(clamping: bytes))
      feed.yield(.copied(item.index, WholeFileReport(transfer: nil, resumedAt: 0, size: bytes, pipelined: bytes)))
    case .failed(let error): feed.yield(.failed(item.index, error))
    case .undone, .listed: state.withLock { $0.large.append(item.index) }
    }
  }

  /// The directory a local path is in, opened name by name: no link is followed.
  private func place(of path: [UInt8]) throws(ClientError) -> LocalDirectory {
    let parent = Array(path[..<(path.lastIndex(of: 0x2F) ?? 0)])
    if let known = places.withLock({ $0 }), known.path == parent { return known.place }
    var directory = batch.directory
    for name in parent.split(separator: 0x2F) { directory = try directory.directory(Array(name)) }
    places.withLock { [directory] in $0 = (parent, directory) }
    return directory
  }

  private func copy(_ index: Int, _ session: ClientSession) async throws(ClientError) {
    let file = files[index]
    let name = FileTree.name(file.local)
    let directory = try place(of: file.local)
    let meter = TransferMeter()
    feed.yield(.begins(index, meter))
    var options = batch.options
    if !file.resumes { options.resumes = false }
    let report: WholeFileReport
    switch batch.direction {
    case .up: report = try await session.deliver(name, in: directory, to: file.path, options, meter: meter)
    case .down:
      var entry: ListedEntry?
      if let size = file.size {
        var known = ListedEntry(name: file.path.bytes, kind: .file)
        known.size = size
        known.modified = options.keepsTimes ? try await session.exactTime(file.path, file.modified) : nil
        entry = known
      }
      report = try await session.fetch(file.path, to: name, in: directory, options, entry: entry, meter: meter)
    }
    batch.meter?.count(Int(clamping: report.moved))
    feed.yield(.copied(index, report))
  }
}

extension ClientSession {
  /// The time of a listing that tells minutes would be set, and then never fit again.
  func exactTime(_ path: RemotePath, _ listed: ListedTime?) async throws(ClientError) -> ListedTime? {
    if let listed, listed.precision >= .second { return listed }
    do throws(ClientError) { return try await modificationTime(path) } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      return listed
    }
  }

  /// Connects for a pipeline.
  ///
  /// - Returns: whether its files will go over one connection.
  func prepareKept(_ direction: TransferInFlight.Direction) async throws(ClientError) -> Bool {
    try await enter()
    defer { leave() }
    return try await openKeptData(direction)
  }
}
