// The commands `weftpd user import` and `convert`: take users over from other servers, and a table of lines into YAML.

import Accounts
import ArgumentParser

struct ImportUsers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Takes over the users of ProFTPD, Pure-FTPd, vsftpd or SFTPGo.",
    discussion: """
      FILE is ProFTPD's AuthUserFile or Pure-FTPd's pureftpd.passwd; which one it is is seen. What cannot be taken over is \
      named, user by user. Groups, and values with commas or colons such as IPv6 addresses, need a YAML table.
      """)

  @Argument(help: "The file to import.") var file: String?
  @OptionGroup var options: TableOption
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
  @Flag(help: "Make all imported users read-only.") var readOnly = false
  @Flag(help: "Give users the table already has the imported password, home, access and options; other options stay.")
  var replace = false

  func validate() throws {
    guard [file, fromSftpgo, fromVsftpd].compactMap({ $0 }).count == 1 else {
      throw ValidationError("Name one source: a FILE, --from-sftpgo or --from-vsftpd.")
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

  @OptionGroup var options: TableOption
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
