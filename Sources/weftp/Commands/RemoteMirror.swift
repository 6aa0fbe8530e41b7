// A mirror from one server to another: the trees are compared here, and the bytes go through here.

import FTPClient
import FTPProtocol

struct RemoteMirror: Sendable {
  let source: ClientSession
  let target: ClientSession
  let from: RemotePath
  let to: RemotePath
  var options: MirrorOptions

  /// Compares the two trees. A target that is not there counts as empty.
  func plan() async throws -> (plan: MirrorPlan, skipped: [(path: [UInt8], reason: String)]) {
    var options = options
    let wanted = options
    let first = try await FileTree.read(source, from, links: options.links) { path, _ in wanted.isWanted(path) }
    var second = FileTree()
    do throws(ClientError) {
      second = try await FileTree.read(target, to) { path, _ in wanted.isWanted(path) }
    } catch {
      guard error.code == .refused else { throw error }
    }
    options.targetKeepsNoTimes = await !target.features.contains("MFMT")
    if options.comparison == .digest {
      throw ClientError(.usage, "between two servers, digests are not compared: size+time or size")
    }
    return (MirrorPlan(from: first, to: second, options), first.skipped + second.skipped)
  }

  /// Does what a plan says; as ``Mirror/run(_:isolation:tell:)``.
  func run(_ plan: MirrorPlan, tell: (Mirror.Event) -> Void) async throws -> Mirror.Report {
    var report = Mirror.Report()
    report.unchanged = plan.unchanged
    if !plan.isEmpty, try await !target.isDirectory(to) { try await RemoteDirectories.make(to, target) }
    for path in plan.directories {
      try await attempt(path, &report, tell) { _ = try await target.makeDirectory(to.appending(path)) }
    }
    for copy in plan.copies {
      let meter = TransferMeter()
      tell(.copies(copy.path, bytes: copy.entry.size, meter: meter))
      let failures = report.failures.count
      try await attempt(copy.path, &report, tell) {
        _ = try await RemoteCopy.run(
          from.appending(copy.path), on: source, to: to.appending(copy.path), on: target, meter)
      }
      if report.failures.count == failures {
        report.copied += 1
        report.bytes += meter.bytes
      }
    }
    for link in plan.links {
      tell(.makesLink(link.path))
      let path = to.appending(link.path)
      try await attempt(link.path, &report, tell) {
        if link.replaces { try await target.delete(path) }
        try await target.makeLink(path, to: RemotePath(link.target))
      }
    }
    let failed = Set(report.failures.map(\.path))
    for mode in plan.modes where !failed.contains(mode.path) {
      try await attempt(mode.path, &report, tell) { try await target.setMode(to.appending(mode.path), mode.mode) }
    }
    if plan.deletions.isEmpty { return report }
    if !report.failures.isEmpty {
      report.whyNotDeleted = "not everything could be copied"
    } else if let limit = options.deletionLimit, plan.deletions.count > limit {
      report.whyNotDeleted = "\(plan.deletions.count) deletions are more than \(limit)"
    } else {
      for deletion in plan.deletions {
        let (path, failures) = (to.appending(deletion.path), report.failures.count)
        try await attempt(deletion.path, &report, tell) {
          if deletion.isDirectory { try await target.removeDirectory(path) } else { try await target.delete(path) }
        }
        if report.failures.count == failures { report.deleted += 1 }
      }
    }
    return report
  }

  private func attempt(
    _ path: [UInt8], _ report: inout Mirror.Report, _ tell: (Mirror.Event) -> Void, _ body: () async throws -> Void
  ) async throws {
    do { try await body() } catch let error as ClientError where error.retry != .newSession && error.code != .cancelled
    {
      report.failures.append((path, error))
      tell(.failed(path, error))
    }
  }
}
