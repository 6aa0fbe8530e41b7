// The table of commands: every verb once, with its syntax, its source, what it needs, its FEAT line and its handler.

import FTPProtocol

/// What the gates in front of a handler have to know of a command.
struct CommandTraits: OptionSet, Sendable {
  let rawValue: UInt8
  /// Allowed before a login.
  static let beforeLogin = CommandTraits(rawValue: 1)
  /// Answered at once while a transfer runs; the others wait for its end.
  static let duringTransfer = CommandTraits(rawValue: 2)
  /// Leaves the offset of REST for the transfer command to come.
  static let keepsRestart = CommandTraits(rawValue: 4)
  /// May stand between RNFR and RNTO.
  static let keepsRename = CommandTraits(rawValue: 8)
  /// An argument where there should be none is an error, not noise.
  static let strictArgument = CommandTraits(rawValue: 16)
}

/// One command.
struct CommandRow: Sendable {
  enum Argument: Sendable { case none, optional, required }

  enum Handler: Sendable {
    /// A verb of a known RFC that is not built: 502.
    case missing
    case immediate(ImmediateHandler)
    case suspending(SuspendingHandler)
  }

  let verb: Verb
  let syntax: String
  /// The RFC and section that define it.
  let source: String
  let argument: Argument
  let traits: CommandTraits
  /// Its line in the FEAT reply, if it has one.
  let feature: String?
  let handler: Handler

  var isBuilt: Bool { if case .missing = handler { false } else { true } }

}

/// A handler that answers at once. What it throws is an ``FTPError``: closures do not carry typed errors yet.
typealias ImmediateHandler = @Sendable (isolated Session, Command) throws -> Reply
/// A handler that waits for something and replies by itself.
typealias SuspendingHandler = @Sendable (isolated Session, Command) async throws -> Void

enum CommandTable {
  static let rows: [CommandRow] = login + parameters + dataPort + transfer + directory + file + information + missing

  /// Where each verb's row is: a hash table of 256 places, found with one multiplication and hardly ever a second look.
  private static let places: [Int16] = {
    var places = [Int16](repeating: -1, count: 256)
    for (index, row) in rows.enumerated() {
      var place = hash(row.verb)
      while places[place] >= 0 { place = (place + 1) & 255 }
      places[place] = Int16(index)
    }
    return places
  }()

  private static func hash(_ verb: Verb) -> Int {
    Int(truncatingIfNeeded: (verb.packed &* 0x9E37_79B9_7F4A_7C15) >> 56)
  }

  static func row(_ verb: Verb) -> CommandRow? {
    var place = hash(verb)
    while places[place] >= 0 {
      let row = rows[Int(places[place])]
      if row.verb == verb { return row }
      place = (place + 1) & 255
    }
    return nil
  }

  private static let login: [CommandRow] = [
    now("USER", "USER <name>", "RFC 959 4.1.1", .required, .beforeLogin) { try $0.user($1) },
    later("PASS", "PASS <password>", "RFC 959 4.1.1", .optional, .beforeLogin) { try await $0.password($1) },
    now("ACCT", "ACCT <account>", "RFC 959 4.1.1", .required, []) { try $0.account($1) },
    now("QUIT", "QUIT", "RFC 959 4.1.1", .none, .beforeLogin) { try $0.quit($1) },
  ]

  private static let parameters: [CommandRow] = [
    now("TYPE", "TYPE A [N] | I | L 8", "RFC 959 4.1.2", .required, [.beforeLogin, .keepsRestart]) { try $0.type($1) },
    now("MODE", "MODE S", "RFC 959 4.1.2", .required, [.beforeLogin, .keepsRestart]) { try $0.mode($1) },
    now("STRU", "STRU F", "RFC 959 4.1.2", .required, [.beforeLogin, .keepsRestart]) { try $0.structure($1) },
    now("OPTS", "OPTS <command> [options]", "RFC 2389 4", .required, .beforeLogin) { try $0.options($1) },
    now("CLNT", "CLNT <client>", "by custom", .optional, .beforeLogin, feature: "CLNT") { try $0.client($1) },
  ]

  private static let dataPort: [CommandRow] = [
    now("PASV", "PASV", "RFC 959 4.1.2", .none, .keepsRestart) { try $0.passive($1) },
    now("EPSV", "EPSV [1 | 2 | ALL]", "RFC 2428 3", .optional, .keepsRestart, feature: "EPSV") {
      try $0.extendedPassive($1)
    },
    now("PORT", "PORT h1,h2,h3,h4,p1,p2", "RFC 959 4.1.2", .required, .keepsRestart) { try $0.port($1) },
    now("EPRT", "EPRT |family|address|port|", "RFC 2428 2", .required, .keepsRestart, feature: "EPRT") {
      try $0.extendedPort($1)
    },
  ]

  private static let transfer: [CommandRow] = [
    later("RETR", "RETR <pathname>", "RFC 959 4.1.3", .required, .keepsRestart) { try await $0.retrieve($1) },
    later("STOR", "STOR <pathname>", "RFC 959 4.1.3", .required, .keepsRestart) { try await $0.store($1) },
    later("APPE", "APPE <pathname>", "RFC 959 4.1.3", .required, []) { try await $0.store($1) },
    later("STOU", "STOU [pathname]", "RFC 959 4.1.3", .optional, []) { try await $0.storeUnique($1) },
    now("ALLO", "ALLO <size> [R <record size>]", "RFC 959 4.1.3", .required, .keepsRestart) { try $0.allocate($1) },
    now("REST", "REST <offset>", "RFC 3659 5", .required, .keepsRestart, feature: "REST STREAM") { try $0.restart($1) },
    now("ABOR", "ABOR", "RFC 959 4.1.3", .none, .keepsRename) { try $0.abort($1) },
    later("LIST", "LIST [options] [pathname]", "RFC 959 4.1.3", .optional, []) { try await $0.list($1) },
    later("NLST", "NLST [options] [pathname]", "RFC 959 4.1.3", .optional, []) { try await $0.nameList($1) },
    later("MLSD", "MLSD [pathname]", "RFC 3659 7", .optional, []) { try await $0.machineList($1) },
  ]

