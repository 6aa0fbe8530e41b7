// The table of SITE subcommands (RFC 959, section 4.1.3: services that are the server's own), each once, as rows of commands.

import FTPProtocol

/// SITE HELP and HELP SITE are made from it. A handler gets SITE with what follows the name of the subcommand as its argument.
enum SiteTable {
  private static let table = VerbTable([
    .now("CHGRP", "CHGRP <group> <pathname>", custom, .required, []) { try $0.siteChangeGroup($1.argument) },
    .now("CHMOD", "CHMOD <octal mode> <pathname>", custom, .required, []) { try $0.siteChangeMode($1.argument) },
    .answering("COPY", "COPY <source> <target>", custom, .required, []) { try await $0.copy($1) },
    .now("CPFR", "CPFR <pathname>", "mod_copy of ProFTPD", .required, []) { try $0.copyFrom($1.argument) },
    .answering("CPTO", "CPTO <pathname>", "mod_copy of ProFTPD", .required, []) { try await $0.copyTo($1) },
    .now("EXPECT", "EXPECT <algorithm> <digest>", custom, .required, []) { try $0.siteExpect($1.argument) },
    .now("HELP", "HELP [command]", custom, .optional, .beforeLogin) { try $0.siteHelp($1.argument) },
    .now("IDLE", "IDLE [<seconds>]", custom, .optional, []) { try $0.siteIdle($1.argument) },
    .now("LINK", "LINK <target> <pathname>", custom, .required, .unlisted) { try $0.siteLink($1.argument) },
    .answering("MKDIR", "MKDIR <pathname>", custom, .required, []) { try await $0.siteMakeDirectories($1) },
    .now("PARTIAL", "PARTIAL <pathname>", custom, .required, []) { try $0.sitePartial($1.argument) },
    .answering("QUOTA", "QUOTA", custom, .optional, []) { try await $0.siteQuota($1) },
    .now("RECFM", "RECFM [LINES | PREFIXED]", "z/OS", .optional, []) { try $0.recordForm($1.argument) },
    .answering("RMDIR", "RMDIR <pathname>", custom, .required, []) { try await $0.siteRemoveTree($1) },
    .now("SYMLINK", "SYMLINK <target> <pathname>", custom, .required, []) { try $0.siteSymbolicLink($1.argument) },
    .now("UMASK", "UMASK [<octal mask>]", custom, .optional, []) { try $0.siteUmask($1.argument) },
    .now(
      "UTIME", "UTIME YYYYMMDDhhmm[ss] <pathname> | <pathname> <atime> <mtime> <ctime> UTC", custom, .required, []
    ) { try $0.siteTimes($1.argument) },
    .now("WHO", "WHO", custom, .optional, .administrators) { session, _ in try session.siteWho() },
  ])

  private static let custom = "by custom"

  static var rows: [CommandRow] { table.rows }

  static func row(_ name: Verb) -> CommandRow? { table.row(name) }
}
