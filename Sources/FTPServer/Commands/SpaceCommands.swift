// AVBL and DSIZ (draft-peterson-streamlined-ftp-command-extensions): how much room there is, and how much a directory holds.

import FTPProtocol
import Glibc
import LinuxSystem

extension Session {
  /// AVBL [pathname]: bytes that may still be written in a directory.
  func available(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let path = try resolve(command.argument)
    let bytes = try onFile { () throws(SystemError) in try identity.jail.availableBytes(at: path) }
    return Reply(213, "\(bytes)")
  }

  /// DSIZ [pathname]: bytes of all files beneath a directory.
  func directorySize(_ command: Command) async throws(FTPError) -> Reply {
    let path = try resolve(command.argument)
    return Reply(213, "\(try await measure(command, path).bytes)")
  }
}
