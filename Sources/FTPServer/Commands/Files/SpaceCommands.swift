// AVBL and DSIZ (draft-peterson-streamlined-ftp-command-extensions): how much room there is, and how much a directory holds.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

extension Session {
  /// AVBL [pathname]: bytes that may still be written in a directory.
  func available(_ command: Command) async throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let path = try resolve(command.argument)
    let bytes = try onFile { () throws(SystemError) in try identity.jail.availableBytes(at: path) }
    try await prepareQuotas()
    return Reply(213, "\(min(bytes, bytesLeft(in: path, identity.jail) ?? .max))")
  }

  /// DSIZ [pathname]: bytes of all files beneath a directory.
  func directorySize(_ command: Command) async throws(FTPError) -> Reply {
    let path = try resolve(command.argument)
    return Reply(213, "\(try await measure(command, path).bytes)")
  }

  /// Adds up a tree in the pool.
  func measure(_ command: Command, _ path: VirtualPath) async throws(FTPError) -> TreeTally {
    let jail = try requireFacts(at: path).jail
    let limits = Self.treeLimits
    return try await offload(command, path, to: context.filePool, concurrency: Self.fileWorkers) {
      (progress) throws(FTPError) -> TreeTally in
      do throws(SystemError) {
        return try jail.measureTree(path, limits, shouldStop: { progress.shouldStop() })
      } catch {
        switch error.code {
        case EOVERFLOW: throw .noRoom("There are more than \(limits.entries) entries; counting stopped there.")
        case ELOOP: throw .noRoom("The tree is more than \(limits.depth) directories deep; counting stopped there.")
        case ECANCELED: throw .stopped(removed: nil)
        default: throw .file(error, naming: false)
        }
      }
    }
  }
}
