// Reads a tree of a server, level by level.

import FTPProtocol
import LinuxSystem

extension FileTree {
  /// Reads what is beneath a directory of a server, level by level. A name that would lead elsewhere is passed over.
  ///
  /// Of links that are followed, those to files count as files; those to directories are passed over, since nothing tells where a loop
  /// begins. Times of LIST are in the server's time zone, which it does not tell: one of them is compared with MDTM, and all are corrected.
  ///
  /// - Parameter pool: where further sessions come from, if the directories are many.
  public static func read(
    _ session: ClientSession, _ root: RemotePath, pool: SessionPool? = nil, links: Links = .skip,
    isolation: isolated (any Actor)? = #isolation,
    where isWanted: (_ path: [UInt8], _ isDirectory: Bool) -> Bool = { _, _ in true }
  ) async throws(ClientError) -> FileTree {
    var tree = FileTree()
    var level: [[UInt8]] = [[]]
    var depth = 0
    while !level.isEmpty {
      let listings = try await session.lists(level.map { $0.isEmpty ? root : root.appending($0) }, pool: pool)
      var next: [[UInt8]] = []
      for (path, entries) in zip(level, listings) {
        for entry in entries {
          guard let inner = try tree.add(entry, in: path, beneath: root, isWanted) else { continue }
          if entry.kind == .symlink, links == .follow { try await tree.follow(inner, session, root) }
          guard entry.kind == .directory else { continue }
          if depth < depthLimit { next.append(inner) } else { tree.skipped.append((inner, "too deep")) }
        }
      }
      level = next
      depth += 1
    }
    try await tree.correctTimeZone(session, root)
    return tree
  }

  /// Adds what a listing told.
  ///
  /// - Returns: its relative path; nil if it is passed over.
  private mutating func add(
    _ entry: ListedEntry, in path: [UInt8], beneath root: RemotePath,
    _ isWanted: (_ path: [UInt8], _ isDirectory: Bool) -> Bool
  ) throws(ClientError) -> [UInt8]? {
    guard entry.isSafeName else {
      skipped.append((FileTree.join(path, entry.name), "an unsafe name"))
      return nil
    }
    let inner = FileTree.join(path, entry.name)
    guard isWanted(inner, entry.kind == .directory) else { return nil }
    guard entries.count < FileTree.entryLimit else {
      throw ClientError(.protocolViolation, "there are more than \(FileTree.entryLimit) files beneath \(root)")
    }
    let kind: Entry.Kind =
      switch entry.kind {
      case .directory: .directory
      case .file: .file
      case .symlink: .link
      default: .other
      }
    var known = Entry(kind, size: entry.size, modified: entry.modified)
    known.mode = kind == .link ? nil : entry.mode.map { $0 & 0o777 }
    known.linkTarget = entry.linkTarget
    entries[inner] = known
    return inner
  }

  /// Puts the file that a link leads to in its place.
  private mutating func follow(
    _ path: [UInt8], _ session: ClientSession, _ root: RemotePath, isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) {
    let remote = root.appending(path)
    do throws(ClientError) {
      var entry = Entry(.file, size: try await session.size(remote))
      do throws(ClientError) { entry.modified = try await session.modificationTime(remote) } catch {
        guard error.code == .refused || error.code == .unsupported else { throw error }
      }
      entries[path] = entry
    } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      entries[path] = nil
      skipped.append((path, "a link to a directory, or to nothing"))
    }
  }

  /// Times of LIST, taken for UTC until now, become what MDTM says they are: time zones differ by quarters of an hour.
  private mutating func correctTimeZone(
    _ session: ClientSession, _ root: RemotePath, isolation: isolated (any Actor)? = #isolation
  ) async throws(ClientError) {
    // The one that has been at rest for the longest time.
    let sample = entries.filter { $0.value.kind == .file && $0.value.modified?.precision == .minute }
      .min { ($0.value.modified?.seconds ?? 0) < ($1.value.modified?.seconds ?? 0) }
    guard let sample, let listed = sample.value.modified else { return }
    let exact: ListedTime
    do throws(ClientError) { exact = try await session.modificationTime(root.appending(sample.key)) } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      return
    }
    let quarter: Int64 = 900
    let difference = Double(exact.seconds - listed.seconds) / Double(quarter)
    let zone = Int64(difference.rounded(.down)) * quarter
    // Beyond that it is no time zone: the file was changed in between.
    guard zone != 0, zone.magnitude <= 15 * 3600 else { return }
    for (path, entry) in entries {
      guard let time = entry.modified, time.precision <= .minute else { continue }
      entries[path]?.modified = ListedTime(seconds: time.seconds + zone, precision: time.precision)
    }
  }
}
