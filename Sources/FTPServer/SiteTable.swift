// The table of SITE subcommands: name, syntax and handler, each once; SITE HELP and HELP SITE are made from it.

import FTPProtocol

/// One subcommand of SITE (RFC 959, section 4.1.3: services that are the server's own).
struct SiteRow: Sendable {
  enum Handler: Sendable {
    case immediate(@Sendable (isolated Session, [UInt8]) throws -> Reply)
    /// Waits for something; gets the whole command, too.
    case suspending(@Sendable (isolated Session, Command, [UInt8]) async throws -> Reply)
  }

  let name: Verb
  let syntax: String
  /// Without an argument the answer is 501 and the syntax.
  let needsArgument: Bool
  /// Only for users whose entry has the option `admin`.
  let isForAdministrators: Bool
  let handler: Handler
}

enum SiteTable {
  static let rows: [SiteRow] = [
    now("CHGRP", "CHGRP <group> <pathname>") { try $0.siteChangeGroup($1) },
    now("CHMOD", "CHMOD <octal mode> <pathname>") { try $0.siteChangeMode($1) },
    later("COPY", "COPY <source> <target>") { try await $0.copy($1, $2) },
    now("CPFR", "CPFR <pathname>") { try $0.copyFrom($1) },
    later("CPTO", "CPTO <pathname>") { try await $0.copyTo($1, $2) },
    now("HELP", "HELP", needsArgument: false) { session, _ in session.siteHelp() },
    now("IDLE", "IDLE [<seconds>]", needsArgument: false) { try $0.siteIdle($1) },
    now("LINK", "LINK <target> <pathname>") { try $0.siteLink($1) },
    now("MKDIR", "MKDIR <pathname>") { try $0.siteMakeDirectories($1) },
    later("QUOTA", "QUOTA", needsArgument: false) { session, command, _ in try await session.siteQuota(command) },
    now("RECFM", "RECFM [LINES | PREFIXED]", needsArgument: false) { try $0.recordForm($1) },
    later("RMDIR", "RMDIR <pathname>") { try await $0.siteRemoveTree($1, $2) },
    now("SYMLINK", "SYMLINK <target> <pathname>") { try $0.siteSymbolicLink($1) },
    now("UMASK", "UMASK [<octal mask>]", needsArgument: false) { try $0.siteUmask($1) },
    now("UTIME", "UTIME YYYYMMDDhhmm[ss] <pathname> | <pathname> <atime> <mtime> <ctime> UTC") {
      try $0.siteTimes($1)
    },
    now("WHO", "WHO", needsArgument: false, isForAdministrators: true) { session, _ in try session.siteWho() },
  ]

  static func row(_ name: Verb) -> SiteRow? { rows.first { $0.name == name } }

  private static func now(
    _ name: Verb, _ syntax: String, needsArgument: Bool = true, isForAdministrators: Bool = false,
    _ handler: @escaping @Sendable (isolated Session, [UInt8]) throws -> Reply
  ) -> SiteRow {
    SiteRow(
      name: name, syntax: syntax, needsArgument: needsArgument, isForAdministrators: isForAdministrators,
      handler: .immediate(handler))
  }

  private static func later(
    _ name: Verb, _ syntax: String, needsArgument: Bool = true,
    _ handler: @escaping @Sendable (isolated Session, Command, [UInt8]) async throws -> Reply
  ) -> SiteRow {
    SiteRow(
      name: name, syntax: syntax, needsArgument: needsArgument, isForAdministrators: false,
      handler: .suspending(handler))
  }
}
