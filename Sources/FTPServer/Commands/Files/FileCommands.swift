// DELE, RNFR, RNTO (RFC 959, section 4.1.3), SIZE (RFC 3659, section 4).

import FTPProtocol
import LinuxSystem
import Logging

extension Session {
  func delete(_ command: Command) async throws(FTPError) -> Reply {
    let (identity, path) = try require(.delete, resolving: command.argument)
    try await changing([path], in: identity.jail) { () throws(FTPError) in
      try onFile { () throws(SystemError) in
        do throws(SystemError) { try identity.jail.removeFile(path) } catch {
          // What is told of by SIZE can be removed, too.
          try deletePartial(path, in: identity.jail, instead: error)
        }
      }
    }
    try await reachDisk(command, in: identity.jail, path)
    tell(.changed, .info, "delete", record(verb: command.verb, path: path.bytes, result: 250))
    return Reply(250, "File removed.")
  }

  func renameFrom(_ command: Command) throws(FTPError) -> Reply {
    let (identity, path) = try require(.rename, resolving: command.argument)
    try onFile { () throws(SystemError) in try identity.jail.requireMovable(path) }
    parameters.renameFrom = path
    return Reply(350, "Send RNTO with the new name.")
  }

  func renameTo(_ command: Command) async throws(FTPError) -> Reply {
    _ = try requireSomewhere(.rename)
    guard let source = parameters.renameFrom else { throw .sequence("Send RNFR first.") }
    parameters.renameFrom = nil
    let (identity, target) = try require(.rename, resolving: command.argument, naming: true)
    // A file that has the name is replaced in one step, if the login may do that.
    let replaces = identity.permissions(at: target).contains(.overwrite)
    try await renaming(command, source, to: target, in: identity.jail) { () throws(FTPError) in
      try onFile(naming: true) { () throws(SystemError) in
        try identity.admitted(to: .rename, guardingFiles: true).jail.rename(source, to: target, replacing: replaces)
      }
    }
    try await reachDisk(command, in: identity.jail, target, [source])
    tell(.changed, .info, "rename", renameRecord(command, source, target))
    return Reply(250, "Renamed.")
  }

  private func renameRecord(_ command: Command, _ source: VirtualPath, _ target: VirtualPath) -> EventRecord {
    var record = record(
      verb: command.verb, path: source.bytes, result: 250, note: String(decoding: target.bytes, as: UTF8.self))
    record.target = target.bytes
    return record
  }

  func size(_ command: Command) throws(FTPError) -> Reply {
    let path = try resolve(command.argument)
    let identity = try requireFacts(at: path)
    // In TYPE A it would be the number of bytes a transfer sends, which nobody knows without reading the file (RFC 3659, section 4).
    if parameters.type != .image { throw .forbidden("SIZE is not available in TYPE A: send TYPE I first.") }
    // The same holds for headers, runs and escapes. Clients of MODE Z want to know how long the file is, and are told.
    if !format.countsBytes || format.endsInBand {
      throw .forbidden("SIZE is not available with this STRU and MODE: send STRU F and MODE S first.")
    }
    let status = try onFile { () throws(SystemError) in try statusOrPartial(path, in: identity.jail).status }
    if !status.isRegular { throw .forbidden("Not a regular file.") }
    return Reply(213, "\(status.size)")
  }
}
