// Waits until something changes beneath a directory of this host (inotify).

import FTPClient
import Glibc
import LinuxSystem

/// Watches a directory and those beneath it, as they are when it is made.
final class DirectoryWatch: Sendable {
  private let notifier: Int32
  private static let events = UInt32(
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF)
  /// So long nothing must happen before what happened is looked at.
  private static let calm = Duration.milliseconds(300)

  /// - Throws: ``ClientError/Code/localFile``, also when the host allows no more watches (fs.inotify.max_user_watches).
  /// - Parameter options: what is excluded is not watched, and links are followed if the mirror does so.
  init(_ path: String, _ options: MirrorOptions) throws {
    notifier = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard notifier >= 0 else { throw ClientError(.localFile, "nothing can be watched: inotify is not to be had") }
    let root = Array((path.isEmpty ? "." : path).utf8)
    try add(root)
    let tree = try FileTree.read(try LocalDirectory(path, followingLinks: options.links == .follow)) { path, _ in
      options.isWanted(path)
    }
    for (inner, entry) in tree.entries where entry.kind == .directory { try add(root + [0x2F] + inner) }
  }

  deinit { close(notifier) }

  private func add(_ path: [UInt8]) throws {
    // Names are bytes, whatever they mean.
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    guard inotify_add_watch(notifier, terminated, Self.events) >= 0 else {
      // Gone meanwhile: that is a change, which the directory above tells.
      if errno == ENOENT { return }
      throw ClientError(
        .localFile, "\(Output.printable(path)) cannot be watched",
        cause: SystemError(code: errno, call: "inotify_add_watch"))
    }
  }

  /// Waits for a change and for calm behind it.
  func wait() async throws {
    while !hasChanged() { try await Task.sleep(for: .milliseconds(200)) }
    repeat { try await Task.sleep(for: Self.calm) } while hasChanged()
  }

  private func hasChanged() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    var found = false
    while read(notifier, &buffer, buffer.count) > 0 { found = true }
    return found
  }
}
