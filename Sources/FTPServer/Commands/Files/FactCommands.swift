// MDTM (RFC 3659, section 3), MFMT, MFCT, MFF (draft-somers-ftp-mfxx): facts of files, told and set.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

extension Session {
  /// MDTM pathname tells the modification time; MDTM time pathname, which ncftp and others send, sets it.
  ///
  /// A file that is called like a time stamp, a blank and a name is meant first: what RFC 3659 defines goes before a custom.
  func modificationTime(_ command: Command) throws(FTPError) -> Reply {
    let path = try resolve(command.argument)
    let identity = try requireFacts(at: path)
    do throws(SystemError) {
      let status = try statusOrPartial(path, in: identity.jail).status
      return Reply(
        213,
        bytes: TimeStamp.format(status.modified, nanoseconds: status.modifiedNanoseconds, digits: fractionDigits))
    } catch {
      guard error.code == ENOENT || error.code == ENOTDIR, let stamped = TimeStamp.parseLeading(command.argument),
        !stamped.rest.isEmpty
      else { throw .file(error, naming: false) }
      return try setTime(stamped.rest, FileTime(seconds: stamped.seconds, nanoseconds: stamped.nanoseconds))
    }
  }

  /// OPTS MDTM FRACTION digits: how many digits of the second's fraction MDTM, MLST and MLSD tell; 0, as at first, is none.
  func timeOptions(_ argument: [UInt8]) throws(FTPError) -> Reply {
    let words = argument.split(separator: 0x20)
    guard words.count == 2, String(decoding: words[0], as: UTF8.self).uppercased() == "FRACTION",
      let digits = FileOffset.parse(words[1]), digits <= 9
    else { throw .syntax("Usage: OPTS MDTM FRACTION <digits from 0 to 9>") }
    fileState.fractionDigits = Int(digits)
    return Reply(200, "MDTM FRACTION \(digits)")
  }

  /// MFMT YYYYMMDDHHMMSS pathname
  func setModificationTime(_ command: Command) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.changeMode)
    guard let stamped = TimeStamp.parseLeading(command.argument), !stamped.rest.isEmpty else {
      throw .syntax("Usage: MFMT YYYYMMDDHHMMSS <pathname>, the time in UTC.")
    }
    return try setTime(stamped.rest, FileTime(seconds: stamped.seconds, nanoseconds: stamped.nanoseconds))
  }

  private func setTime(_ name: [UInt8], _ time: FileTime) throws(FTPError) -> Reply {
    let (identity, path) = try require(.changeMode, resolving: name)
    try onFile { () throws(SystemError) in
      try identity.jail.setModificationTime(path, seconds: time.seconds, nanoseconds: time.nanoseconds)
    }
    return Reply(213, bytes: Array("Modify=".utf8) + TimeStamp.format(time.seconds) + Array("; ".utf8) + name)
  }

  /// MFCT: Linux keeps when a file was made and lets nobody change it; the `create` fact tells it.
  func setCreationTime(_ command: Command) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.changeMode)
    guard let stamped = TimeStamp.parseLeading(command.argument), !stamped.rest.isEmpty else {
      throw .syntax("Usage: MFCT YYYYMMDDHHMMSS <pathname>, the time in UTC.")
    }
    let (identity, path) = try require(.changeMode, resolving: stamped.rest)
    _ = try onFile { () throws(SystemError) in try identity.jail.status(of: path) }
    throw .parameter(Self.creationIsFixed)
  }

  private static let creationIsFixed = "The creation time cannot be set on this system; the MLST fact create shows it."

  /// MFF fact=value;… pathname: all of the facts are changed, or none.
  func modifyFacts(_ command: Command) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.changeMode)
    let facts: ModifyFacts
    do throws(ModifyFacts.ParseError) { facts = try ModifyFacts.parse(command.argument) } catch {
      throw Self.factError(error)
    }
    var changes = FileChanges(permissions: facts.mode)
    changes.modified = facts.modified.map { FileTime(seconds: $0.seconds, nanoseconds: $0.nanoseconds) }
    if let group = facts.group {
      guard let number = context.names.groupNumber(group) else { throw .syntax("MFF: there is no such UNIX.group.") }
      changes.group = number
    }
    let (identity, path) = try require(.changeMode, resolving: facts.pathname)
    try onPermissions { () throws(SystemError) in try identity.jail.change(path, changes) }
    tell(
      .changed, .info, "change facts",
      record(
        verb: command.verb, path: path.bytes, result: 213, note: String(decoding: facts.accepted, as: UTF8.self)))
    return Reply(213, bytes: facts.accepted + [0x20] + facts.pathname)
  }

  private static func factError(_ error: ModifyFacts.ParseError) -> FTPError {
    switch error {
    case .syntax: return .syntax("Usage: MFF <fact>=<value>;… <pathname> with Modify, UNIX.mode and UNIX.group.")
    case .value(let name): return .syntax("MFF: invalid value of \(name).")
    case .unknown(let name):
      if String(decoding: name, as: UTF8.self).lowercased() == "create" { return .parameter(creationIsFixed) }
      return .parameter("MFF changes only Modify, UNIX.mode and UNIX.group.")
    }
  }
}
