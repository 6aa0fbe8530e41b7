// The commands `weftpd user import` and `convert`: take users over from other servers, and a table of lines into YAML.

import Accounts
import ArgumentParser
import PostgresAccounts
import SQLiteAccounts

struct ImportUsers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Takes over the users of ProFTPD, Pure-FTPd, vsftpd or SFTPGo, or another place with accounts.",
    discussion: """
      FILE is ProFTPD's AuthUserFile or Pure-FTPd's pureftpd.passwd; which one it is is seen. What cannot be taken over is \
      named, user by user. Groups, and values with commas or colons such as IPv6 addresses, need a YAML table or a database.
      """)

  @Argument(help: "The file to import.") var file: String?
  @OptionGroup var options: AccountPlace
  @Option(help: ArgumentHelp("Import what SFTPGo's dumpdata wrote.", valueName: "dump.json")) var fromSftpgo: String?
  @Option(help: ArgumentHelp("Import the users of vsftpd's user_config_dir.", valueName: "dir")) var fromVsftpd: String?
  @Option(help: ArgumentHelp("With --from-vsftpd: vsftpd.conf, for what holds for all users.", valueName: "file"))
  var vsftpdConfig: String?
  @Option(help: ArgumentHelp("With --from-vsftpd: a file of NAME:HASH lines.", valueName: "file")) var passwords:
    String?
  @Option(help: ArgumentHelp("ProFTPD: also take TransferRate and MaxClients… of proftpd.conf.", valueName: "file"))
  var proftpdConfig: String?
  @Option(help: ArgumentHelp("ProFTPD: also take the limits' table of mod_quotatab_file.", valueName: "file"))
  var proftpdQuotas: String?
  @Option(help: ArgumentHelp("Take over all of this user table.", valueName: "file")) var fromTable: String?
  @Option(help: ArgumentHelp("Take over all accounts of this SQLite file.", valueName: "file")) var fromSqlite: String?
  @Option(help: ArgumentHelp("Take over all accounts of this PostgreSQL database.", valueName: "text"))
  var fromPostgres: String?
  @Flag(help: "Make all users imported from another server read-only.") var readOnly = false
  @Flag(
    help: """
      Users who are there already: from another server, they get the imported password, home, access and options, and other \
      options stay; from a place with accounts they become what they are there.
      """)
  var replace = false

  func validate() throws {
    guard [file, fromSftpgo, fromVsftpd, fromTable, fromSqlite, fromPostgres].compactMap({ $0 }).count == 1 else {
      throw ValidationError(
        "Name one source: a FILE, --from-sftpgo, --from-vsftpd, --from-table, --from-sqlite or --from-postgres.")
    }
    if readOnly, fromTable ?? fromSqlite ?? fromPostgres != nil {
      throw ValidationError("--read-only is for files of other servers.")
    }
    if fromVsftpd == nil, vsftpdConfig != nil || passwords != nil {
      throw ValidationError("--vsftpd-config and --passwords go with --from-vsftpd.")
    }
    if file == nil, proftpdConfig != nil || proftpdQuotas != nil {
      throw ValidationError("--proftpd-config and --proftpd-quotas go with a FILE of ProFTPD.")
    }
  }

  func run() throws {
    try reportingErrors {
      if let fromTable { return try copy(UserTableEditor(path: fromTable), to: options.editor, replacing: replace) }
      if let fromSqlite {
        return try copy(StoreEditor(SQLiteStore(path: fromSqlite)), to: options.editor, replacing: replace)
      }
      if let fromPostgres {
        let source = StoreEditor(PostgresStore(try options.login.options(fromPostgres)))
        return try copy(source, to: options.editor, replacing: replace)
      }
      let source = try load()
      let report = try options.editor.importUsers(source, replacing: replace, readOnly: readOnly)
      let name = file ?? fromSftpgo ?? fromVsftpd ?? ""
      func place(_ line: Int) -> String { line > 0 ? "\(name):\(line): " : "" }
      for skip in source.skipped { complain("\(place(skip.line))skipped: \(skip.message)") }
      for warning in source.warnings { complain("\(place(warning.line))warning: \(warning.message)") }
      for loss in report.losses { complain("warning: \(loss)") }
      if !source.groups.isEmpty, report.groups.count < source.groups.count {
        complain(
          "\(source.groups.count - report.groups.count) groups are left out: the table has them, or cannot have any")
      }
      for name in report.kept {
        complain("\(Account.display(name)): left as in the table; --replace takes the imported one")
      }
      let groups = report.groups.isEmpty ? "" : " \(report.groups.count) groups added."
      print(
        "\(source.format.rawValue): \(report.added.count) added, \(report.replaced.count) changed,",
        "\(report.kept.count) left as they were, \(source.skipped.count) skipped.\(groups)")
      if source.users.isEmpty { throw ExitCode(1) }
    }
  }

  /// Reads what is to be imported. That it is broken is no fault of the table: exit code 1, not 78.
  private func load() throws -> UserImport {
    do throws(UserTableError) {
      if let fromSftpgo { return try UserImport.sftpgo(path: fromSftpgo) }
      if let fromVsftpd {
        return try UserImport.vsftpd(directory: fromVsftpd, configuration: vsftpdConfig, passwords: passwords)
      }
      var source = try UserImport.load(path: file ?? "")
      try source.applyProFTPD(configuration: proftpdConfig, quotas: proftpdQuotas)
      return source
    } catch {
      complain(error.description)
      throw ExitCode(1)
    }
  }
}

struct ConvertTable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Writes a table of lines as YAML, with its comments.",
    discussion: "Both forms are read, and stay so; a YAML table can have groups, and values with commas and colons.")

  @OptionGroup fileprivate var options: TableOption
  @Option(help: ArgumentHelp("The new file, which must not be there yet.", valueName: "file")) var to: String?
  @Flag(help: "Replace the table itself.") var inPlace = false

  func validate() throws {
    if (to == nil) != inPlace { throw ValidationError("Give --to FILE or --in-place.") }
  }

  func run() throws {
    try reportingErrors {
      let conversion = try options.editor.convert(to: to)
      print(
        "\(to ?? options.table) is YAML: \(conversion.users) users, \(conversion.comments) lines of comment kept.",
        to == nil ? "The old text is gone." : "\(options.table) is as it was.")
      if let to {
        print("Name it in accounts.table (--users \(to)), and give it to the other `weftpd user` commands.")
      }
    }
  }
}

/// The option that names the table.
private struct TableOption: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The user table.", valueName: "file"))
  var table: String

  var editor: UserTableEditor { UserTableEditor(path: table) }

  func validate() throws {
    if table.isEmpty { throw ValidationError("--table needs the path of a file.") }
  }
}
