// DELE, RNFR, RNTO (RFC 959, section 4.1.3), SIZE, MDTM (RFC 3659, sections 3 and 4), MFMT (draft-somers-ftp-mfxx), SITE CHMOD.

import FTPProtocol
import LinuxSystem
import Logging

extension Session {
  func delete(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireWriteAccess()
    let path = try resolve(command.argument)
    try onFile { () throws(SystemError) in try identity.jail.removeFile(path) }
    context.logger.event(.info, "delete", record(verb: command.verb, path: path.bytes, result: 250))
    return Reply(250, "File removed.")
  }

  func renameFrom(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireWriteAccess()
    let path = try resolve(command.argument)
    _ = try onFile { () throws(SystemError) in try identity.jail.status(of: path, followingLink: false) }
    parameters.renameFrom = path
    return Reply(350, "Send RNTO with the new name.")
  }

  func renameTo(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireWriteAccess()
    guard let source = parameters.renameFrom else { throw .sequence("Send RNFR first.") }
    parameters.renameFrom = nil
    let target = try resolve(command.argument, naming: true)
    try onFile(naming: true) { () throws(SystemError) in try identity.jail.rename(source, to: target) }
    context.logger.event(
      .info, "rename",
      record(verb: command.verb, path: source.bytes, result: 250, note: String(decoding: target.bytes, as: UTF8.self)))
    return Reply(250, "Renamed.")
  }

  func size(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let path = try resolve(command.argument)
    // In TYPE A it would be the number of bytes a transfer sends, which nobody knows without reading the file (RFC 3659, section 4).
    if parameters.type != .image { throw .forbidden("SIZE is not available in TYPE A: send TYPE I first.") }
    let status = try onFile { () throws(SystemError) in try identity.jail.status(of: path) }
    if !status.isRegular { throw .forbidden("Not a regular file.") }
    return Reply(213, "\(status.size)")
  }

  func modificationTime(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let path = try resolve(command.argument)
    let status = try onFile { () throws(SystemError) in try identity.jail.status(of: path) }
    return Reply(213, bytes: TimeStamp.format(status.modified))
  }

  /// MFMT YYYYMMDDHHMMSS pathname
  func setModificationTime(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireWriteAccess()
    let words = command.argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
    guard words.count == 2, !words[1].isEmpty, let time = TimeStamp.parse(Array(words[0])) else {
      throw .syntax("Usage: MFMT YYYYMMDDHHMMSS <pathname>, the time in UTC.")
    }
    let path = try resolve(Array(words[1]))
    try onFile { () throws(SystemError) in
      try identity.jail.setModificationTime(path, seconds: time.seconds, nanoseconds: time.nanoseconds)
    }
    return Reply(
      213, bytes: Array("Modify=".utf8) + TimeStamp.format(time.seconds) + Array("; ".utf8) + Array(words[1]))
  }

  func site(_ command: Command) throws(FTPError) -> Reply {
    let words = command.argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: true)
    let rest = words.count > 1 ? Array(words[1]) : []
    switch words.first.map({ String(decoding: $0, as: UTF8.self).uppercased() }) {
    case "CHMOD": return try changeMode(rest)
    case "HELP":
      return Reply(
        214, opening: "SITE commands:", lines: [Array("CHMOD <octal mode> <pathname>".utf8), Array("HELP".utf8)],
        closing: "End")
    case nil: throw .syntax("Usage: SITE <command>; SITE HELP lists them.")
    case let name?: throw .parameter("SITE \(name) is not known; SITE HELP lists what is.")
    }
  }

  private func changeMode(_ argument: [UInt8]) throws(FTPError) -> Reply {
    let identity = try requireWriteAccess()
    let words = argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: true)
    guard words.count == 2, words[0].count <= 4, let mode = UInt32(String(decoding: words[0], as: UTF8.self), radix: 8),
      words[0].allSatisfy({ 0x30...0x37 ~= $0 })
    else { throw .syntax("Usage: SITE CHMOD <octal mode> <pathname>") }
    // Set-uid, set-gid and sticky bits are for people with a shell.
    if mode > 0o777 { throw .parameter("SITE CHMOD sets the nine permission bits only: 0 to 777.") }
    let path = try resolve(Array(words[1]))
    try onFile { () throws(SystemError) in try identity.jail.setPermissions(path, mode) }
    context.logger.event(
      .info, "change mode", record(verb: "SITE", path: path.bytes, result: 200, note: "CHMOD \(String(mode, radix: 8))")
    )
    return Reply(200, "Mode changed.")
  }
}
