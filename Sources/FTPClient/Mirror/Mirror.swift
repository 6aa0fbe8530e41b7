// Makes a directory of this host like one of a server, or the other way round: what is new or changed is copied, nothing else.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// A directory here and a directory there.
public struct Mirror: Sendable {
  public enum Direction: Sendable, Hashable {
    /// From the server to here.
    case down
    /// From here to the server.
    case up
  }

  /// What a run tells while it goes on.
  public enum Event: Sendable {
    case makesDirectory([UInt8])
    case copies([UInt8], bytes: UInt64?, meter: TransferMeter)
    case copied([UInt8], WholeFileReport)
    case makesLink([UInt8])
    case deletes([UInt8])
    case failed([UInt8], ClientError)
  }

  /// What a run came to.
  public struct Report: Sendable {
    public var copied = 0
    public var bytes: UInt64 = 0
    public var deleted = 0
    public var unchanged = 0
    /// What could not be done; the rest was.
    public var failures: [(path: [UInt8], error: ClientError)] = []
    /// Why nothing was deleted although something was to be; nil otherwise.
    public var whyNotDeleted: String?

    /// Nothing was done yet.
    public init() {}
  }

  public let session: ClientSession
  public let local: LocalDirectory
  public let remote: RemotePath
  public let direction: Direction
  public var options: MirrorOptions
  /// The local directory is not looked at and counts as empty: for the plan of a download into one that is not there yet.
  public var localIsMissing = false
  /// Where further sessions come from; nil: all is done by the first one.
  public var pool: SessionPool?
  /// Counts the bytes of all files; readable from any thread.
  public var meter: TransferMeter?

  /// A mirror; nothing is done yet.
  public init(
    _ direction: Direction, _ session: ClientSession, local: LocalDirectory, remote: RemotePath,
    options: MirrorOptions = MirrorOptions()
  ) {
    self.direction = direction
    self.session = session
    self.local = local
    self.remote = remote
    self.options = options
  }

  /// Reads both trees and compares them.
  ///
  /// A directory of the server that is not there counts as empty when it is the target.
  ///
  /// - Parameter measuresClock: where the server keeps no times, an empty file may be put there for a moment to learn what time it is there.
  public func plan(
    measuresClock: Bool = true
  ) async throws(ClientError) -> (plan: MirrorPlan, skipped: [(path: [UInt8], reason: String)]) {
    var options = options
    let wanted = options
    let here = localIsMissing ? FileTree() : try FileTree.read(local) { path, _ in wanted.isWanted(path) }
    var there = FileTree()
    do throws(ClientError) {
      let links = direction == .down ? options.links : .skip
      there = try await FileTree.read(session, remote, pool: pool, links: links) { path, _ in wanted.isWanted(path) }
    } catch {
      guard direction == .up, error.code == .refused else { throw error }
    }
    let skipped = here.skipped + there.skipped
    if direction == .up {
      options.targetKeepsNoTimes = await !session.features.contains("MFMT")
      if measuresClock, options.needsClock(here, there) {
        options.clockDifference = try await session.clockDifference(in: remote)
      }
    }
    if options.comparison == .digest { options.differing = try await differing(here, there) }
    let plan =
      direction == .down
      ? MirrorPlan(from: there, to: here, options) : MirrorPlan(from: here, to: there, options)
    return (plan, skipped)
  }

  /// Files of the same size whose contents differ.
  private func differing(_ here: FileTree, _ there: FileTree) async throws(ClientError) -> Set<[UInt8]> {
    var differing: Set<[UInt8]> = []
    for (path, entry) in here.entries where entry.kind == .file {
      guard let other = there.entries[path], other.kind == .file, other.size == entry.size, entry.size != 0 else {
        continue
      }
      let place = try parent(of: path)
      let proof = try await session.compare(FileTree.name(path), in: place, with: remote.appending(path))
      if !proof.isEqual { differing.insert(path) }
    }
    return differing
  }

