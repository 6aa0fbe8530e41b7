// SITE (RFC 959, section 4.1.3): finds the subcommand's row; and the subcommands that set attributes of files.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import Logging

extension Session {
  /// SITE subcommand [argument]
  func site(_ command: Command) async throws(FTPError) -> Reply {
    // Also with an equals sign, as mainframes write it: SITE RECFM=VB.
    let words = command.argument.split(maxSplits: 1, omittingEmptySubsequences: true) { $0 == 0x20 || $0 == 0x3D }
    let name = words.first.flatMap { Verb(Array($0)) }
    let row = name.flatMap { SiteTable.row($0) }
    if row?.traits.contains(.beforeLogin) != true { _ = try requireSomewhere(.site) }
    guard let word = words.first else { throw .syntax("Usage: SITE <command>; SITE HELP lists them.") }
    let unknown = FTPError.parameter(
      "Unknown command SITE \(String(decoding: word.prefix(32), as: UTF8.self)); SITE HELP lists the commands.")
    guard let row else { throw unknown }
    if row.traits.contains(.administrators), !isAdministrator {
      throw .forbidden("SITE \(row.verb) is for administrators.")
    }
    let rest = Command(verb: command.verb, argument: words.count > 1 ? Array(words[1]) : [])
    if row.argument == .required, rest.argument.isEmpty { throw .syntax("Usage: SITE \(row.syntax)") }
    do {
      switch row.handler {
      case .immediate(let handler): return try handler(self, rest)
      case .answering(let handler), .prompt(_, let handler): return try await handler(self, rest)
      case .missing, .suspending: throw unknown
      }
    } catch {
      throw FTPError(error)
    }
  }

  /// The answer to SITE HELP and HELP SITE, or to SITE HELP command.
  func siteHelp(_ argument: [UInt8] = []) throws(FTPError) -> Reply {
    let rows = SiteTable.rows.filter { row in
      !row.traits.contains(.unlisted) && (!row.traits.contains(.administrators) || isAdministrator)
    }
    if !argument.isEmpty {
      let name = Verb(argument)
      guard let row = rows.first(where: { $0.verb == name }) else {
        throw .syntax("No such command; SITE HELP lists them.")
      }
      return Reply(214, "Syntax: SITE \(row.syntax) (\(row.source))")
    }
    return Reply(214, opening: "SITE <command>, one of:", lines: rows.map { Array($0.syntax.utf8) }, closing: "End")
  }

  /// Whether the user's entry makes him one.
  var isAdministrator: Bool { identity?.account.options.isAdministrator ?? false }

  // MARK: attributes

  /// SITE CHMOD octal-mode pathname
  func siteChangeMode(_ argument: [UInt8]) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.changeMode)
    let words = argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: true)
    guard words.count == 2, let mode = PermissionBits.parse(words[0]) else {
      throw .syntax("Usage: SITE CHMOD <octal mode> <pathname>")
    }
    // Set-uid, set-gid and sticky bits are for people with a shell.
    if mode > 0o777 { throw .parameter("SITE CHMOD sets only the nine permission bits: 0 to 777.") }
    let (identity, path) = try require(.changeMode, resolving: Array(words[1]))
    try onPermissions { () throws(SystemError) in try identity.jail.setPermissions(path, mode) }
    logSite("change mode", path, "CHMOD \(String(mode, radix: 8))")
    return Reply(200, "Mode changed.")
  }

  /// Runs a change of permissions; the root that would be shut by it has a reply of its own.
  func onPermissions(_ body: () throws(SystemError) -> Void) throws(FTPError) {
    do throws(SystemError) { try body() } catch {
      if error.code == EBUSY { throw .forbidden("The root directory must stay readable and searchable for its owner.") }
      throw .file(error, naming: false)
    }
  }

  /// SITE CHGRP group pathname, the group by number or name.
  func siteChangeGroup(_ argument: [UInt8]) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.changeMode)
    let words = argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: true)
    guard words.count == 2 else { throw .syntax("Usage: SITE CHGRP <group> <pathname>") }
    guard let group = context.names.groupNumber(Array(words[0])) else { throw .forbidden("There is no such group.") }
    let (identity, path) = try require(.changeMode, resolving: Array(words[1]))
    try onFile { () throws(SystemError) in try identity.jail.change(path, FileChanges(group: group)) }
    logSite("change group", path, "CHGRP \(group)")
    return Reply(200, "Group changed.")
  }

  /// SITE UTIME in both forms: `YYYYMMDDhhmm[ss] pathname`, and `pathname atime mtime ctime UTC`.
  func siteTimes(_ argument: [UInt8]) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.changeMode)
    guard let times = SiteTimes.parse(argument) else {
      throw .syntax(
        "Usage: SITE UTIME YYYYMMDDhhmm[ss] <pathname> or SITE UTIME <pathname> <atime> <mtime> <ctime> UTC")
    }
    let (identity, path) = try require(.changeMode, resolving: times.pathname)
    try onFile { () throws(SystemError) in
      try identity.jail.setTimes(path, accessed: times.accessed, modified: FileTime(seconds: times.modified))
    }
    logSite("change times", path, "UTIME")
    return Reply(200, "Times changed.")
  }

  func logSite(_ message: Logger.Message, _ path: VirtualPath, _ note: String) {
    tell(.changed, .info, message, record(verb: "SITE", path: path.bytes, result: 200, note: note))
  }
}
