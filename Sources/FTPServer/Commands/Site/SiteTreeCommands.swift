// The SITE subcommands that make and remove directories and links.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

extension Session {
  /// How much SITE RMDIR removes, and DSIZ adds up, in one go.
  static let treeLimits = TreeLimits(entries: 100_000, depth: 128)

  /// SITE MKDIR pathname: with all directories above it that are missing.
  func siteMakeDirectories(_ command: Command) async throws(FTPError) -> Reply {
    let (identity, path) = try require(.makeDirectory, resolving: command.argument, naming: true)
    let mode = newDirectoryMode
    let made = try onFile { () throws(SystemError) in try identity.jail.makeDirectories(path, mode: mode) }
    if made > 0 {
      var above: [VirtualPath] = [path]
      while above.count < made, let next = above.last?.parent { above.append(next) }
      try await reachDisk(command, in: identity.jail, path, above)
    }
    logSite("make directory", path, "MKDIR")
    return Reply(
      200,
      made == 0 ? "The directory exists already." : made == 1 ? "1 directory created." : "\(made) directories created.")
  }

  /// SITE RMDIR pathname: with all that is in it.
  func siteRemoveTree(_ command: Command) async throws(FTPError) -> Reply {
    let (identity, path) = try require([.removeDirectory, .delete], resolving: command.argument)
    let jail = identity.jail
    let limits = Self.treeLimits
    let removed = try await removingTree(path, in: jail) { (files) throws(FTPError) in
      try await offload(command, path, to: context.filePool, concurrency: Self.fileWorkers) {
        (progress) throws(FTPError) -> UInt64 in
        do throws(SystemError) {
          try jail.removeTree(
            path, limits, shouldStop: { progress.shouldStop() }, progress: { progress.count(1) },
            removedFile: { files.count($0) })
          return progress.done
        } catch {
          throw Self.treeError(error, removed: progress.done)
        }
      }
    }
    try await reachDisk(command, in: jail, path)
    logSite("remove tree", path, "RMDIR")
    return Reply(200, "Removed the directory and \(removed) entries in it.")
  }

  /// Says how far the removal came: what is gone is gone.
  private static func treeError(_ error: SystemError, removed: UInt64) -> FTPError {
    switch error.code {
    case EOVERFLOW:
      .busy("\(removed) entries removed, the limit of one SITE RMDIR. Send it again for the rest.")
    case ELOOP:
      .forbidden(
        "The tree is more than \(treeLimits.depth) directories deep, or it is a link; \(removed) entries removed.")
    case ECANCELED: .stopped(removed: removed)
    case EXDEV: .forbidden("Another file system is mounted inside; \(removed) entries removed.")
    default: .file(error, naming: false)
    }
  }

  /// SITE SYMLINK target pathname: `target` is the link's text, kept as it is. Following it never leads out of the user's tree.
  /// What others do with it later, outside of FTP, may: who may only leave files somewhere may leave no links.
  func siteSymbolicLink(_ argument: [UInt8]) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.write)
    guard let words = ArgumentWords.split(argument), words.count == 2 else {
      throw .syntax("Usage: SITE SYMLINK <target> <pathname>; names with blanks in double quotes.")
    }
    let target = words[0]
    guard target.count <= VirtualPath.pathLimit, !target.contains(0) else { throw .path(.tooLong, naming: true) }
    let (identity, path) = try require([.write, .site], resolving: words[1], naming: true)
    try onFile(naming: true) { () throws(SystemError) in try identity.jail.makeSymbolicLink(path, target: target) }
    logSite("make link", path, "SYMLINK")
    return Reply(200, "Link created.")
  }

  /// SITE LINK is refused: a second name for a file would make quotas, permissions and removal hold for one of them only.
  func siteLink(_ argument: [UInt8]) throws(FTPError) -> Reply {
    throw .parameter("Hard links are not supported: use SITE SYMLINK or SITE COPY.")
  }
}
