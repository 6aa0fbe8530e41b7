// What a mirror does besides copying: links, permission bits, and the clock of a server that keeps no times.

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

extension ClientSession {
  /// Seconds that the server's clock is ahead of this host's: an empty file is put into `directory`, its time is asked for (MDTM), and it is
  /// removed again.
  ///
  /// - Returns: 0 where the server does not let us: then both clocks count as equal.
  public func clockDifference(in directory: RemotePath) async throws(ClientError) -> Int64 {
    let name = ".weftp-clock-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
    let path = directory.appending(Array(name.utf8))
    do throws(ClientError) {
      let before = WallClock.seconds
      try await write(path, from: NoBytes())
      let middle = before + (WallClock.seconds - before) / 2
      let time: ListedTime
      do throws(ClientError) { time = try await modificationTime(path) } catch {
        try? await delete(path)
        throw error
      }
      try await delete(path)
      return time.seconds - middle
    } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      trace(.note("the server's clock could not be compared with ours: \(error.message)"))
      return 0
    }
  }

  /// Makes a symbolic link (SITE SYMLINK, as weftpd and ProFTPD's mod_site_misc have it).
  ///
  /// - Parameter target: where it points to, as the text it is.
  public func makeLink(_ path: RemotePath, to target: RemotePath) async throws(ClientError) {
    guard !(path.bytes + target.bytes).contains(0x22) else {
      throw ClientError(.usage, "SITE SYMLINK cannot be said of a name with a double quote in it")
    }
    func word(_ bytes: [UInt8]) -> [UInt8] { bytes.contains(0x20) ? [0x22] + bytes + [0x22] : bytes }
    try await site(Array("SYMLINK ".utf8) + word(target.bytes) + [0x20] + word(path.bytes))
  }
}

extension Command {
  /// SITE CHMOD with the permission bits 0o7777.
  static func changeMode(_ mode: UInt16, _ path: RemotePath) -> Command {
    Command(verb: "SITE", argument: Array("CHMOD \(String(mode & 0o7777, radix: 8)) ".utf8) + path.bytes)
  }
}

/// A file of no bytes.
private struct NoBytes: AsyncSequence, Sendable {
  struct Iterator: AsyncIteratorProtocol { mutating func next() async -> [UInt8]? { nil } }

  func makeAsyncIterator() -> Iterator { Iterator() }
}
