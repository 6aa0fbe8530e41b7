// CWD, CDUP, PWD, MKD, RMD (RFC 959, sections 4.1.1 and 4.1.3; RFC 775 for the X forms).

import FTPProtocol
import Glibc
import LinuxSystem

extension Session {
  func changeDirectory(_ command: Command) throws(FTPError) -> Reply {
    // Without an argument: home, as lftp and others expect.
    try enter(command.argument.isEmpty ? .root : try resolve(command.argument))
  }

  func changeToParent(_ command: Command) throws(FTPError) -> Reply { try enter(directory.parent) }

  private func enter(_ path: VirtualPath) throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    // The root is always entered, readable or not: there has to be a place to be.
    if path != .root {
      let status = try onFile { () throws(SystemError) in try identity.jail.status(of: path) }
      if !status.isDirectory { throw .file(SystemError(code: ENOTDIR, call: "openat2"), naming: false) }
      if !identity.jail.isAccessible(path, mode: X_OK) {
        throw .file(SystemError(code: EACCES, call: "openat2"), naming: false)
      }
    }
    directory = path
    let message = configuration.files.message == nil ? [] : message(in: path, for: identity)
    if message.isEmpty { return Reply(250, "Directory changed.") }
    return Reply(250, opening: "Message", lines: message, closing: "Directory changed.")
  }

  func printDirectory(_ command: Command) throws(FTPError) -> Reply {
    .path(257, directory.bytes, "is the current directory.")
  }

  func makeDirectory(_ command: Command) async throws(FTPError) -> Reply {
    let (identity, path) = try require(.makeDirectory, resolving: command.argument, naming: true)
    let mode = newDirectoryMode
    try onFile { () throws(SystemError) in try identity.jail.makeDirectory(path, exactMode: mode) }
    try await reachDisk(command, in: identity.jail, path)
    tell(.changed, .info, "make directory", record(verb: command.verb, path: path.bytes, result: 257))
    return .path(257, path.bytes, "directory created.")
  }

  func removeDirectory(_ command: Command) async throws(FTPError) -> Reply {
    let (identity, path) = try require(.removeDirectory, resolving: command.argument)
    try onFile { () throws(SystemError) in try identity.jail.removeDirectoryWithReserved(path) }
    try await reachDisk(command, in: identity.jail, path)
    tell(.changed, .info, "remove directory", record(verb: command.verb, path: path.bytes, result: 250))
    return Reply(250, "Directory removed.")
  }
}
