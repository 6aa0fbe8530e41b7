// What a mirror does besides copying: links and permission bits; and whether it has to know the server's clock.

import FTPProtocol
import LinuxSystem

extension Mirror {
  func link(
    _ links: [MirrorPlan.Link], _ report: inout Report, _ tell: (Event) -> Void,
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) {
    for link in links {
      tell(.makesLink(link.path))
      try await attempt(link.path, &report, tell) { () throws(ClientError) in
        switch self.direction {
        case .down:
          try self.parent(of: link.path).makeLink(FileTree.name(link.path), to: link.target, replacing: link.replaces)
        case .up:
          let path = self.remote.appending(link.path)
          if link.replaces { try await self.session.delete(path) }
          try await self.session.makeLink(path, to: RemotePath(link.target))
        }
      }
    }
  }

  /// Of what could not be copied, no bits are set.
  func setModes(
    _ modes: [MirrorPlan.Mode], _ report: inout Report, _ tell: (Event) -> Void,
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) {
    let failed = Set(report.failures.map(\.path))
    let wanted = modes.filter { !failed.contains($0.path) }
    switch direction {
    case .down:
      for mode in wanted {
        try await attempt(mode.path, &report, tell) { () throws(ClientError) in
          try self.parent(of: mode.path).setMode(FileTree.name(mode.path), mode.mode)
        }
      }
    case .up:
      let commands = wanted.map { Command.changeMode($0.mode, remote.appending($0.path)) }
      for (mode, error) in zip(wanted, try await session.ahead(commands)) {
        guard let error else { continue }
        report.failures.append((mode.path, error))
        tell(.failed(mode.path, error))
      }
    }
  }
}

extension MirrorOptions {
  /// Whether it depends on the target's clock if any file is copied: the target keeps no times, and some that differ by less than a day
  /// would tell.
  func needsClock(_ source: FileTree, _ target: FileTree) -> Bool {
    guard targetKeepsNoTimes, comparison == .sizeAndTime else { return false }
    return source.entries.contains { path, entry in
      guard entry.kind == .file, let other = target.entries[path], other.kind == .file, other.size == entry.size,
        let one = entry.modified?.seconds, let two = other.modified?.seconds
      else { return false }
      let (difference, overflow) = one.subtractingReportingOverflow(two)
      return !overflow && difference.magnitude < 86_400
    }
  }
}