  private static let directory: [CommandRow] = [
    now("CWD", "CWD <pathname>", "RFC 959 4.1.1", .optional, []) { try $0.changeDirectory($1) },
    now("XCWD", "XCWD <pathname>", "RFC 775", .optional, []) { try $0.changeDirectory($1) },
    now("CDUP", "CDUP", "RFC 959 4.1.1", .none, []) { try $0.changeToParent($1) },
    now("XCUP", "XCUP", "RFC 775", .none, []) { try $0.changeToParent($1) },
    now("PWD", "PWD", "RFC 959 4.1.3", .none, []) { try $0.printDirectory($1) },
    now("XPWD", "XPWD", "RFC 775", .none, []) { try $0.printDirectory($1) },
    now("MKD", "MKD <pathname>", "RFC 959 4.1.3", .required, []) { try $0.makeDirectory($1) },
    now("XMKD", "XMKD <pathname>", "RFC 775", .required, []) { try $0.makeDirectory($1) },
    now("RMD", "RMD <pathname>", "RFC 959 4.1.3", .required, []) { try $0.removeDirectory($1) },
    now("XRMD", "XRMD <pathname>", "RFC 775", .required, []) { try $0.removeDirectory($1) },
  ]

  private static let file: [CommandRow] = [
    now("DELE", "DELE <pathname>", "RFC 959 4.1.3", .required, []) { try $0.delete($1) },
    now("RNFR", "RNFR <pathname>", "RFC 959 4.1.3", .required, []) { try $0.renameFrom($1) },
    now("RNTO", "RNTO <pathname>", "RFC 959 4.1.3", .required, []) { try $0.renameTo($1) },
    now("SIZE", "SIZE <pathname>", "RFC 3659 4", .required, .keepsRestart, feature: "SIZE") { try $0.size($1) },
    now("MDTM", "MDTM <pathname>", "RFC 3659 3", .required, .keepsRestart, feature: "MDTM") {
      try $0.modificationTime($1)
    },
    now("MFMT", "MFMT <time> <pathname>", "draft-somers-ftp-mfxx", .required, [], feature: "MFMT") {
      try $0.setModificationTime($1)
    },
    now("MLST", "MLST [pathname]", "RFC 3659 7", .optional, .keepsRestart, feature: "MLST") {
      try $0.machineStatus($1)
    },
    now("SITE", "SITE <command>", "RFC 959 4.1.3", .required, []) { try $0.site($1) },
  ]

  private static let information: [CommandRow] = [
    now("SYST", "SYST", "RFC 959 4.1.3", .none, [.beforeLogin, .keepsRestart]) { try $0.system($1) },
    now("STAT", "STAT [pathname]", "RFC 959 4.1.3", .optional, [.duringTransfer, .keepsRestart]) { try $0.status($1) },
    now("HELP", "HELP [command]", "RFC 959 4.1.3", .optional, [.beforeLogin, .keepsRestart]) { try $0.help($1) },
    now("FEAT", "FEAT", "RFC 2389 3", .none, [.beforeLogin, .keepsRestart]) { try $0.features($1) },
    now("NOOP", "NOOP", "RFC 959 4.1.3", .none, [.beforeLogin, .duringTransfer, .keepsRestart, .keepsRename]) {
      try $0.noOperation($1)
    },
  ]

  /// Verbs of RFCs we know that are not built yet, by the document that has them.
  private static let missing: [CommandRow] =
    missing("RFC 959", ["REIN", "SMNT"])
    + missing("RFC 2228", ["AUTH", "ADAT", "PBSZ", "PROT", "CCC", "MIC", "CONF", "ENC"])
    + missing("RFC 1639", ["LPRT", "LPSV"]) + missing("RFC 2640", ["LANG"]) + missing("RFC 7151", ["HOST"])
    + missing("draft-somers-ftp-mfxx", ["MFCT", "MFF"])
    + missing("draft-bryan-ftp-hash", ["HASH", "RANG", "XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"])
    + missing("by custom", ["COMB", "AVBL", "DSIZ", "CSID", "PRET", "THMB"])

  // MARK: rows

  private static func now(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: CommandRow.Argument, _ traits: CommandTraits,
    feature: String? = nil, _ handler: @escaping ImmediateHandler
  ) -> CommandRow {
    CommandRow(
      verb: verb, syntax: syntax, source: source, argument: argument, traits: traits, feature: feature,
      handler: .immediate(handler))
  }

  private static func later(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: CommandRow.Argument, _ traits: CommandTraits,
    feature: String? = nil, _ handler: @escaping SuspendingHandler
  ) -> CommandRow {
    CommandRow(
      verb: verb, syntax: syntax, source: source, argument: argument, traits: traits, feature: feature,
      handler: .suspending(handler))
  }

  private static func missing(_ source: String, _ verbs: [Verb]) -> [CommandRow] {
    verbs.map {
      CommandRow(
        verb: $0, syntax: "\($0)", source: source, argument: .optional, traits: .beforeLogin, feature: nil,
        handler: .missing)
    }
  }
}
