// The table of commands: every verb once, with its syntax, its source, what it needs, its FEAT line and its handler.

import FTPProtocol
import TransportSecurity

/// The families of verbs. A row made by `missing` is a verb of a known document that is not built: it is answered 502.
extension CommandTable {
  static let login: [CommandRow] = [
    .answering("USER", "USER <name>", "RFC 959 4.1.1", .required, [.beforeLogin, .endsLogin]) {
      try await $0.user($1)
    },
    .later("PASS", "PASS <password>", "RFC 959 4.1.1", .optional, .beforeLogin) { try await $0.password($1) },
    .later("ACCT", "ACCT <account>", "RFC 959 4.1.1", .required, .beforeLogin) { try await $0.account($1) },
    .now("QUIT", "QUIT", "RFC 959 4.1.1", .none, [.beforeLogin, .endsLogin]) { try $0.quit($1) },
    .now("REIN", "REIN", "RFC 959 4.1.1", .none, [.beforeLogin, .endsLogin]) { try $0.reinitialise($1) },
    .now("HOST", "HOST <name>", "RFC 7151 3", .required, .beforeLogin, feature: "HOST") { try $0.host($1) },
    .now("SMNT", "SMNT <name>", "RFC 959 4.1.1", .required, []) { try $0.mount($1) },
  ]

  static let security: [CommandRow] = [
    .later("AUTH", "AUTH TLS | SSL | TLS-C | TLS-P", "RFC 4217 4", .required, .beforeLogin, feature: "AUTH TLS") {
      try await $0.authenticate($1)
    },
    .missing("ADAT", "RFC 2228 3"),
    .now("PBSZ", "PBSZ 0", "RFC 4217 8", .required, [.beforeLogin, .keepsRestart], feature: "PBSZ") {
      try $0.protectionBufferSize($1)
    },
    .now("PROT", "PROT C | P", "RFC 4217 9", .required, [.beforeLogin, .keepsRestart], feature: "PROT") {
      try $0.protectionLevel($1)
    },
    .later("CCC", "CCC", "RFC 4217 6", .none, .beforeLogin, feature: "CCC") { try await $0.clearCommandChannel($1) },
    .now("SSCN", "SSCN [ON | OFF]", "by custom", .optional, .keepsRestart, feature: "SSCN") {
      try $0.serverToServer($1)
    },
    .answering("CPSV", "CPSV", "by custom", .none, .keepsRestart, feature: "CPSV") { try await $0.clientPassive($1) },
    .missing("MIC", "RFC 2228 3"),
    .missing("CONF", "RFC 2228 3"),
    .missing("ENC", "RFC 2228 3"),
  ]

  static let parameters: [CommandRow] = [
    .now(
      "TYPE", "TYPE A [N | T | C] | E [N | T | C] | I | L 8", "RFC 959 4.1.2", .required, [.beforeLogin, .keepsRestart]
    ) { try $0.type($1) },
    .now("MODE", "MODE S | B | C | Z", "RFC 959 4.1.2", .required, [.beforeLogin, .keepsRestart], feature: "MODE Z") {
      try $0.mode($1)
    },
    .now("STRU", "STRU F | R | P", "RFC 959 4.1.2", .required, [.beforeLogin, .keepsRestart]) { try $0.structure($1) },
    .now("OPTS", "OPTS <command> [options]", "RFC 2389 4", .required, .beforeLogin) { try $0.options($1) },
    .now("CLNT", "CLNT <client>", "by custom", .optional, .beforeLogin, feature: "CLNT") { try $0.client($1) },
    .now(
      "CSID", "CSID Name=<client>; ...", "draft-peterson-streamlined-ftp 3", .required, .beforeLogin, feature: "CSID"
    ) {
      try $0.clientAndServer($1)
    },
    .now("LANG", "LANG [language tag]", "RFC 2640 4", .optional, .beforeLogin, feature: "LANG") { try $0.language($1) },
  ]