  /// Does what a plan says. What fails does not keep the rest from being done, unless the session is lost or the task cancelled. Deletions
  /// come last, and only if everything else went well.
  public func run(
    _ plan: MirrorPlan, isolation: isolated (any Actor)? = #isolation, tell: (Event) -> Void = { _ in }
  ) async throws(ClientError) -> Report {
    var report = Report()
    report.unchanged = plan.unchanged
    if direction == .up, !remote.bytes.isEmpty, !plan.isEmpty, try await !session.isDirectory(remote) {
      _ = try await session.makeDirectory(remote)
    }
    try await make(plan.directories, &report, tell)
    try await copy(plan.copies, &report, tell)
    try await link(plan.links, &report, tell)
    try await setModes(plan.modes, &report, tell)
    if plan.deletions.isEmpty { return report }
    if !report.failures.isEmpty {
      report.whyNotDeleted = "not everything could be copied"
    } else if let limit = options.deletionLimit, plan.deletions.count > limit {
      report.whyNotDeleted = "\(plan.deletions.count) deletions are more than \(limit)"
    } else {
      for deletion in plan.deletions {
        tell(.deletes(deletion.path))
        let before = report.failures.count
        try await attempt(deletion.path, &report, tell) { () throws(ClientError) in try await self.delete(deletion) }
        if report.failures.count == before { report.deleted += 1 }
      }
    }
    return report
  }

  func attempt(
    _ path: [UInt8], _ report: inout Report, _ tell: (Event) -> Void, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws(ClientError) -> Void
  ) async throws(ClientError) {
    do throws(ClientError) { try await body() } catch {
      if error.code == .cancelled || error.retry == .newSession { throw error }
      if await !session.isOpen { throw error }
      report.failures.append((path, error))
      tell(.failed(path, error))
    }
  }

  private func make(
    _ paths: [[UInt8]], _ report: inout Report, _ tell: (Event) -> Void, isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) {
    for path in paths { tell(.makesDirectory(path)) }
    switch direction {
    case .down:
      for path in paths {
        try await attempt(path, &report, tell) { () throws(ClientError) in
          _ = try self.parent(of: path).directory(FileTree.name(path), creating: true)
        }
      }
    case .up:
      let commands = paths.map { Command(verb: "MKD", argument: remote.appending($0).bytes) }
      for (path, error) in zip(paths, try await session.ahead(commands)) {
        guard let error else { continue }
        report.failures.append((path, error))
        tell(.failed(path, error))
      }
    }
  }

  private func copy(
    _ copies: [MirrorPlan.Copy], _ report: inout Report, _ tell: (Event) -> Void,
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) {
    var batch = TransferBatch(direction == .up ? .up : .down, session, local)
    batch.pool = pool
    batch.meter = meter
    // A file that is there is another one; to prove that costs more than it saves.
    let files = copies.map { copy in
      TransferBatch.File(
        remote.appending(copy.path), local: copy.path, size: copy.entry.size, modified: copy.entry.modified,
        resumes: direction == .down || !copy.replaces)
    }
    var state = report
    try await batch.run(files) { event in
      switch event {
      case .begins(let index, let meter):
        tell(.copies(copies[index].path, bytes: copies[index].entry.size, meter: meter))
      case .copied(let index, let done):
        state.copied += 1
        state.bytes += done.moved
        tell(.copied(copies[index].path, done))
      case .failed(let index, let error):
        state.failures.append((copies[index].path, error))
        tell(.failed(copies[index].path, error))
      }
    }
    report = state
  }

  private func delete(_ deletion: MirrorPlan.Deletion) async throws(ClientError) {
    switch direction {
    case .down:
      let directory = try parent(of: deletion.path)
      let name = FileTree.name(deletion.path)
      if deletion.isDirectory { try directory.removeDirectory(name) } else { try directory.remove(name) }
    case .up:
      let path = remote.appending(deletion.path)
      if deletion.isDirectory { try await session.removeDirectory(path) } else { try await session.delete(path) }
    }
  }

  /// The local directory a path is in, opened name by name.
  func parent(of path: [UInt8]) throws(ClientError) -> LocalDirectory {
    var directory = local
    for name in path.split(separator: 0x2F).dropLast() { directory = try directory.directory(Array(name)) }
    return directory
  }
}
