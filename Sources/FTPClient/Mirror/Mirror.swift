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
  }

  public let session: ClientSession
  public let local: LocalDirectory
  public let remote: RemotePath
  public let direction: Direction
  public var options: MirrorOptions

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
  public func plan() async throws(ClientError) -> (plan: MirrorPlan, skipped: [(path: [UInt8], reason: String)]) {
    var options = options
    let here = try FileTree.read(local) { path, _ in options.isWanted(path) }
    var there = FileTree()
    do throws(ClientError) {
      there = try await FileTree.read(session, remote) { path, _ in options.isWanted(path) }
    } catch {
      guard direction == .up, error.code == .refused else { throw error }
    }
    let skipped = here.skipped + there.skipped
    if direction == .up { options.targetKeepsNoTimes = await !session.features.contains("MFMT") }
    let plan =
      direction == .down
      ? MirrorPlan(from: there, to: here, options) : MirrorPlan(from: here, to: there, options)
    return (plan, skipped)
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
    for path in plan.directories {
      tell(.makesDirectory(path))
      try await attempt(path, &report, tell) { () throws(ClientError) in try await self.makeDirectory(path) }
    }
    for copy in plan.copies {
      let meter = TransferMeter()
      tell(.copies(copy.path, bytes: copy.entry.size, meter: meter))
      var done: WholeFileReport?
      try await attempt(copy.path, &report, tell) { () throws(ClientError) in
        done = try await self.copy(copy, meter)
      }
      if let done {
        report.copied += 1
        report.bytes += done.transfer?.bytes ?? 0
        tell(.copied(copy.path, done))
      }
    }
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

  private func attempt(
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

  private func makeDirectory(_ path: [UInt8]) async throws(ClientError) {
    switch direction {
    case .down: _ = try parent(of: path).directory(FileTree.name(path), creating: true)
    case .up: _ = try await session.makeDirectory(remote.appending(path))
    }
  }

  private func copy(_ copy: MirrorPlan.Copy, _ meter: TransferMeter) async throws(ClientError) -> WholeFileReport {
    let directory = try parent(of: copy.path)
    let name = FileTree.name(copy.path)
    let path = remote.appending(copy.path)
    switch direction {
    case .up:
      var options = WholeFileOptions()
      // A file that is there is another one; to prove that costs more than it saves.
      options.resumes = !copy.replaces
      return try await session.deliver(name, in: directory, to: path, options, meter: meter)
    case .down:
      var entry = ListedEntry(name: copy.path, kind: .file)
      entry.size = copy.entry.size
      entry.modified = try await exactTime(path, copy.entry.modified)
      return try await session.fetch(path, to: name, in: directory, entry: entry, meter: meter)
    }
  }

  /// The time of a listing that tells minutes would be set, and then never fit again.
  private func exactTime(_ path: RemotePath, _ listed: ListedTime?) async throws(ClientError) -> ListedTime? {
    if let listed, listed.precision >= .second { return listed }
    do throws(ClientError) { return try await session.modificationTime(path) } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      return listed
    }
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

  /// The local directory a path is in, opened name by name: no link is followed.
  private func parent(of path: [UInt8]) throws(ClientError) -> LocalDirectory {
    var directory = local
    for name in path.split(separator: 0x2F).dropLast() { directory = try directory.directory(Array(name)) }
    return directory
  }
}

extension FileTree {
  /// The last component of a relative path.
  static func name(_ path: [UInt8]) -> [UInt8] { path.lastIndex(of: 0x2F).map { Array(path[($0 + 1)...]) } ?? path }
}