  static let dataPort: [CommandRow] = [
    .promptly("PASV", "PASV", "RFC 959 4.1.2", .none, .keepsRestart) {
      try $0.passiveNow($1)
    } otherwise: {
      try await $0.passive($1)
    },
    .promptly("EPSV", "EPSV [1 | 2 | ALL]", "RFC 2428 3", .optional, .keepsRestart, feature: "EPSV") {
      try $0.extendedPassiveNow($1)
    } otherwise: {
      try await $0.extendedPassive($1)
    },
    .now("PORT", "PORT h1,h2,h3,h4,p1,p2", "RFC 959 4.1.2", .required, .keepsRestart) { try $0.port($1) },
    .now("EPRT", "EPRT |family|address|port|", "RFC 2428 2", .required, .keepsRestart, feature: "EPRT") {
      try $0.extendedPort($1)
    },
    .answering("LPSV", "LPSV", "RFC 1639 3", .none, .keepsRestart, feature: "LPSV") { try await $0.longPassive($1) },
    .now("LPRT", "LPRT af,hal,h1,...,pal,p1,...", "RFC 1639 2", .required, .keepsRestart, feature: "LPRT") {
      try $0.longPort($1)
    },
    .now("PRET", "PRET <command> [pathname]", "by custom", .required, .keepsRestart, feature: "PRET") {
      try $0.preparation($1)
    },
  ]

  static let transfer: [CommandRow] = [
    .later("RETR", "RETR <pathname>", "RFC 959 4.1.3", .required, .keepsRestart) { try await $0.retrieve($1) },
    .later("STOR", "STOR <pathname>", "RFC 959 4.1.3", .required, .keepsRestart) { try await $0.store($1) },
    .later("APPE", "APPE <pathname>", "RFC 959 4.1.3", .required, .keepsRestart) { try await $0.store($1) },
    .later("STOU", "STOU [pathname]", "RFC 959 4.1.3", .optional, []) { try await $0.storeUnique($1) },
    .now("ALLO", "ALLO <size> [R <record size>]", "RFC 959 4.1.3", .required, .keepsRestart) { try $0.allocate($1) },
    .now("REST", "REST <offset or marker>", "RFC 3659 5", .required, .keepsRestart, feature: "REST STREAM") {
      try $0.restart($1)
    },
    .now("ABOR", "ABOR", "RFC 959 4.1.3", .none, .keepsRename) { try $0.abort($1) },
    .later("LIST", "LIST [options] [pathname]", "RFC 959 4.1.3", .optional, []) { try await $0.list($1) },
    .later("NLST", "NLST [options] [pathname]", "RFC 959 4.1.3", .optional, []) { try await $0.nameList($1) },
    .later("MLSD", "MLSD [pathname]", "RFC 3659 7", .optional, []) { try await $0.machineList($1) },
  ]

  static let directory: [CommandRow] = [
    .now("CWD", "CWD <pathname>", "RFC 959 4.1.1", .optional, []) { try $0.changeDirectory($1) },
    .now("XCWD", "XCWD <pathname>", "RFC 775", .optional, []) { try $0.changeDirectory($1) },
    .now("CDUP", "CDUP", "RFC 959 4.1.1", .none, []) { try $0.changeToParent($1) },
    .now("XCUP", "XCUP", "RFC 775", .none, []) { try $0.changeToParent($1) },
    .now("PWD", "PWD", "RFC 959 4.1.3", .none, []) { try $0.printDirectory($1) },
    .now("XPWD", "XPWD", "RFC 775", .none, []) { try $0.printDirectory($1) },
    .answering("MKD", "MKD <pathname>", "RFC 959 4.1.3", .required, []) { try await $0.makeDirectory($1) },
    .answering("XMKD", "XMKD <pathname>", "RFC 775", .required, []) { try await $0.makeDirectory($1) },
    .answering("RMD", "RMD <pathname>", "RFC 959 4.1.3", .required, []) { try await $0.removeDirectory($1) },
    .answering("XRMD", "XRMD <pathname>", "RFC 775", .required, []) { try await $0.removeDirectory($1) },
  ]

  static let file: [CommandRow] = [
    .answering("DELE", "DELE <pathname>", "RFC 959 4.1.3", .required, []) { try await $0.delete($1) },
    .now("RNFR", "RNFR <pathname>", "RFC 959 4.1.3", .required, []) { try $0.renameFrom($1) },
    .answering("RNTO", "RNTO <pathname>", "RFC 959 4.1.3", .required, []) { try await $0.renameTo($1) },
    .now("SIZE", "SIZE <pathname>", "RFC 3659 4", .required, .keepsRestart, feature: "SIZE") { try $0.size($1) },
    .now("MDTM", "MDTM [<time>] <pathname>", "RFC 3659 3", .required, .keepsRestart, feature: "MDTM") {
      try $0.modificationTime($1)
    },
    .now("MFMT", "MFMT <time> <pathname>", "draft-somers-ftp-mfxx", .required, [], feature: "MFMT") {
      try $0.setModificationTime($1)
    },
    .now("MLST", "MLST [pathname]", "RFC 3659 7", .optional, .keepsRestart, feature: "MLST") {
      try $0.machineStatus($1)
    },
    .answering("SITE", "SITE <command>", "RFC 959 4.1.3", .required, .beforeLogin) { try await $0.site($1) },
    .now("MFCT", "MFCT <time> <pathname>", "draft-somers-ftp-mfxx 4", .required, .unlisted) {
      try $0.setCreationTime($1)
    },
    .now(
      "MFF", "MFF <fact>=<value>;… <pathname>", "draft-somers-ftp-mfxx 5", .required, [],
      feature: "MFF Modify;UNIX.mode;UNIX.group;"
    ) { try $0.modifyFacts($1) },
    .answering("COMB", "COMB <target> <part> [<part> …]", "by custom", .required, [], feature: "COMB") {
      try await $0.combine($1)
    },
    .answering(
      "AVBL", "AVBL [pathname]", "draft-peterson-streamlined-ftp-command-extensions 4", .optional, [], feature: "AVBL"
    ) {
      try await $0.available($1)
    },
    .answering(
      "DSIZ", "DSIZ [pathname]", "draft-peterson-streamlined-ftp-command-extensions 5", .optional, [], feature: "DSIZ"
    ) {
      try await $0.directorySize($1)
    },
    .missing("THMB", "by custom"),
  ]

  static let digest: [CommandRow] = [
    .answering("HASH", "HASH <pathname>", "draft-bryan-ftpext-hash 3", .required, .keepsRestart, feature: "HASH") {
      try await $0.hash($1)
    },
    .now("RANG", "RANG <first> <last>", "draft-bryan-ftp-range 3", .required, .keepsRestart, feature: "RANG STREAM") {
      try $0.range($1)
    },
    legacyDigest("XCRC", .crc32),
    legacyDigest("XMD5", .md5),
    legacyDigest("XSHA", .sha1),
    legacyDigest("XSHA1", .sha1),
    legacyDigest("XSHA256", .sha256),
    legacyDigest("XSHA512", .sha512),
  ]

  private static func legacyDigest(_ verb: Verb, _ algorithm: DigestAlgorithm) -> CommandRow {
    .answering(verb, "\(verb) <pathname> [<start> <end>]", "by custom", .required, [], feature: "\(verb)") {
      try await $0.legacyDigest($1, algorithm)
    }
  }

  static let information: [CommandRow] = [
    .now("SYST", "SYST", "RFC 959 4.1.3", .none, [.beforeLogin, .keepsRestart]) { try $0.system($1) },
    .now("STAT", "STAT [pathname]", "RFC 959 4.1.3", .optional, [.beforeLogin, .duringTransfer, .keepsRestart]) {
      try $0.status($1)
    },
    .now("HELP", "HELP [command]", "RFC 959 4.1.3", .optional, [.beforeLogin, .keepsRestart]) { try $0.help($1) },
    .now("FEAT", "FEAT", "RFC 2389 3", .none, [.beforeLogin, .keepsRestart, .strictArgument]) { try $0.features($1) },
    .now("NOOP", "NOOP", "RFC 959 4.1.3", .none, [.beforeLogin, .duringTransfer, .keepsRestart, .keepsRename]) {
      try $0.noOperation($1)
    },
  ]
}
